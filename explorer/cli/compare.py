"""`compare`: two to four networks side by side."""

from __future__ import annotations

import argparse

from explorer.analysis import tables
from explorer.analysis.candidates import MEASURES, Candidate, candidate
from explorer.analysis.compare import ModulePair, align
from explorer.cli import answers
from explorer.cli.options import Commands, command
from explorer.common import formats
from explorer.spec.build import valid
from explorer.spec.spec import Spec


def add(commands: Commands) -> None:
    """Declares `compare`."""
    parser = command(
        commands,
        "compare",
        "Compares two to four networks.\n"
        "Shows their cost side by side, and the modules in which each differs from the first.",
        _compare,
        "googlenet bn_inception",
        "googlenet 'network=googlenet&rewrite=batch_norm' 'network=inception_v3'",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        nargs="+",
        help="an architecture, a network as the query of a page's link, such as "
        "'network=googlenet&rewrite=batch_norm', or a network as JSON",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object, with every node that differs")


def _compare(args: argparse.Namespace) -> int:
    candidates = [_candidate(id) for id in args.id]
    answers.require_comparable(candidates)
    if args.json:
        print(answers.compare(candidates))
        return 0
    (first, *others) = candidates
    lines = [[measure.name, *[measure.write(measure.value(side.spec)) for side in candidates]] for measure in MEASURES]
    print(tables.grid([["", *[side.label for side in candidates]], *lines], right=range(1, len(candidates) + 1)))
    for other in others:
        pairs = [pair for pair in align(first.spec, other.spec).modules if pair.differs]
        print(f"\n{first.label} and {other.label}: {f'{len(pairs)} modules differ' if pairs else 'no node differs'}")
        if pairs:
            print(tables.grid([_HEADER, *map(_line, pairs)], right=(1, 2)))
    return 0


_HEADER = ("module", "params", "MACs")


def _line(pair: ModulePair) -> tuple[str, ...]:
    old, new = pair.sums
    params = formats.change(old.params, new.params) or "0"
    return pair.name, params, formats.change(old.macs, new.macs, formats.macs) or "0"


def _candidate(text: str) -> Candidate:
    """A network as it is named here."""
    if "=" in text and not text.startswith("{"):
        return candidate(text)
    spec = Spec.from_json(text) if text.startswith("{") else Spec.make(text)
    valid(spec)
    return Candidate(spec)
