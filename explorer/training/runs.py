"""The run store.

A run is a folder `runs/<id>/`: what was asked for (`spec.json`, `config.json`), what was measured
(`progress.jsonl`, one record a line), `stop` once it was asked to stop, `weights.pt` once it
has come to its end, and what `explorer.processes` keeps of its worker.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from explorer import limits
from explorer.errors import ExplorerError
from explorer.processes import PROCESS, alive, cause, end, new_id, root, spawn
from explorer.spec import Spec
from explorer.training.checks import ready
from explorer.training.config import Done, Failed, Progress, Record, TrainConfig, from_line, to_line

SPEC, CONFIG, PROGRESS, STOP = "spec.json", "config.json", "progress.jsonl", "stop"
WEIGHTS = "weights.pt"

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}")
_lock = threading.Lock()

State = Literal["starting", "running", "done", "stopped", "failed"]
Records = tuple[tuple[Progress, ...], Done | Failed | None]


class RunStatus(NamedTuple):
    """A run as it stands.

    Args:
        id: of the run.
        state: "starting" until the first record; "stopped" where it was asked to.
        progress: every record so far.
        done: the last record of a run that came to its end or was stopped politely.
        reason: why it failed.
        spec: the network as it was asked for.
        config: the training as it was asked for.
        started: seconds since 1970.
    """

    id: str
    state: State
    progress: tuple[Progress, ...]
    done: Done | None
    reason: str | None
    spec: Spec
    config: TrainConfig
    started: float

    @property
    def running(self) -> bool:
        """Whether its process is still under way."""
        return self.state in ("starting", "running")


def start(spec: Spec, config: TrainConfig) -> str:
    """Starts a worker process and returns the id of its run at once.

    Raises:
        ExplorerError: the run cannot be trained, or too many are under way.
    """
    ready(spec, config)
    with _lock:
        _require_room()
        try:
            return _launch(spec, config)
        except OSError as error:
            raise ExplorerError(f"the run could not be started on this machine: {error}") from None


def status(id: str) -> RunStatus:
    """The run as it stands.

    Raises:
        ExplorerError: there is no such run.
    """
    folder = _folder(id)
    running = alive(id)  # asked first: a worker writes its last record before it ends
    progress, last = _records(folder / PROGRESS)
    if last is None and not running and not (folder / STOP).exists():
        last = _record_death(id)
    spec, config = (folder / SPEC).read_text(), (folder / CONFIG).read_text()
    return RunStatus(
        id,
        _state(running, bool(progress), last),
        progress,
        last if isinstance(last, Done) else None,
        last.reason if isinstance(last, Failed) else None,
        Spec.from_json(spec),
        TrainConfig.from_json(config),
        _started(id),
    )


def stop(id: str) -> None:
    """Asks a run to stop, and sees to it from the background that it does.

    Raises:
        ExplorerError: there is no such run.
    """
    folder = _folder(id)
    if alive(id):
        (folder / STOP).touch()
        end(id, asked=True)


def runs() -> tuple[str, ...]:
    """The ids of all runs, newest first."""
    store = root()
    found = (entry.name for entry in store.iterdir()) if store.is_dir() else ()
    return tuple(sorted(filter(_exists, found), reverse=True))


def weights(id: str) -> Path:
    """The file with the weights of a run.

    Raises:
        ExplorerError: there is no such run, or it has kept none.
    """
    path = _folder(id) / WEIGHTS
    if not path.is_file():
        raise ExplorerError(f"the run {id} has kept no weights: it has not ended, is too large, or too many came after")
    return path


def trained() -> tuple[str, ...]:
    """The ids of the runs whose weights are kept, newest first."""
    return tuple(id for id in runs() if (root() / id / WEIGHTS).is_file())


def _exists(id: str) -> bool:
    """Whether a run was started; `PROCESS` is written last. Nothing but an id reaches the file system."""
    return _ID.fullmatch(id) is not None and (root() / id / PROCESS).is_file()


def _folder(id: str) -> Path:
    if not _exists(id):
        raise ExplorerError(f"there is no run {id[:80]!r}")
    return root() / id


def _started(id: str) -> float:
    return datetime.strptime(id.rpartition("-")[0], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC).timestamp()


def _require_room() -> None:
    running = sum(map(alive, runs()))
    if running >= limits.MAX_RUNS_AT_ONCE:
        raise ExplorerError(
            f"{running} runs are under way and at most {limits.MAX_RUNS_AT_ONCE} may be: "
            "stop one, or wait until one has ended"
        )


def _launch(spec: Spec, config: TrainConfig) -> str:
    id = new_id()
    folder = root().absolute() / id
    folder.mkdir(parents=True)
    (folder / SPEC).write_text(spec.to_json())
    (folder / CONFIG).write_text(config.to_json())
    spawn(id, ["explorer.training.worker", str(folder)])
    return id


def _records(path: Path) -> Records:
    return _read(path, path.stat().st_size) if path.exists() else ((), None)


# A page asks about many runs again and again, and most have ended.
@lru_cache(maxsize=64)
def _read(path: Path, size: int) -> Records:
    """The curve and the last record; lines that are torn or broken are left out."""
    records: list[Record] = []
    for line in path.read_text(errors="replace").splitlines():
        with suppress(ValueError):
            records.append(from_line(line))
    progress = tuple(record for record in records if isinstance(record, Progress))
    return progress, next((record for record in records if not isinstance(record, Progress)), None)


def _state(alive: bool, measured: bool, last: Done | Failed | None) -> State:
    if isinstance(last, Failed):
        return "failed"
    if isinstance(last, Done):
        return "stopped" if last.stopped else "done"
    if not alive:
        return "stopped"
    return "running" if measured else "starting"


def _record_death(id: str) -> Failed:
    """Writes down why a worker ended without a word, for the next server cannot tell any more."""
    failed = Failed(cause(id))
    with suppress(OSError), (root() / id / PROGRESS).open("a") as file:
        file.write(f"\n{to_line(failed)}\n")  # the line before may be torn
    return failed
