"""`steps`: from Inception to Xception, one verb after the other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from explorer.analysis import tables
from explorer.cli import answers
from explorer.cli.options import Commands, command
from explorer.common import formats
from explorer.lessons.inception_to_xception import BLOCK, Cost, continuum, cost, steps
from explorer.spec.parse import parse_input
from explorer.spec.spec import Spec


def add(commands: Commands) -> None:
    """Declares `steps`."""
    parser = command(
        commands,
        "steps",
        "Shows the six steps from Inception to Xception.\n"
        "Each adds a verb to one Inception module, with its cost and its receptive field; the groups of the last\n"
        "two are shown from one group to one a channel.",
        _steps,
        "",
        "--input 256x28x28",
    )
    parser.add_argument("--input", metavar="CxHxW", help="what the module reads; 192x28x28 where it is left out")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


_HEADER = ("step", "rewrites so far", "params", "MACs", "field", "groups")
_NUMBERS = (2, 3)


def _steps(args: argparse.Namespace) -> int:
    shape = None if args.input is None else parse_input(args.input)
    if args.json:
        print(answers.inception_to_xception(shape))
        return 0
    spec = Spec.make(BLOCK, input=shape)
    stops = steps(spec)
    costs = [cost(stop.spec) for stop in stops]
    groups = [(point, cost(point)) for point in continuum(spec)]
    for number, stop in enumerate(stops):
        print(f"{number}  {stop.title}{_added(stop.added)}")
    print()
    lines = [(str(n), *_cells(stop.spec, cost)) for n, (stop, cost) in enumerate(zip(stops, costs, strict=True))]
    print(tables.grid([_HEADER, *lines], right=_NUMBERS))
    print("\nfrom one group to one a channel")
    print(tables.grid([_HEADER[2:], *(_cells(*point)[1:] for point in groups)], right=(0, 1)))
    return 0


def _added(verbs: Sequence[object]) -> str:
    return f"  (+ {', '.join(map(str, verbs))})" if verbs else ""


def _cells(spec: Spec, cost: Cost) -> tuple[str, ...]:
    groups = "-" if cost.groups is None else formats.number(cost.groups)
    totals, rewrites = cost.totals, " ".join(map(str, spec.rewrites)) or "-"
    return rewrites, formats.number(totals.params), formats.macs(totals.macs), formats.pair(cost.field), groups
