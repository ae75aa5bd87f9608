"""Golden integers of every architecture. `python -m tests.helpers.golden` writes them anew; nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

FILE = Path(__file__).with_name("golden.json")
Entry = dict[str, int | list[int]]


def measured(id: str) -> Entry:
    """Totals, number of nodes and receptive field (height, width) of the last spatial map."""
    trace = valid(Spec.make(id))
    return {"nodes": len(trace.rows), **trace.totals._asdict(), "receptive_field": list(trace.field or ())}


def recorded() -> dict[str, Entry]:
    """What the file says."""
    entries: dict[str, Entry] = json.loads(FILE.read_text())
    return entries


def text() -> str:
    """The file as the zoo is now: one architecture a line."""
    lines = (f"  {json.dumps(id)}: {json.dumps(measured(id))}" for id in ARCHITECTURES)
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
