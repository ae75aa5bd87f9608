"""Answers to claims that need a run, as a worker prints them."""

from __future__ import annotations

import json
from pathlib import Path

from explorer.studies.claims import CLAIMS, jobs


def keep(store: Path, text: str, version: str | None = None) -> Path:
    """A job that has ended and printed this."""
    folder = store / (version or jobs._store()) / "20261122-030405-000006-0a1b2c3d"
    folder.mkdir(parents=True)
    (folder / "found.json").write_text(text)
    return folder


def as_printed(id: str, verdict: str) -> str:
    one = CLAIMS[id]
    fields = [one.id, one.source, one.text, "stated", "computed", verdict, "Why.", one.link]
    keys = ("id", "source", "claim", "stated", "computed", "verdict", "why", "link")
    return json.dumps([dict(zip(keys, fields, strict=True))])
