"""A process that has loaded torch and waits for a run, so that the first step comes quickly.

It stands in a folder `runs/warm/<host>/<id>/` and reads the name of its run from a pipe there. It belongs to the
server that started it until it has a run, and ends with it, or when nobody has asked for long.

How a run is handed over:
1. The server makes the folder and the pipe, and starts the process, which opens the pipe and loads torch.
2. Who has a run opens the pipe to write, which fails while nobody reads; renames it, so that no other run comes
   this way; writes the process down as that of the run; and only then writes the run's name and slot.
3. The process reads them, removes its folder, and trains as any worker does. A pipe that was renamed and brings
   nothing for seconds was taken by somebody who died: the process ends. If it was written down as that of the
   run by then, the run is marked dead at its host's next look; if not, the run was never started, and waits again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from explorer.runs import devices
from explorer.runs.executor import processes

PIPE, READY = "ask", "ready"
_WORKER = "explorer.backend.worker"


def prewarm() -> None:
    """Starts a process that waits, unless there is one; a machine that can start none has none."""
    if not any(map(processes.alive, waiting())):
        for old in waiting():
            shutil.rmtree(processes.root() / old, ignore_errors=True)
        name = f"{_store()}/{processes.new_id()}"
        with suppress(OSError):  # a run that is started then says what is wrong
            folder = processes.root().absolute() / name
            folder.mkdir(parents=True)
            os.mkfifo(folder / PIPE)
            processes.spawn(name, [_WORKER, "--wait", str(folder), str(os.getpid())])


def is_ready() -> bool:
    """Whether one waits with all that it loads."""
    return any((processes.root() / name / READY).exists() for name in waiting() if processes.alive(name))


def launch(id: str, slot: str) -> None:
    """Gives a run to a process that waits, or to a new one.

    Args:
        id: of the run.
        slot: the device that it has, such as "cuda:0".

    Raises:
        OSError: this machine cannot start one.
    """
    if not any(_give(name, id, slot) for name in waiting()):
        processes.spawn(id, [_WORKER, id, slot])


def waiting() -> list[str]:
    """The folders of the processes that were started to wait."""
    try:
        return sorted(f"{_store()}/{folder.name}" for folder in (processes.root() / _store()).iterdir())
    except OSError:
        return []


def _store() -> str:
    """The folder of this host's: a pipe reaches no other one, and who waits there looks dead from here."""
    return f"warm/{devices.host()}"


def _give(name: str, id: str, slot: str) -> bool:
    """Whether the process has taken the run: one that has not come to its pipe yet cannot."""
    pipe = processes.root() / name / PIPE
    if not processes.alive(name):
        return False
    try:
        writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        taken = Path(f"{pipe}.taken")
        pipe.rename(taken)  # nobody else finds it from here on
        processes.transfer(name, id)
        os.write(writer, f"{id} {slot}\n".encode())
    except OSError:
        return False
    finally:
        os.close(writer)
    return True
