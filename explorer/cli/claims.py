"""`claims`: what the sources claim, computed."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator

from explorer.cli.options import Commands, command
from explorer.common.articles import ARTICLES
from explorer.studies.claims import CLAIMS, Claim, Entry, claim, entry


def add(commands: Commands) -> None:
    """Declares `claims`."""
    parser = command(
        commands,
        "claims",
        "Computes what the sources claim.\n"
        "Each claim comes with the source's number, ours, and the verdict: holds, holds if ..., or does not hold.\n"
        "Some need a short run, all of them together about a minute; the mistakes in the sources' code follow.",
        _claims,
        "",
        "--id claim-05-sizes claim-10-bn-inception-size --json",
    )
    parser.add_argument(
        "--id", metavar="ID", nargs="+", action="extend", default=[], help=f"only these: {', '.join(CLAIMS)}"
    )
    parser.add_argument("--json", action="store_true", help="as one JSON list")


def _claims(args: argparse.Namespace) -> int:
    chosen = [claim(id) for id in dict.fromkeys(args.id)] or [*CLAIMS.values()]
    entries = _entries(chosen)
    if args.json:
        print(json.dumps([line.fields for line in entries], indent=2, ensure_ascii=False))
    else:
        for line in entries:
            print(_block(line), flush=True)
    return 0


def _entries(chosen: list[Claim]) -> Iterator[Entry]:
    runs = [claimed.id for claimed in chosen if claimed.needs_run]
    for claimed in chosen:
        values = None
        if claimed.needs_run:
            print(f"run {runs.index(claimed.id) + 1} of {len(runs)}: {claimed.id}", file=sys.stderr, flush=True)
            # Only now is it worth the seconds.
            from explorer.backend.claims.measures import measure

            values = measure(claimed.id)
        yield entry(claimed, claimed.find(values))


_LABEL = 10


def _block(entry: Entry) -> str:
    """An entry as a paragraph."""
    fields = entry.fields
    lines = {"": entry.claim, **{name: fields[name] for name in ("stated", "computed", "verdict", "why")}}
    indent = " " * (_LABEL + 2)
    body = [
        textwrap.fill(
            text,
            116,
            initial_indent=f"  {label:<{_LABEL}}" if label else "  ",
            subsequent_indent=indent if label else "  ",
        )
        for label, text in lines.items()
    ]
    return "\n".join([f"{entry.id}  ({ARTICLES[entry.source].title})", *body, ""])
