"""The job runner: `submit`, `status`, `cancel`, `logs`, `find`, and `resume` and `delete`.

Each run is a process of its own on a slot of a device; see `dispatch`. What is asked for and measured stands
in the database; beside it a run has a folder, see `place`.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer import limits, processes
from explorer.errors import ExplorerError
from explorer.spec import Spec
from explorer.training import devices, dispatch, store
from explorer.training.checks import ready
from explorer.training.config import TrainConfig
from explorer.training.place import CONFIG, SPEC, STOP, WEIGHTS, folder
from explorer.training.records import Done, End, Failed, Note, Progress, Record, Validated, from_line
from explorer.training.store import ACTIVE, DONE, FAILED, QUEUED, STOPPED


class Run(NamedTuple):
    """A run as it stands.

    Args:
        id: of the run.
        owner: who asked for it.
        study: the experiment that it belongs to; empty where it stands alone.
        arm: its part in that.
        state: queued, active, done, stopped or failed.
        spec: the network as it was asked for.
        config: the training as it was asked for.
        submitted: seconds since 1970.
        started: likewise; None while it waits for the first time.
        ended: likewise; None until then.
        device: the kind that it runs on.
        end: its last record, None until then.
    """

    id: str
    owner: str
    study: str
    arm: str
    state: str
    spec: Spec
    config: TrainConfig
    submitted: float
    started: float | None
    ended: float | None
    device: str
    end: End | None

    @property
    def under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (QUEUED, ACTIVE)

    @property
    def reason(self) -> str:
        """Why it failed; empty where it has not."""
        return self.end.reason if isinstance(self.end, Failed) else ""


class Curve(NamedTuple):
    """What a run has measured so far."""

    progress: tuple[Progress, ...] = ()
    validated: tuple[Validated, ...] = ()
    notes: tuple[str, ...] = ()


def submit(spec: Spec, config: TrainConfig, owner: str, study: str = "", arm: str = "") -> str:
    """Puts a run into the queue, starts it where a slot is free, and returns its id at once.

    Raises:
        ExplorerError: the run cannot be trained, or too many wait.
    """
    ready(spec, config)
    id = processes.new_id()
    asked = (spec.to_json(), config.to_json())
    with store.writing() as database:
        if len(store.rows(database, "state = ?", QUEUED)) >= limits.MAX_QUEUED:
            raise ExplorerError(f"{limits.MAX_QUEUED} runs wait, the most that may: stop one, or come back later")
        device = devices.kind(config.device)
        store.insert(
            database,
            store.Row(id, owner, study, arm, device, *asked, QUEUED, None, 0, time.time(), None, None, None),
        )
        _make_folder(id, *asked)
    dispatch.advance()
    return id


def status(id: str) -> Run:
    """The run as it stands.

    Raises:
        ExplorerError: there is no such run, or what is kept of it cannot be read.
    """
    dispatch.advance()
    return _run(_row(id))


def curve(id: str) -> Curve:
    """Everything that a run has measured; records that cannot be read are left out.

    Raises:
        ExplorerError: there is no such run.
    """
    _row(id)
    with store.reading() as database:
        lines = tuple(store.lines(database, id))
    return _curve(lines)


def find(owner: str | None = None, study: str | None = None, most: int = limits.MAX_LISTED_RUNS) -> list[Run]:
    """The newest runs, of one owner or one study where they are named; those that cannot be read are left out."""
    dispatch.advance()
    wanted = {name: value for name, value in (("owner", owner), ("study", study)) if value is not None}
    where = " AND ".join(f"{name} = ?" for name in wanted) or "1"
    with store.reading() as database:
        rows = store.rows(database, where, *wanted.values())[:most]
    found = []
    for row in rows:
        with suppress(ExplorerError):
            found.append(_run(row))
    return found


def unreadable() -> list[str]:
    """The ids of runs that this version does not understand."""
    with store.reading() as database:
        rows = store.rows(database)
    return [row.id for row in rows if not _is_readable(row)]


def place(id: str) -> int:
    """How many runs come before one that waits, counted on its kind of device."""
    row = _row(id)
    with store.reading() as database:
        waiting = dispatch.queue(database, row.device)
    return next((place for place, one in enumerate(waiting) if one.id == id), 0)


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
            (folder(id) / STOP).touch()
    if row.state == ACTIVE:
        processes.end(id, asked=True)
    dispatch.advance()


def resume(id: str) -> None:
    """Puts a run that was stopped or failed back into the queue; it goes on from its checkpoint.

    Raises:
        ExplorerError: there is no such run, or it has come to its end or is under way.
    """
    _row(id)
    with store.writing() as database:
        (row,) = store.rows(database, "id = ?", id)
        if row.state not in (STOPPED, FAILED):
            raise ExplorerError(f"the run is {row.state}: only one that was stopped or failed can go on")
        (folder(id) / STOP).unlink(missing_ok=True)
        store.update(database, id, state=QUEUED, stop=0, ended=None, last=None, slot=None)
    dispatch.advance()


def delete(id: str) -> None:
    """Forgets a run and everything that it left.

    Raises:
        ExplorerError: there is no such run, or it is under way.
    """
    _row(id)
    with store.writing() as database:
        (row,) = store.rows(database, "id = ?", id)
        if row.state in (QUEUED, ACTIVE):
            raise ExplorerError("the run is under way: stop it before it is deleted")
        store.delete(database, id)
    shutil.rmtree(folder(id), ignore_errors=True)


def logs(id: str, most: int = 20_000) -> str:
    """The last characters of what a run has said.

    Raises:
        ExplorerError: there is no such run.
    """
    _row(id)
    try:
        return (folder(id) / processes.LOG).read_text(errors="replace")[-most:]
    except OSError:
        return ""


def weights(id: str) -> Path:
    """The file with the weights of a run.

    Raises:
        ExplorerError: there is no such run, or it has kept none.
    """
    _row(id)
    path = folder(id) / WEIGHTS
    if not path.is_file():
        raise ExplorerError(f"the run {id} has kept no weights: it has not ended, is too large, or too many came after")
    return path


def trained() -> list[str]:
    """The ids of the runs whose weights are kept, newest first."""
    with store.reading() as database:
        rows = store.rows(database, "state = ?", DONE)
    return [row.id for row in rows if (folder(row.id) / WEIGHTS).is_file()]


def _make_folder(id: str, spec: str, config: str) -> None:
    try:
        place = folder(id)
        place.mkdir(parents=True)
        (place / SPEC).write_text(spec, encoding="utf-8")
        (place / CONFIG).write_text(config, encoding="utf-8")
    except OSError as error:
        raise ExplorerError(f"the run could not be started on this machine: {error}") from None


def _row(id: str) -> store.Row:
    folder(id)
    with store.reading() as database:
        found = store.rows(database, "id = ?", id)
    if not found:
        raise ExplorerError(f"there is no run {id[:80]!r}")
    return found[0]


@lru_cache(maxsize=1_024)
def _run(row: store.Row) -> Run:
    """The run of a row. Raises ExplorerError where a value in it is not one that this version understands."""
    try:
        spec, config = Spec.from_json(row.spec), TrainConfig.from_json(row.config)
        end = from_line(row.last) if row.last else None
    except (ExplorerError, ValueError, TypeError) as error:
        raise ExplorerError(f"what is kept of the run {row.id} cannot be read: {error}") from None
    last = end if isinstance(end, Done | Failed) else None
    return Run(
        row.id, row.owner, row.study, row.arm, row.state, spec, config, row.submitted, row.started, row.ended,
        row.device, last,
    )  # fmt: skip


def _is_readable(row: store.Row) -> bool:
    try:
        return bool(_run(row))
    except ExplorerError:
        return False


# A page asks about the same curves again and again, and most have ended.
@lru_cache(maxsize=64)
def _curve(lines: tuple[str, ...]) -> Curve:
    records: list[Record] = []
    for line in lines:
        with suppress(ValueError, TypeError):
            records.append(from_line(line))
    return Curve(
        tuple(record for record in records if isinstance(record, Progress)),
        tuple(record for record in records if isinstance(record, Validated)),
        tuple(record.words for record in records if isinstance(record, Note)),
    )
