"""Answers to claims that need a run, as a worker prints them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from explorer.runs import tasks
from explorer.studies.claims import CLAIMS

QUICK = "claim-12-invariances"


def keep(store: Path, text: str, version: str | None = None, name: str = "answer") -> Path:
    """A task for the ledger that has ended and printed this, or left it in the file of another name."""
    asked = [version or tasks.version(), "claims", "--json", "--id", QUICK]
    folder = store / "tasks" / hashlib.sha256("".join(asked).encode()).hexdigest()[:20]
    folder.mkdir(parents=True)
    (folder / "question.json").write_text(json.dumps(asked))
    (folder / name).write_text(text)
    return folder


def as_printed(id: str, verdict: str) -> str:
    one = CLAIMS[id]
    fields = [one.id, one.source, one.text, "stated", "computed", verdict, "Why.", one.link]
    keys = ("id", "source", "claim", "stated", "computed", "verdict", "why", "link")
    return json.dumps([dict(zip(keys, fields, strict=True))])
