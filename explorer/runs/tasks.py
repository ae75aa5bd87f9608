"""Questions put to the command line, each in a process of its own, with the answers kept.

A task is a folder `runs/tasks/<id>/` whose id follows from what was asked and from the version of this
package, so that the same question is answered once. The answer is what the command prints; it counts once
the command has come to its end. A task goes on when the page is closed or the server restarted.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.files import by_age
from explorer.runs.executor import processes

_STORE, _ANSWER, _STOPPED = "tasks", "answer", "stopped"
_SAID = "explorer: "
"""In front of a sentence that the command line says of a bad input."""
_WORKER = "explorer.cli.task"
_PACKAGE = Path(__file__).resolve().parents[1]
_lock = threading.Lock()


class Task(NamedTuple):
    """A task as it stands.

    Args:
        running: whether its process is under way.
        words: the last thing it has said about its progress; empty once it has ended.
        answer: what the command printed, once it has ended well.
        failed: why there is no answer, in one sentence without its full stop.
    """

    running: bool
    words: str = ""
    answer: bytes | None = None
    failed: str | None = None


def ask(*args: str) -> str:
    """Starts `python -m explorer ARGS` at the lowest priority, unless it has been asked already; one that
    failed or was stopped is asked anew.

    Returns:
        The id of the task, at once.

    Raises:
        ExplorerError: too many are under way, or this machine can start none.
    """
    id = id_of(*args)
    with _lock:
        if not (_path(id) / _ANSWER).exists() and not processes.alive(_folder(id)):
            _require_room()
            launch(_folder(id), args, _ANSWER)
    return id


def id_of(*args: str) -> str:
    """The id of a question, whether or not it has been asked."""
    return hashlib.sha256("\0".join([version(), *args]).encode()).hexdigest()[:20]


def state(id: str) -> Task | None:
    """A task as it stands; None where it has not been asked."""
    running = processes.alive(_folder(id))  # asked first: the answer is there before the process ends
    with suppress(OSError):
        return Task(False, answer=(_path(id) / _ANSWER).read_bytes())
    if running:
        return Task(True, words=processes.last_line(_folder(id)) or "starting the worker process")
    return Task(False, failed=_why(id)) if _path(id).is_dir() else None


def stop(id: str) -> None:
    """Ends a task that is under way, from the background."""
    if processes.alive(_folder(id)):
        with suppress(OSError):  # then its end has another reason
            (_path(id) / _STOPPED).touch()
        processes.end(_folder(id))


def launch(folder: str, args: Sequence[str], answer: str) -> None:
    """Starts `python -m explorer ARGS` in a new folder of the store, in place of what was there.

    Args:
        folder: its name under `processes.root()`.
        args: of the command line.
        answer: the file for what it prints, which gets this name once the command has ended well.

    Raises:
        ExplorerError: this machine cannot start it.
    """
    try:
        place = processes.root().absolute() / folder
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        processes.spawn(folder, [_WORKER, str(place / answer), *args], output=f"{answer}.part")
    except OSError as error:
        raise ExplorerError(f"the worker process could not be started on this machine: {error}") from None


@lru_cache(maxsize=1)
def version() -> str:
    """Of this package without its pages: another code may find other numbers."""
    files = sorted(path for path in _PACKAGE.rglob("*.py") if "ui" not in path.relative_to(_PACKAGE).parts)
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _folder(id: str) -> str:
    return f"{_STORE}/{id}"


def _path(id: str) -> Path:
    return processes.root() / _folder(id)


def _require_room() -> None:
    """Leaves room for one more under way, and for one more kept."""
    found = _by_age(processes.root() / _STORE)
    running = [folder for folder in found if not (folder / _ANSWER).exists() and processes.alive(_folder(folder.name))]
    if len(running) >= limits.MAX_TASKS_AT_ONCE:
        raise ExplorerError(
            f"{len(running)} tasks are under way and at most {limits.MAX_TASKS_AT_ONCE} may be: "
            "wait until one has ended, or stop one"
        )
    for folder in [folder for folder in found if folder not in running][: -limits.MAX_TASKS_KEPT + 1]:
        shutil.rmtree(folder, ignore_errors=True)


def _by_age(store: Path) -> list[Path]:
    """The folders of all tasks, the oldest first."""
    try:
        return by_age(store.iterdir())
    except OSError:  # no store, or one that cannot be read: starting a task says so
        return []


def _why(id: str) -> str:
    if (_path(id) / _STOPPED).exists():
        return "it was stopped"
    said = processes.last_line(_folder(id))
    return said.removeprefix(_SAID) if said.startswith(_SAID) else processes.exit_reason(_folder(id))
