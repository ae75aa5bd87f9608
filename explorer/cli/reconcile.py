"""`reconcile`: this project's counts beside those of other counters, term by term."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from explorer.analysis import tables
from explorer.cli.options import Commands, add_network, chosen, command
from explorer.common import formats
from explorer.runs.preflight import check_forward
from explorer.spec.build import build, valid

if TYPE_CHECKING:
    from explorer.backend.reconcile import Count, Reconciliation

UNEXPLAINED = 1


def add(commands: Commands) -> None:
    """Declares `reconcile`."""
    parser = command(
        commands,
        "reconcile",
        "Explains the counts of other tools.\n"
        "torchinfo, torch's FLOP counter and, where installed, fvcore count the same network, each by a convention\n"
        "of its own; the difference to ours is taken apart term by term. The exit status is 1 where anything is\n"
        "left over.",
        _reconcile,
        "googlenet",
        "inception10 --rewrite separable --json",
    )
    add_network(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def _reconcile(args: argparse.Namespace) -> int:
    spec = chosen(args, args.id)
    # fvcore runs the network on values, where the others look at shapes only.
    check_forward(valid(spec).totals)
    # Only now, when the network has been found valid, is it worth the seconds.
    from explorer.backend.reconcile import CONVENTION, reconcile

    result = reconcile(build(spec))
    if args.json:
        rewrites = [str(rewrite) for rewrite in spec.rewrites]
        head: tables.Record = {"architecture": spec.architecture, "rewrites": rewrites, "convention": CONVENTION}
        counts = [_entry(count) for count in result.counts]
        print(json.dumps({**head, "counts": counts, "missing": list(result.missing)}, indent=2))
    else:
        print(_text(f"{spec.architecture}, as counted here: {CONVENTION}.", result))
    return UNEXPLAINED if any(count.leftover for count in result.counts) else 0


def _text(head: str, result: Reconciliation) -> str:
    return "\n\n".join([head, *map(_block, result.counts), *(f"{line}." for line in result.missing)])


def _block(count: Count) -> str:
    lines = [
        ("", f"our {'MACs' if count.what == 'macs' else count.what}", formats.number(count.ours)),
        *(("−" if term.value < 0 else "+", term.what, formats.number(abs(term.value))) for term in count.terms),
        ("=", f"{count.measure} by {count.counter}", formats.number(count.theirs)),
        ("", "left over", formats.number(count.leftover)),
    ]
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = [f"  {sign:1} {what:<{wide[1]}}  {value:>{wide[2]}}" for sign, what, value in lines]
    return "\n".join([f"{count.counter}: {count.convention}.", *body])


def _entry(count: Count) -> tables.Record:
    terms = [term._asdict() for term in count.terms]
    return {**count._asdict(), "terms": terms, "leftover": count.leftover}
