"""`rewrites`: what each rewrite would make of a network."""

from __future__ import annotations

import argparse

from explorer.analysis import tables
from explorer.cli import answers
from explorer.cli.options import Commands, add_network, chosen, command
from explorer.common import formats
from explorer.edits.rewrites import REWRITES, Rewrite
from explorer.graph.trace import Trace
from explorer.spec.build import analyse, build, changing, valid
from explorer.spec.spec import Spec


def add(commands: Commands) -> None:
    """Declares `rewrites`."""
    parser = command(
        commands,
        "rewrites",
        "Shows what each rewrite would change.\n"
        "Each is applied by itself to the whole network, on top of the rewrites that are asked for. Leaving a rewrite\n"
        "out undoes it; some have an inverse besides.",
        _rewrites,
        "googlenet",
        "inception_block --rewrite stack_5x5 pool_project_3x3 simplify",
    )
    add_network(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON list")


_HEADER = ("rewrite", "nodes", "params", "MACs", "field", "inverse")
_NUMBERS = (1, 2, 3)


def _rewrites(args: argparse.Namespace) -> int:
    spec = chosen(args, args.id)
    if args.json:
        print(answers.rewrites(spec))
        return 0
    before = valid(spec)
    rewrites = changing(spec)
    useful = [rewrite for rewrite in REWRITES.values() if rewrite.id in rewrites]
    print(tables.grid([_HEADER, *(_line(spec, before, rewrite) for rewrite in useful)], right=_NUMBERS))
    others = ", ".join(rewrite for rewrite in REWRITES if rewrite not in rewrites)
    print(f"\nwithout effect here: {others or 'none'}")
    return 0


def _line(spec: Spec, before: Trace, rewrite: Rewrite) -> tuple[str, ...]:
    rewritten = spec.with_(rewrites=[*spec.rewrites, rewrite.id])
    after, error = analyse(rewritten)
    if error is not None:
        return rewrite.id, "", "", str(error), "", rewrite.inverse
    nodes = len(build(rewritten).nodes) - len(build(spec).nodes)
    old, new = before.totals, after.totals
    return (
        rewrite.id,
        f"{nodes:+d}" if nodes else "0",
        formats.change(old.params, new.params) or "0",
        formats.change(old.macs, new.macs, formats.macs) or "0",
        formats.pair(after.field),
        rewrite.inverse,
    )
