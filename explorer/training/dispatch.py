"""Who runs where: notes what has ended, and gives free slots to whose turn it is.

There is no process that watches: whoever looks next, a page, a command line or a worker that ends, does it. So
runs go on when the page is closed or the server restarts, and one that was killed is noticed at the next look.
"""

from __future__ import annotations

import sqlite3
import time

from explorer import processes
from explorer.training import devices, store, warm
from explorer.training.place import folder
from explorer.training.queue import Waiting, order
from explorer.training.records import End, Failed, to_line
from explorer.training.store import ACTIVE, DONE, FAILED, QUEUED, STOPPED

_SECONDS_TO_SPAWN = 30.0
"""After so long without a process, a run that got a slot was never started."""


def advance() -> None:
    """Notes which runs have ended without a word, and gives free slots to whose turn it is."""
    with store.reading() as database:
        active, waiting = store.rows(database, "state = ?", ACTIVE), store.rows(database, "state = ?", QUEUED)
    if any(map(_is_gone, active)) or (waiting and _has_free_slot(active, waiting)):
        with store.writing() as database:
            for row in store.rows(database, "state = ?", ACTIVE):
                if _is_gone(row):
                    _note_death(database, row)
            for device in {row.device for row in waiting}:
                _fill_slots(database, device)


def finish(id: str, end: End) -> None:
    """Writes down how a run ended; called by its worker."""
    state = FAILED if isinstance(end, Failed) else STOPPED if end.stopped else DONE
    with store.writing() as database:
        store.update(database, id, state=state, slot=None, ended=time.time(), last=to_line(end))


def _fill_slots(database: sqlite3.Connection, device: str) -> None:
    taken = {row.slot for row in store.rows(database, "state = ?", ACTIVE)}
    free = [slot for slot in devices.slots(device) if slot not in taken]
    for slot in free:
        for run in queue(database, device)[:1]:
            store.update(database, run.id, state=ACTIVE, slot=slot, started=time.time())
            try:
                warm.launch(run.id, slot)
            except OSError as error:
                end = Failed(f"it could not be started on this machine: {error}")
                store.update(database, run.id, state=FAILED, slot=None, ended=time.time(), last=to_line(end))


def queue(database: sqlite3.Connection, device: str) -> list[Waiting]:
    """What waits for a kind of device, in the order of its turn."""
    waiting = [Waiting(row.id, row.owner) for row in store.rows(database, "state = ? AND device = ?", QUEUED, device)]
    active = [row.owner for row in store.rows(database, "state = ? AND device = ?", ACTIVE, device)]
    served = dict(database.execute("SELECT owner, MAX(started) FROM runs WHERE started IS NOT NULL GROUP BY owner"))
    return order(waiting, active, served)


def _has_free_slot(active: list[store.Row], waiting: list[store.Row]) -> bool:
    taken = {row.slot for row in active}
    return any(slot not in taken for device in {row.device for row in waiting} for slot in devices.slots(device))


def _is_gone(row: store.Row) -> bool:
    """Whether the process of an active run has ended; a run that has just got its slot has none yet."""
    if processes.alive(row.id):
        return False
    spawned = (folder(row.id) / processes.PROCESS).exists()
    return spawned or time.time() - (row.started or 0) > _SECONDS_TO_SPAWN


def _note_death(database: sqlite3.Connection, row: store.Row) -> None:
    """A worker that was asked to stop and had to be killed is stopped; another one has failed."""
    (now,) = store.rows(database, "id = ?", row.id)
    if now.state != ACTIVE:
        return
    end = None if row.stop else to_line(Failed(processes.cause(row.id)))
    state = STOPPED if row.stop else FAILED
    store.update(database, row.id, state=state, slot=None, ended=time.time(), last=end)
