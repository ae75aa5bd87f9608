"""The process that trains: `python -m explorer.backend.worker RUN SLOT`, or `--wait FOLDER SERVER` for one that
loads torch first and is told its run later; see `executor.warm`.
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
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.common.errors import ExplorerError
from explorer.runs import devices, scheduler
from explorer.runs.config import TrainConfig
from explorer.runs.events import Failed, Finished, Record
from explorer.runs.executor import processes
from explorer.runs.executor.warm import PIPE, READY
from explorer.runs.paths import RunPaths
from explorer.runs.recorder import EventSink, EventWriter
from explorer.runs.run import Images
from explorer.spec.spec import Spec

_IDLE_SECONDS = 1_800.0
"""What a process waits for a run at most."""
_HANDED_OVER = 10
"""Seconds that it waits for the name of its run once its pipe was taken: whoever took it may have been killed."""


def main(id: str, slot: str) -> None:
    """Trains what was asked for as the process that this is, and sees to it that the next run starts.

    The run stops politely on SIGTERM as well.
    """
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    row = scheduler.claimed_run(id, slot)
    if row is None or not processes.claim(id):
        return

    with _only(slot), EventWriter(id, row.started) as sink:
        execute(RunPaths.of(id), sink, asked.is_set, row.data)
    scheduler.schedule()


def execute(paths: RunPaths, sink: EventSink, asked: Callable[[], bool], images: str = "") -> None:
    """Trains what stands in a folder, and hands on every record, without a look at the store.

    The run stops politely when its folder holds the file `stop`, and when it has no folder any more.

    Args:
        paths: of the run.
        sink: takes its records.
        asked: whether it was asked to stop in another way than by the file.
        images: what was known of them when it was asked for, as JSON; empty where that is not known.
    """

    def should_stop() -> bool:
        return asked() or paths.stop.exists() or not paths.folder.is_dir()

    for record in records(paths, should_stop, images):
        end = record if paths.folder.is_dir() or not isinstance(record, Finished) else Failed(scheduler.FOLDER_GONE)
        sink.write(end)
        if isinstance(end, Finished | Failed):
            sink.finish(end)
            _clear(paths, end)


@contextmanager
def _only(slot: str) -> Iterator[None]:
    """Lets CUDA see the GPU of a slot and no other. Afterwards, what is started from here sees all of them."""
    allowed = os.environ.get(devices.ALLOWED)
    devices.gpus()  # kept from before
    kind, _, name = slot.partition(":")
    os.environ[devices.ALLOWED] = name if kind == devices.CUDA else ""
    try:
        yield
    finally:
        if allowed is None:
            del os.environ[devices.ALLOWED]
        else:
            os.environ[devices.ALLOWED] = allowed


def _clear(paths: RunPaths, end: Finished | Failed) -> None:
    """A run that has come to its end never goes on: its checkpoint is three times as large as its weights."""
    if isinstance(end, Finished) and not end.stopped:
        with suppress(OSError):
            paths.checkpoint.unlink(missing_ok=True)


def records(paths: RunPaths, should_stop: Callable[[], bool], images: str = "") -> Iterator[Record]:
    """The records of a run, whatever happens: the last one is a `Finished` or a `Failed`.

    Args:
        paths: of the run.
        should_stop: whether it was asked to.
        images: what was known of them when it was asked for, as JSON; empty where that is not known.
    """
    try:
        if images:
            Images.from_json(images).require()
        spec = Spec.from_json(paths.spec.read_text(encoding="utf-8"))
        config = TrainConfig.from_json(paths.config.read_text(encoding="utf-8"))
        from explorer.backend.train.loop import train  # torch: whatever goes wrong with it is told as well

        _describe(paths)
        yield from train(spec, config, should_stop, paths.folder)
    except ExplorerError as error:
        yield Failed(str(error), error.kind)
    except Exception as error:
        with suppress(OSError):  # the log may stand on a disk that is full
            traceback.print_exc()
        yield Failed(f"the run met an unexpected {type(error).__name__}: {str(error).partition(chr(10))[0][:300]}")


def wait(folder: Path, server: int) -> None:
    """Loads what training needs, then waits for the name of a run as long as the server is there."""
    pipe = os.open(folder / PIPE, os.O_RDWR)  # so that it never comes to its end
    began, nameless = time.monotonic(), 0
    from explorer.backend.train.loop import warm_up

    warm_up()
    (folder / READY).touch()
    while not _is_idle(folder, server, began) and nameless < _HANDED_OVER:
        nameless += not (folder / PIPE).exists()
        if select.select([pipe], [], [], 1.0)[0]:
            id, slot = os.read(pipe, 200).decode().split()
            _speak_into(RunPaths.of(id).log)
            shutil.rmtree(folder, ignore_errors=True)
            main(id, slot)
            return
    shutil.rmtree(folder, ignore_errors=True)


def _is_idle(folder: Path, server: int, began: float) -> bool:
    """Whether to wait no longer: the server has gone, or nobody has asked. Whoever gives a run takes the pipe's
    name away, so that one that is on its way is not missed.
    """
    if os.getppid() == server and time.monotonic() - began < _IDLE_SECONDS:
        return False
    try:
        (folder / PIPE).rename(folder / "closed")
    except OSError:
        return not folder.is_dir()
    return True


def _speak_into(log: Path) -> None:
    """What this process prints goes there from here on."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())


def _describe(paths: RunPaths) -> None:
    """Writes down what the run ran on and with."""
    import torch

    known = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.platform(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or "CPU",
        "threads": torch.get_num_threads(),
    }
    with suppress(OSError):  # a disk that does not take it costs this file, not the run
        paths.environment.write_text(json.dumps(known, indent=1), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "--wait":
        wait(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(*sys.argv[1:])
