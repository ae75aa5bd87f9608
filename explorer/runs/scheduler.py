"""Who runs where: notes what has ended, and gives free slots to whose turn it is.

There is no process that watches: whoever looks next, a page, a command line or a worker that ends, does it. So
runs go on when the page is closed or the server restarts, and one that was killed is noticed at the next look.

Several hosts may share one folder of runs. Each gives its own slots to whose turn it is, and knows only of its own
runs whether they live: the host of a run stands in its row from the moment it has a slot.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

from explorer.runs import devices, store
from explorer.runs.events import End, Failed, to_line
from explorer.runs.executor import processes, warm
from explorer.runs.fair_share import Waiting, order
from explorer.runs.paths import folder
from explorer.runs.store import ACTIVE, DONE, FAILED, QUEUED, STOPPED

_SECONDS_TO_SPAWN = 30.0
"""After so long without a process, a run that got a slot was never started: whoever gave it has died."""

FOLDER_GONE = "its folder was removed while it was under way"


def schedule() -> None:
    """Notes which runs have ended without a word, and gives free slots to whose turn it is.

    A process is started once its slot is written down. A disk that does not take that starts nothing, and who
    is killed in between leaves a run that the next one finds.
    """
    with store.reading() as database:
        active, waiting = _active_here(database), store.rows(database, "state = ?", QUEUED)
    if any(map(_is_gone, active)) or (waiting and _has_free_slot(active, waiting)):
        with store.writing() as database:
            for row in _active_here(database):
                if _is_gone(row):
                    _mark_dead(database, row)
            given = [one for device in {row.device for row in waiting} for one in _give_slots(database, device)]
        for id, slot in given:
            _launch(id, slot)


def claimed_run(id: str, slot: str) -> store.RunRow | None:
    """A run that has this slot; None where it has another one by now, or none. Asked by its worker as it starts."""
    with store.reading() as database:
        return next((row for row in _active_here(database) if (row.id, row.slot) == (id, slot)), None)


def finish(id: str, end: End, started: float | None = None) -> None:
    """Writes down how a run ended; called by its worker.

    Args:
        id: of the run.
        end: its last record.
        started: when it got the slot that has ended with it; one that was started anew since then is left alone.
    """
    state = FAILED if isinstance(end, Failed) else STOPPED if end.stopped else DONE
    with store.writing() as database:
        same = [row for row in store.rows(database, "id = ?", id) if started in (None, row.started)]
        if started is None or (same and same[0].state != QUEUED):
            store.update(database, id, state=state, slot=None, ended=time.time(), last=to_line(end))


def _give_slots(database: sqlite3.Connection, device: str) -> Iterator[tuple[str, str]]:
    """(run, slot) of those whose turn it is."""
    taken = {row.slot for row in _active_here(database)}
    free = [slot for slot in devices.slots(device) if slot not in taken]
    for slot in free:
        for run in queue(database, device)[:1]:
            store.update(database, run.id, state=ACTIVE, slot=slot, host=devices.host(), started=time.time())
            yield run.id, slot


def _launch(id: str, slot: str) -> None:
    try:
        warm.launch(id, slot)
    except OSError as error:
        finish(id, Failed(f"it could not be started on this machine: {error}"))


def queue(database: sqlite3.Connection, device: str) -> list[Waiting]:
    """What waits for a kind of device, in the order of its turn."""
    waiting = [Waiting(row.id, row.owner) for row in store.rows(database, "state = ? AND device = ?", QUEUED, device)]
    active = [row.owner for row in store.rows(database, "state = ? AND device = ?", ACTIVE, device)]
    return order(waiting, active, store.served(database))


def is_here(row: store.RunRow) -> bool:
    """Whether this machine executes an active run; one of an older version, which did not say so, counts as its."""
    return row.host in ("", devices.host())


def _active_here(database: sqlite3.Connection) -> list[store.RunRow]:
    return [row for row in store.rows(database, "state = ?", ACTIVE) if is_here(row)]


def _has_free_slot(active: list[store.RunRow], waiting: list[store.RunRow]) -> bool:
    taken = {row.slot for row in active}
    return any(slot not in taken for device in {row.device for row in waiting} for slot in devices.slots(device))


def _is_gone(row: store.RunRow) -> bool:
    """Whether the process of an active run has ended; a run that has just got its slot has none yet."""
    spawned = _was_spawned(row)  # asked first: the process may come while one looks
    if processes.alive(row.id):
        return False
    started = row.started if isinstance(row.started, float) else 0.0
    # A clock that was set back leaves a start in the future.
    return spawned or not 0 <= time.time() - started <= _SECONDS_TO_SPAWN


def _was_spawned(row: store.RunRow) -> bool:
    return (folder(row.id) / processes.PROCESS).exists()


def _mark_dead(database: sqlite3.Connection, row: store.RunRow) -> None:
    """A worker that was asked to stop and had to be killed is stopped, one that was never started waits again;
    another one has failed.
    """
    if row.stop:
        store.update(database, row.id, state=STOPPED, slot=None, ended=time.time(), last=None)
    elif folder(row.id).is_dir() and not _was_spawned(row):
        store.update(database, row.id, state=QUEUED, slot=None, host="")
    else:
        why = processes.exit_reason(row.id) if folder(row.id).is_dir() else FOLDER_GONE
        store.update(database, row.id, state=FAILED, slot=None, ended=time.time(), last=to_line(Failed(why)))
