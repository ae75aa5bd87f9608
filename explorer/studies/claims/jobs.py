"""Short runs for the ledger in a process of their own, and what they found, kept on disk.

A job is a folder `runs/claims/<version>/<id>/`, where the version is that of this package: what it
was asked for, its `log.txt`, and `found.json` as `python -m explorer claims --json` prints it. The
next page shows what the last one had computed; another version computes it anew.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer.common.errors import ExplorerError
from explorer.runs import tasks
from explorer.runs.executor import processes
from explorer.studies.claims import claim
from explorer.studies.claims.entry import Entry

_FOUND = "found.json"
_lock = threading.Lock()


class Kept(NamedTuple):
    """An entry that a run has computed, and when."""

    entry: Entry
    when: datetime


class Job(NamedTuple):
    """The newest job.

    Args:
        running: whether its process is under way.
        words: what it says it is doing, or why it failed; empty where all is well.
    """

    running: bool
    words: str


def start(ids: Iterable[str]) -> None:
    """Starts a process of the lowest priority that computes these entries.

    Raises:
        ExplorerError: there is no such claim, or the runs are under way already.
    """
    names = [claim(id).id for id in ids]
    with _lock:
        if any(map(processes.alive, _jobs())):
            raise ExplorerError("the short runs are under way already: wait until they have ended")
        tasks.launch(f"{_store()}/{processes.new_id()}", ["claims", "--json", "--id", *names], _FOUND)


def latest() -> Job | None:
    """The newest job of this version as it stands; None where there is none."""
    if not (jobs := _jobs()):
        return None
    id = jobs[-1]
    if processes.alive(id):
        return Job(True, processes.last_line(id) or "starting the worker process")
    return Job(False, "" if _found(id) else processes.exit_reason(id))


def kept() -> dict[str, Kept]:
    """Every entry that a run of this version has computed, by its id; the newest where there are several."""
    return {found.entry.id: found for id in _jobs() for found in _found(id)}


def _jobs() -> list[str]:
    """Ids of all jobs of this version, the oldest first."""
    store = processes.root() / _store()
    return sorted(f"{_store()}/{folder.name}" for folder in store.iterdir()) if store.is_dir() else []


def _store() -> str:
    """The folder of this version."""
    return f"claims/{tasks.version()}"


def _found(id: str) -> tuple[Kept, ...]:
    path = processes.root() / id / _FOUND
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else ()


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> tuple[Kept, ...]:
    """The entries in a file; none where it is torn or empty, as while the job is under way."""
    when = datetime.fromtimestamp(changed / 1e9, UTC)
    try:
        return tuple(Kept(Entry(**fields), when) for fields in json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError):
        return ()
