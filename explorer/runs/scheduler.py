"""Who runs where: notes what has ended, and gives free slots to whose turn it is.

There is no process that watches: whoever looks next, a page, a command line or a worker that ends, does it. So
runs go on when the page is closed or the server restarts, and one that was killed is noticed at the next look.
Hosts may share the folder. Each looks after the runs that it executes and no others: who notices a death is
their own host, since nobody else can tell a process that has died from one that it cannot see. What waits is
taken by whichever host has a free slot of its kind of device first.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

from explorer.runs import store
from explorer.runs.events import End, Failed, to_line
from explorer.runs.executor import base
from explorer.runs.fair_share import Waiting, order
from explorer.runs.paths import RunPaths
from explorer.runs.store import ACTIVE, DONE, FAILED, QUEUED, STOPPED

_SECONDS_TO_SPAWN = 30.0
"""After so long without a process, a run that got a slot was never started: whoever gave it has died."""

FOLDER_GONE = "its folder was removed while it was under way"


def schedule() -> None:
    """Notes which runs have ended without a word, and gives free slots to whose turn it is.

    A process is started once its slot is written down. A disk that does not take that starts nothing, and who
    is killed in between leaves a run that the next one finds.
    """
    host = base.current().host
    with store.reading() as database:
        active, waiting = store.active_on(database, host), store.rows(database, "state = ?", QUEUED)
    for row in active:
        if row.stop:  # asked here, or on another host, which cannot insist on it
            base.current().stop(row.id)
    if any(map(_is_gone, active)) or (waiting and _has_free_slot(active, waiting)):
        with store.writing() as database:
            for row in store.active_on(database, host):
                if _is_gone(row):
                    _mark_dead(database, row)
            given = [id for device in {row.device for row in waiting} for id in _give_slots(database, device)]
        for id, slot in given:
            _launch(id, slot)


def claimed_run(id: str, slot: str) -> store.RunRow | None:
    """A run that has this slot; None where it has another one by now, or none. Asked by its worker as it
    starts, on the host that started it.
    """
    with store.reading() as database:
        active = store.active_on(database, base.current().host)
    return next((row for row in active if (row.id, row.slot) == (id, slot)), None)


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
    executor = base.current()
    taken = {row.slot for row in store.active_on(database, executor.host)}
    free = [slot for slot in executor.slots(device) if slot not in taken]
    for slot in free:
        for run in queue(database, device)[:1]:
            store.update(database, run.id, state=ACTIVE, slot=slot, host=executor.host, started=time.time())
            yield run.id, slot


def _launch(id: str, slot: str) -> None:
    try:
        base.current().start(id, slot)
    except OSError as error:
        finish(id, Failed(f"it could not be started on this machine: {error}"))


def queue(database: sqlite3.Connection, device: str) -> list[Waiting]:
    """What waits for a kind of device, in the order of its turn."""
    waiting = [Waiting(row.id, row.owner) for row in store.rows(database, "state = ? AND device = ?", QUEUED, device)]
    active = [row.owner for row in store.rows(database, "state = ? AND device = ?", ACTIVE, device)]
    return order(waiting, active, store.served(database))


def _has_free_slot(active: list[store.RunRow], waiting: list[store.RunRow]) -> bool:
    taken = {row.slot for row in active}
    kinds = {row.device for row in waiting}
    return any(slot not in taken for kind in kinds for slot in base.current().slots(kind))


def _is_gone(row: store.RunRow) -> bool:
    """Whether the process of an active run has ended; a run that has just got its slot has none yet."""
    started_once = base.current().was_started(row.id)  # asked first: the process may come while one looks
    if base.current().alive(row.id):
        return False
    started = row.started if isinstance(row.started, float) else 0.0
    # A clock that was set back leaves a start in the future.
    return started_once or not 0 <= time.time() - started <= _SECONDS_TO_SPAWN


def _mark_dead(database: sqlite3.Connection, row: store.RunRow) -> None:
    """A worker that was asked to stop and had to be killed is stopped, one that was never started waits again;
    another one has failed.
    """
    executor, folder = base.current(), RunPaths.of(row.id).folder
    if row.stop:
        store.update(database, row.id, state=STOPPED, slot=None, ended=time.time(), last=None)
    elif folder.is_dir() and not executor.was_started(row.id):
        store.update(database, row.id, state=QUEUED, slot=None, host="")
    else:
        why = executor.why_ended(row.id) if folder.is_dir() else FOLDER_GONE
        store.update(database, row.id, state=FAILED, slot=None, ended=time.time(), last=to_line(Failed(why)))
