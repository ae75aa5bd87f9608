"""Short runs for the ledger in a process of their own, and what they found, kept on disk.

A job is a folder `runs/claims/<version>/<id>/`, where the version is that of this package: what it
was asked for, its `log.txt`, and `found.json` as `python -m explorer claims --json` prints it. The
next page shows what the last one had computed; another version computes it anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer.claims import claim
from explorer.claims.entry import Entry
from explorer.errors import ExplorerError
from explorer.training import runs

_FOUND = "found.json"
_PACKAGE = Path(__file__).resolve().parents[1]
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
        if any(map(runs.alive, _jobs())):
            raise ExplorerError("the short runs are under way already: wait until they have ended")
        id = f"{_store()}/{runs.new_id()}"
        try:
            (runs.root() / id).mkdir(parents=True)
            number = runs.spawn(id, ["explorer", "claims", "--json", "--id", *names], output=_FOUND)
            os.setpriority(os.PRIO_PROCESS, number, 19)
        except ProcessLookupError:
            pass  # it has ended already
        except OSError as error:
            raise ExplorerError(f"the run could not be started on this machine: {error}") from None


def latest() -> Job | None:
    """The newest job of this version as it stands; None where there is none."""
    if not (jobs := _jobs()):
        return None
    id = jobs[-1]
    if runs.alive(id):
        return Job(True, _last_line(runs.root() / id / runs.LOG) or "starting the worker process")
    return Job(False, "" if _found(id) else runs.cause(id))


def kept() -> dict[str, Kept]:
    """Every entry that a run of this version has computed, by its id; the newest where there are several."""
    return {found.entry.id: found for id in _jobs() for found in _found(id)}


def _jobs() -> list[str]:
    """Ids of all jobs of this version, the oldest first."""
    store = runs.root() / _store()
    return sorted(f"{_store()}/{folder.name}" for folder in store.iterdir()) if store.is_dir() else []


@lru_cache(maxsize=1)
def _store() -> str:
    """The folder of this version: another code may find other numbers."""
    files = sorted(path for path in _PACKAGE.rglob("*.py") if "ui" not in path.relative_to(_PACKAGE).parts)
    return f"claims/{hashlib.sha256(b''.join(path.read_bytes() for path in files)).hexdigest()[:12]}"


def _found(id: str) -> tuple[Kept, ...]:
    path = runs.root() / id / _FOUND
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else ()


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> tuple[Kept, ...]:
    """The entries in a file; none where it is torn or empty, as while the job is under way."""
    when = datetime.fromtimestamp(changed / 1e9, UTC)
    try:
        return tuple(Kept(Entry(**fields), when) for fields in json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError):
        return ()


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines() if path.is_file() else []
    return lines[-1][:200] if lines else ""
