"""Questions put to the command line, each in a process of its own, with the answers kept.

A task is a folder `runs/tasks/<id>/` whose id follows from what was asked and from the version of this
package, so that the same question is answered once. The answer is what the command prints; it counts once
the command has come to its end. A task goes on when the page is closed or the server restarted.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.files import by_age
from explorer.runs.executor import processes

_STORE = "tasks"
_WORKER = "explorer.cli.task"
_PACKAGE = Path(__file__).resolve().parents[1]
_lock = threading.Lock()


class Task(NamedTuple):
    """A task as it stands.

    Args:
        running: whether its process is under way.
        words: the last thing it has said about its progress; empty once it has ended.
        answer: what the command printed, once it has ended well.
        when: it was answered; None where it was not.
        failed: why there is no answer, in one sentence without its full stop.
    """

    running: bool
    words: str = ""
    answer: bytes | None = None
    when: datetime | None = None
    failed: str | None = None


class TaskPaths(NamedTuple):
    """The files of a task.

    Args:
        folder: of the task.
    """

    folder: Path

    @classmethod
    def of(cls, id: str) -> TaskPaths:
        """Those of the task of an id."""
        return cls(processes.root().absolute() / _STORE / id)

    @property
    def question(self) -> Path:
        """The version that was asked, and its arguments."""
        return self.folder / "question.json"

    @property
    def printed(self) -> Path:
        """What the command has printed so far."""
        return self.folder / "answer.part"

    @property
    def answer(self) -> Path:
        """The same, once it has ended well."""
        return self.folder / "answer"

    @property
    def failed(self) -> Path:
        """Why there is no answer."""
        return self.folder / "failed.txt"


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
        if not TaskPaths.of(id).answer.exists() and not processes.alive(_process(id)):
            _require_room()
            _launch(id, args)
    return id


def id_of(*args: str) -> str:
    """The id of a question, whether or not it has been asked."""
    return hashlib.sha256("\0".join([version(), *args]).encode()).hexdigest()[:20]


def asked(*args: str) -> Iterator[str]:
    """The tasks of this version whose question begins with these arguments, the oldest first."""
    start = [version(), *args]
    for folder in _by_age():
        with suppress(OSError, ValueError, TypeError):  # another version's, or torn: it answers nothing here
            if _question(folder.name)[: len(start)] == start:
                yield folder.name


def state(id: str) -> Task | None:
    """A task as it stands; None where it has not been asked."""
    paths = TaskPaths.of(id)
    running = processes.alive(_process(id))  # asked first: the answer is there before the process ends
    with suppress(OSError):
        when = datetime.fromtimestamp(paths.answer.stat().st_mtime, UTC)
        return Task(False, answer=paths.answer.read_bytes(), when=when)
    if running:
        return Task(True, words=processes.last_line(_process(id)) or "starting the worker process")
    return Task(False, failed=_why(id)) if paths.folder.is_dir() else None


def stop(id: str) -> None:
    """Ends a task that is under way, from the background."""
    if processes.alive(_process(id)):
        with suppress(OSError):  # then its end has another reason
            TaskPaths.of(id).failed.write_text("it was stopped", encoding="utf-8")
        processes.end(_process(id))


@lru_cache(maxsize=1)
def version() -> str:
    """Of this package without its pages: another code may find other numbers."""
    files = sorted(path for path in _PACKAGE.rglob("*.py") if "ui" not in path.relative_to(_PACKAGE).parts)
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _launch(id: str, args: tuple[str, ...]) -> None:
    paths = TaskPaths.of(id)
    try:
        shutil.rmtree(paths.folder, ignore_errors=True)
        paths.folder.mkdir(parents=True)
        paths.question.write_text(json.dumps([version(), *args]), encoding="utf-8")
        processes.spawn(_process(id), [_WORKER, str(paths.folder), *args], output=paths.printed.name)
    except OSError as error:
        raise ExplorerError(f"the worker process could not be started on this machine: {error}") from None


def _process(id: str) -> str:
    """The name of its folder among all that have processes."""
    return f"{_STORE}/{id}"


@lru_cache(maxsize=1024)
def _question(id: str) -> list[str]:
    """The version that was asked, and the arguments; they never change for an id."""
    question: list[str] = json.loads(TaskPaths.of(id).question.read_text(encoding="utf-8"))
    return question


def _require_room() -> None:
    """Leaves room for one more under way, and for one more kept."""
    kept = [TaskPaths(folder) for folder in _by_age()]
    running = [task for task in kept if not task.answer.exists() and processes.alive(_process(task.folder.name))]
    if len(running) >= limits.MAX_TASKS_AT_ONCE:
        raise ExplorerError(
            f"{len(running)} tasks are under way and at most {limits.MAX_TASKS_AT_ONCE} may be: "
            "wait until one has ended, or stop one"
        )
    for task in [task for task in kept if task not in running][: -limits.MAX_TASKS_KEPT + 1]:
        shutil.rmtree(task.folder, ignore_errors=True)


def _by_age() -> list[Path]:
    """The folders of all tasks, the oldest first."""
    try:
        return by_age((processes.root() / _STORE).iterdir())
    except OSError:  # no store, or one that cannot be read: starting a task says so
        return []


def _why(id: str) -> str:
    with suppress(OSError):
        return TaskPaths.of(id).failed.read_text(encoding="utf-8", errors="replace")
    return processes.exit_reason(_process(id))
