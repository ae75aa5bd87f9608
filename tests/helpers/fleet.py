"""Runs with real worker processes, and how to wait for them."""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from explorer.runs import client
from explorer.runs.client import Run
from explorer.runs.config import TrainConfig
from explorer.runs.executor import base, processes
from explorer.runs.executor.local import Local
from explorer.runs.executor.processes import PROCESS
from explorer.runs.store import DATABASE

SHORT = TrainConfig.make(epochs=1, device="cpu", seed=3)
LONG = TrainConfig.make(epochs=80, batch=4, device="cpu")
"""Takes minutes; a point of its curve comes every four hundredth of it."""


@contextmanager
def store(folder: Path, at_once: int) -> Iterator[Path]:
    """A place for runs with so many slots; no process that was started there is left behind."""
    with pytest.MonkeyPatch.context() as patch, base.using(Local(at_once)):
        patch.setenv("EXPLORER_RUNS", str(folder))
        try:
            yield folder
        finally:
            # Those that wait must not start when those that run end.
            for run in client.find():
                if run.state == "queued":
                    client.cancel(run.id)
            for file in folder.rglob(PROCESS):
                end(str(file.parent.relative_to(folder)))


def end(name: str) -> None:
    """Kills the process of a folder, and all of its group."""
    if processes.alive(name):
        with suppress(psutil.Error, ProcessLookupError):
            os.killpg(worker(name).pid, signal.SIGKILL)
    while processes.alive(name):  # and reaped, where it is a child of this process
        time.sleep(0.01)


def worker(name: str) -> psutil.Process:
    """The process of a folder."""
    return psutil.Process(json.loads((processes.root() / name / PROCESS).read_text())["pid"])


def until(id: str, holds: Callable[[Run], bool]) -> Run:
    """Waits for a run, at most minutes: its worker has the lowest priority."""
    for _ in range(6_000):
        run = client.status(id)
        if holds(run):
            return run
        assert run.under_way, run
        time.sleep(0.05)
    pytest.fail(f"{client.status(id)}")


def measured(run: Run) -> bool:
    """Whether the run has a few points of its curve."""
    return len(client.curve(run.id).progress) >= 3


def caught(start: Callable[[], str], points: int) -> tuple[str, psutil.Process]:
    """A run in its middle and its process, held still: one that got to its end before that is started again."""
    while True:
        id = start()
        until(id, lambda run: len(client.curve(run.id).progress) >= points or ended(run))
        with suppress(psutil.Error, OSError):
            process = worker(id)
            hold_still(process)
            if client.status(id).under_way:
                return id, process


def hold_still(process: psutil.Process) -> None:
    """Suspends a worker, but not while it writes to the database, which would keep all others from it."""
    database = Path(process.environ()["EXPLORER_RUNS"]) / DATABASE
    while True:
        process.suspend()
        while process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
            time.sleep(0.01)
        alone = sqlite3.connect(database, timeout=0, isolation_level=None)
        with closing(alone), suppress(sqlite3.OperationalError):
            alone.execute("BEGIN IMMEDIATE")
            return
        process.resume()


def ended(run: Run) -> bool:
    """Whether the run neither waits nor runs."""
    return not run.under_way


def losses(id: str) -> list[tuple[int, float, float]]:
    """What a run has measured that does not depend on the machine."""
    found = client.curve(id)
    return [(record.step, record.loss, record.accuracy) for record in (*found.progress, *found.validated)]
