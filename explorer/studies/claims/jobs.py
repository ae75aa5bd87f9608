"""Short runs for the ledger: which are under way, and what those that have ended found.

They are tasks (`runs.tasks`): the next page shows what the last one had computed; another version computes
it anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from pydantic import ValidationError

from explorer.common.errors import ExplorerError
from explorer.runs import tasks
from explorer.runs.tasks import Task
from explorer.studies.claims import claim
from explorer.studies.claims.entry import ENTRIES, Entry

_COMMAND = ("claims", "--json", "--id")
_lock = threading.Lock()


class Kept(NamedTuple):
    """An entry that a run has computed, and when."""

    entry: Entry
    when: datetime


def start(ids: Iterable[str]) -> None:
    """Starts a task that computes these entries.

    Raises:
        ExplorerError: there is no such claim, the runs are under way already, or too many other tasks are.
    """
    names = [claim(id).id for id in ids]
    with _lock:
        if any(task.running for task in _tasks()):
            raise ExplorerError("the short runs are under way already: wait until they have ended")
        tasks.ask(*_COMMAND, *names)


def latest() -> Task | None:
    """The newest task as it stands; None where there is none."""
    started = _tasks()
    return next((task for task in started if task.running), started[-1] if started else None)


def kept() -> dict[str, Kept]:
    """Every entry that a run of this version has computed, by its id; the newest where there are several."""
    answered = sorted((task.when, task.answer) for task in _tasks() if task.when and task.answer)
    return {entry.id: Kept(entry, when) for when, answer in answered for entry in _entries(answer)}


def _tasks() -> list[Task]:
    """All of this version, the oldest first."""
    return [task for id in tasks.asked(*_COMMAND) if (task := tasks.state(id)) is not None]


@lru_cache(maxsize=64)
def _entries(answer: bytes) -> tuple[Entry, ...]:
    """What the command has printed; nothing where that is torn."""
    try:
        return ENTRIES.validate_json(answer)
    except ValidationError:
        return ()
