"""The job runner: `submit`, `status`, `cancel`, `logs`, `find`, and `resume` and `delete`.

Each run is executed on a slot of a device, see `scheduler` and `executor`. What is asked for and measured stands
in the database, see `store` and `run`; beside it a run has a folder, see `paths`.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs import devices, scheduler, store
from explorer.runs.config import TrainConfig
from explorer.runs.executor import base
from explorer.runs.paths import RunPaths, new_id
from explorer.runs.preflight import ready
from explorer.runs.run import Curve, Images, Run, curve_of, run_of
from explorer.runs.store import ACTIVE, DONE, FAILED, QUEUED, STOPPED
from explorer.spec.spec import Spec

__all__ = [
    "Curve", "Run", "cancel", "curve", "delete", "find", "last_line", "logs", "queue_position", "resume", "status",
    "submit", "trained", "unreadable", "weights",
]  # fmt: skip


def submit(spec: Spec, config: TrainConfig, owner: str, study: str = "", arm: str = "") -> str:
    """Puts a run into the queue, starts it where a slot is free, and returns its id at once.

    Raises:
        ExplorerError: the run cannot be trained here, or too many wait.
    """
    ready(spec, config)
    device = devices.required(config.device)
    id, images = new_id(), Images.of(config.data).to_json()
    row = store.RunRow(
        id=id,
        owner=owner,
        study=study,
        arm=arm,
        device=device,
        spec=spec.to_json(),
        config=config.to_json(),
        state=QUEUED,
        submitted=time.time(),
        data=images,
    )
    try:
        with store.writing() as database:
            if len(store.rows(database, "state = ?", QUEUED)) >= limits.MAX_QUEUED:
                raise ExplorerError(f"{limits.MAX_QUEUED} runs wait, the most that may: stop one, or come back later")
            store.insert(database, row)
            _make_folder(row)
    except ExplorerError:
        shutil.rmtree(RunPaths.of(id).folder, ignore_errors=True)
        raise
    _advance()
    return id


def status(id: str) -> Run:
    """The run as it stands.

    Raises:
        ExplorerError: there is no such run, or what is kept of it cannot be read.
    """
    scheduler.schedule()
    return run_of(_row(id))


def curve(id: str) -> Curve:
    """Everything that a run has measured; records that cannot be read are left out.

    Raises:
        ExplorerError: there is no such run.
    """
    _row(id)
    with store.reading() as database:
        lines = tuple(store.lines(database, id))
    return curve_of(lines)


def find(owner: str | None = None, study: str | None = None, most: int = limits.MAX_LISTED_RUNS) -> list[Run]:
    """The newest runs, of one owner or one study where they are named; those that cannot be read are left out."""
    scheduler.schedule()
    wanted = {name: value for name, value in (("owner", owner), ("study", study)) if value is not None}
    where = " AND ".join(f"{name} = ?" for name in wanted) or "1"
    with store.reading() as database:
        rows = store.rows(database, where, *wanted.values(), most=most)
    runs = []
    for row in rows:
        with suppress(ExplorerError):
            runs.append(run_of(row))
    return runs


def unreadable(most: int = limits.MAX_LISTED_RUNS) -> list[str]:
    """The ids of those among the newest runs that this version does not understand."""
    with store.reading() as database:
        rows = store.rows(database, most=most)
    return [row.id for row in rows if not _is_readable(row)]


def queue_position(id: str) -> int:
    """How many runs come before one that waits, counted on its kind of device."""
    row = _row(id)
    with store.reading() as database:
        waiting = scheduler.queue(database, row.device)
    return next((before for before, run in enumerate(waiting) if run.id == id), 0)


def cancel(id: str) -> None:
    """Stops a run, one that waits at once, another as soon as its step has ended, by force if it must be.
    One that has ended is left as it is.

    Raises:
        ExplorerError: there is no such run.
    """
    _row(id)
    with store.writing() as database:
        (row,) = store.rows(database, "id = ?", id)
        if row.state == QUEUED:
            store.update(database, id, state=STOPPED, stop=1, ended=time.time())
        elif row.state == ACTIVE:
            store.update(database, id, stop=1)
            with suppress(OSError):  # no folder, or no room in it: the signal that follows asks as well
                RunPaths.of(id).stop.touch()
    _advance()  # which insists, where this host executes it; another one's worker reads the file


def resume(id: str) -> None:
    """Puts a run that was stopped or failed back into the queue; it goes on from its checkpoint.

    Raises:
        ExplorerError: there is no such run, it has come to its end or is under way, or it cannot go on here.
    """
    run = run_of(_row(id))
    run.images.require()
    devices.required(run.device)
    with store.writing() as database:
        (row,) = store.rows(database, "id = ?", id)
        if row.state not in (STOPPED, FAILED):
            raise ExplorerError(f"the run is {row.state}: only one that was stopped or failed can go on")
        _make_folder(row)
        store.update(database, id, state=QUEUED, stop=0, ended=None, last=None, slot=None, host="")
    _advance()


def delete(id: str) -> None:
    """Forgets a run and everything that it left.

    Raises:
        ExplorerError: there is no such run, it is under way, or its folder cannot be removed.
    """
    _row(id)
    with store.writing() as database:
        (row,) = store.rows(database, "id = ?", id)
        if row.state in (QUEUED, ACTIVE):
            raise ExplorerError("the run is under way: stop it before it is deleted")
        _remove_folder(id)  # first: what is interrupted here can be asked for again
        store.delete(database, id)


def last_line(id: str) -> str:
    """The last thing that a run has said; empty where it has said nothing.

    Raises:
        ExplorerError: it is no id of a run.
    """
    RunPaths.of(id)
    return base.current().last_line(id)


def logs(id: str, most: int = 20_000) -> str:
    """The last characters of what a run has said.

    Raises:
        ExplorerError: there is no such run.
    """
    _row(id)
    return base.current().log_tail(id, most)


def weights(id: str) -> Path:
    """The file with the weights of a run.

    Raises:
        ExplorerError: there is no such run, or it has kept none.
    """
    _row(id)
    path = RunPaths.of(id).weights
    if not path.is_file():
        raise ExplorerError(f"the run {id} has kept no weights: it has not ended, is too large, or too many came after")
    return path


def trained() -> list[str]:
    """The ids of the runs whose weights are kept, newest first."""
    with store.reading() as database:
        rows = store.rows(database, "state = ?", DONE)
    return [row.id for row in rows if RunPaths.of(row.id).weights.is_file()]


def _advance() -> None:
    """Lets who can start now do so. What was asked for is written down by then: what goes wrong here is
    found, and said, by whoever looks next.
    """
    with suppress(ExplorerError):
        scheduler.schedule()


def _make_folder(row: store.RunRow) -> None:
    """The folder with all that a process needs which starts in it, and nothing that speaks of one before."""
    try:
        paths = RunPaths.of(row.id)
        paths.folder.mkdir(parents=True, exist_ok=True)
        paths.spec.write_text(row.spec, encoding="utf-8")
        paths.config.write_text(row.config, encoding="utf-8")
        paths.stop.unlink(missing_ok=True)
        base.current().prepare(row.id)
    except OSError as error:
        raise ExplorerError(f"the run could not be started on this machine: {error}") from None


def _remove_folder(id: str) -> None:
    folder = RunPaths.of(id).folder
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise ExplorerError(f"the folder {folder} cannot be removed: remove it by hand, and then the run")


def _row(id: str) -> store.RunRow:
    RunPaths.of(id)  # nothing but an id is looked for
    with store.reading() as database:
        rows = store.rows(database, "id = ?", id)
    if not rows:
        raise ExplorerError(f"there is no run {id[:80]!r}")
    return rows[0]


def _is_readable(row: store.RunRow) -> bool:
    try:
        return bool(run_of(row))
    except ExplorerError:
        return False
