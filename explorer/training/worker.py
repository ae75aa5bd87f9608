"""The process that trains: `python -m explorer.training.worker RUN SLOT`, or `--wait FOLDER SERVER` for one that
loads torch first and is told its run later; see `warm`.
"""

from __future__ import annotations

import json
import os
import platform
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from explorer import processes
from explorer.errors import ExplorerError
from explorer.spec import Spec
from explorer.training import dispatch
from explorer.training.config import TrainConfig
from explorer.training.keeper import Keeper
from explorer.training.place import CONFIG, ENVIRONMENT, SPEC, STOP, folder
from explorer.training.records import Done, Failed, Record
from explorer.training.warm import PIPE, READY

_IDLE_SECONDS = 1_800.0
"""What a process waits for a run at most."""


def main(id: str, slot: str) -> None:
    """Trains what was asked for, keeps every record, and sees to it that the next run starts.

    The run stops politely on SIGTERM and when its folder holds the file `stop`.
    """
    kind, _, number = slot.partition(":")
    os.environ["CUDA_VISIBLE_DEVICES"] = number if kind == "cuda" else ""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    stop = folder(id) / STOP
    with Keeper(id) as keeper:
        for record in records(folder(id), lambda: asked.is_set() or stop.exists()):
            keeper.keep(record)
            if isinstance(record, Done | Failed):
                keeper.finish(record)
    dispatch.advance()


def records(place: Path, should_stop: Callable[[], bool]) -> Iterator[Record]:
    """The records of a run, whatever happens: the last one is a `Done` or a `Failed`."""
    try:
        spec = Spec.from_json((place / SPEC).read_text(encoding="utf-8"))
        config = TrainConfig.from_json((place / CONFIG).read_text(encoding="utf-8"))
        from explorer.training.loop import train  # torch: whatever goes wrong with it is told as well

        _describe(place)
        yield from train(spec, config, should_stop, place)
    except ExplorerError as error:
        yield Failed(str(error))
    except Exception as error:
        traceback.print_exc()
        yield Failed(f"the run met an unexpected {type(error).__name__}: {str(error).partition(chr(10))[0][:300]}")


def wait(place: Path, server: int) -> None:
    """Loads what training needs, then waits for the name of a run as long as the server is there."""
    pipe = os.open(place / PIPE, os.O_RDWR)  # so that it never comes to its end
    began = time.monotonic()
    from explorer.training.loop import warm_up

    warm_up()
    (place / READY).touch()
    while not _is_idle(place, server, began):
        if select.select([pipe], [], [], 1.0)[0]:
            id, slot = os.read(pipe, 200).decode().split()
            _speak_into(folder(id) / processes.LOG)
            shutil.rmtree(place, ignore_errors=True)
            main(id, slot)
            return
    shutil.rmtree(place, ignore_errors=True)


def _is_idle(place: Path, server: int, began: float) -> bool:
    """Whether to wait no longer: the server has gone, or nobody has asked. Whoever gives a run takes the pipe's
    name away, so that one that is on its way is not missed.
    """
    if os.getppid() == server and time.monotonic() - began < _IDLE_SECONDS:
        return False
    try:
        (place / PIPE).rename(place / "closed")
    except OSError:
        return not place.is_dir()
    return True


def _speak_into(log: Path) -> None:
    """What this process prints goes there from here on."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())


def _describe(place: Path) -> None:
    """Writes down what the run ran on and with."""
    import torch

    known = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.platform(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or "CPU",
        "threads": torch.get_num_threads(),
    }
    (place / ENVIRONMENT).write_text(json.dumps(known, indent=1), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "--wait":
        wait(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*sys.argv[1:])
