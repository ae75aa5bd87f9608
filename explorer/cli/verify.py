"""`verify`: the trace held against torch, on the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from explorer.analysis import tables
from explorer.cli.options import Commands, add_networks, chosen, command
from explorer.common import formats
from explorer.graph.trace import Totals
from explorer.lessons.inception_to_xception import steps
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec
from explorer.spec.variants import sweep
from explorer.zoo import ARCHITECTURES

if TYPE_CHECKING:
    from explorer.backend.verify import Verification

DIFFERENT = 1


def add(commands: Commands) -> None:
    """Declares `verify`."""
    parser = command(
        commands,
        "verify",
        "Compares the trace with the module in torch.\n"
        "Every node's shape and counts and the totals are compared with torch, torchinfo and torch's FLOP counter.\n"
        "With --all and no --rewrite, every architecture is compared as it is and under each rewrite that changes\n"
        "it, small ones under each pair too, and the steps from Inception to Xception. The exit status is 1 where\n"
        "anything differs.",
        _verify,
        "googlenet inception10 --rewrite batch_norm",
        "lenet --json --nodes",
        "--all",
    )
    add_networks(parser, "--all", "every architecture", nargs="*", action="store_true")
    parser.add_argument("--json", action="store_true", help="as one JSON list")
    parser.add_argument("--nodes", action="store_true", help="with --json, every comparison and not only differences")


def _verify(args: argparse.Namespace) -> int:
    specs = list(dict.fromkeys(_specs(args)))
    totals = [valid(spec).totals for spec in specs]
    # Only now, when every network has been found valid, is it worth the seconds.
    from explorer.backend.verify import verify

    if not args.json:
        print(_HEADER, flush=True)
    results = []
    for spec, total in zip(specs, totals, strict=True):
        results.append(verify(build(spec)))
        if not args.json:
            print(_line(spec, total, results[-1]), flush=True)
    if args.json:
        entries = [_entry(*network) for network in zip(specs, totals, results, strict=True)]
        if args.nodes:
            for entry, result in zip(entries, results, strict=True):
                entry["compared"] = [check._asdict() for check in result.compared]
        print(json.dumps(entries, indent=2))
    else:
        print(_summary(specs, results))
    return DIFFERENT if any(result.differences for result in results) else 0


def _specs(args: argparse.Namespace) -> Iterator[Spec]:
    for id in args.id or ARCHITECTURES:
        spec = chosen(args, id)
        yield from sweep(spec) if args.all and not spec.rewrites else [spec]
    if args.all and not args.rewrite:
        yield from (step.spec for step in steps()[1:])


_COLUMNS = "{:<21}{:<34}{:>6}{:>12}{:>15}{:>13}{:>13}"
_HEADER = _COLUMNS.format("id", "rewrites", "nodes", "params", "MACs", "comparisons", "differences")


def _line(spec: Spec, total: Totals, result: Verification) -> str:
    rewrites = " ".join(map(str, spec.rewrites)) or "-"
    numbers = (len(build(spec).nodes), total.params, total.macs, result.checks, len(result.differences))
    return _COLUMNS.format(spec.architecture, rewrites, *map(formats.number, numbers))


def _summary(specs: list[Spec], results: list[Verification]) -> str:
    lines = [
        f"{spec.architecture}: {gap.name}: {gap.what} is {gap.ours} here and {gap.theirs} by {gap.by}"
        for spec, result in zip(specs, results, strict=True)
        for gap in result.differences
    ]
    checks = sum(result.checks for result in results)
    counts = (_count(len(specs), "network"), _count(checks, "comparison"), _count(len(lines), "difference"))
    return "\n".join([*lines, ", ".join(counts)])


def _count(number: int, what: str) -> str:
    return f"{formats.number(number)} {what}{'' if number == 1 else 's'}"


def _entry(spec: Spec, total: Totals, result: Verification) -> tables.Record:
    return {
        "architecture": spec.architecture,
        "rewrites": [str(rewrite) for rewrite in spec.rewrites],
        "nodes": len(build(spec).nodes),
        "params": total.params,
        "macs": total.macs,
        "comparisons": result.checks,
        "differences": [gap._asdict() for gap in result.differences],
    }
