"""What goes wrong in the middle of runs, with real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from explorer import limits, processes
from explorer.training import devices, runs, store, warm
from explorer.training.place import CHECKPOINT, folder
from tests.training import fleet
from tests.training.fleet import LONG, SHORT, ended, losses, measured, until, worker
from tests.training.networks import TINY

ROOT = Path(__file__).resolve().parents[2]
FOUR = SHORT.with_(epochs=4, batch=16)


def test_a_worker_killed_at_any_time_goes_on_to_the_same_curve(tmp_path: Path) -> None:
    """Before its first record, and in the middle after it was resumed."""
    with fleet.store(tmp_path, at_once=2):
        whole, id = (runs.submit(TINY, FOUR, "tests") for _ in range(2))
        for wait in (0, 40):
            until(id, lambda run, least=wait: len(runs.curve(run.id).progress) >= least)
            before = losses(id)
            worker(id).kill()
            assert until_gone(id).state == "failed"
            assert set(before) <= set(losses(id))
            runs.resume(id)
        assert until(id, ended).state == "done"
        assert until(whole, ended).state == "done"
        assert losses(id) == losses(whole)


def until_gone(id: str) -> runs.Run:
    wait_for(lambda: not runs.status(id).under_way)
    return runs.status(id)


def wait_for(holds: Callable[[], bool]) -> None:
    """At most minutes, on a machine that is busy."""
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


SERVER = """
import sys
from explorer.spec import Spec
from explorer.training import runs
from explorer.training.config import TrainConfig
spec, config = Spec.from_json(sys.argv[1]), TrainConfig.from_json(sys.argv[2])
print(*[runs.submit(spec, config, "tests") for _ in range(3)], flush=True)
sys.stdin.read()
"""


def test_runs_and_the_queue_go_on_without_the_server_that_started_them(tmp_path: Path) -> None:
    with fleet.store(tmp_path, at_once=limits.MAX_RUNS_AT_ONCE):
        command = [sys.executable, "-c", SERVER, TINY.to_json(), SHORT.to_json()]
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdout
        ids = server.stdout.readline().split()
        server.kill()
        server.communicate()
        assert [state(id) for id in ids] == ["active", "active", "queued"]
        # Nothing here looks after them: the database alone is watched.
        wait_for(lambda: {state(id) for id in ids} == {"done"})
        assert losses(ids[0]) == losses(ids[2]) != []
        assert left_over(tmp_path) == []


def state(id: str) -> str:
    with store.reading() as database:
        return store.rows(database, "id = ?", id)[0].state


def left_over(place: Path) -> list[int]:
    """Processes of a store that are still there, a moment after they should have ended."""
    names = [str(file.parent.relative_to(place)) for file in place.rglob(processes.PROCESS)]
    found = [worker(name) for name in names if processes.alive(name)]
    _, alive = psutil.wait_procs(found, timeout=30)
    return [process.pid for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_two_who_stop_the_same_run_stop_it_once(tmp_path: Path) -> None:
    with fleet.store(tmp_path, at_once=1):
        id = runs.submit(TINY, LONG, "tests")
        until(id, measured)
        with ThreadPoolExecutor(8) as browsers:
            list(browsers.map(lambda _: runs.cancel(id), range(8)))
        run = until(id, ended)
        assert run.state == "stopped"
        assert (folder(id) / CHECKPOINT).is_file()
        runs.cancel(id)
        assert runs.status(id) == run
        assert left_over(tmp_path) == []


def test_a_worker_that_does_not_listen_is_stopped_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    with fleet.store(tmp_path, at_once=1):
        id = runs.submit(TINY, LONG, "tests")
        until(id, measured)
        os.kill(worker(id).pid, signal.SIGSTOP)
        runs.cancel(id)
        assert runs.status(id).state == "active", "the caller does not wait for it"
        run = until(id, ended)
        assert (run.state, run.reason) == ("stopped", "")


def test_a_hundred_runs_wait_and_are_listed_and_stopped(tmp_path: Path) -> None:
    with fleet.store(tmp_path, at_once=0):
        ids = [runs.submit(TINY, SHORT.with_(seed=seed), f"owner {seed % 7}") for seed in range(100)]
        assert [run.id for run in runs.find()] == ids[::-1]
        assert sorted(map(runs.place, ids)) == list(range(100))
        first = [runs.place(id) for id in ids[:7]]
        assert sorted(first) == list(range(7)), "each owner's first run is among the first seven"
        for id in ids:
            runs.cancel(id)
        assert {run.state for run in runs.find()} == {"stopped"}
        assert left_over(tmp_path) == []


def test_slots_are_given_once_however_many_look(tmp_path: Path) -> None:
    started: list[tuple[str, str]] = []
    with fleet.store(tmp_path, at_once=0):
        ids = [runs.submit(TINY, SHORT, "tests") for _ in range(10)]
        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as lookers:
            patch.setattr(warm, "launch", lambda id, slot: started.append((id, slot)))
            patch.setattr(limits, "MAX_RUNS_AT_ONCE", 3)
            list(lookers.map(runs.status, ids * 3))
            assert [id for id, _ in started] == ids[:3]
            assert sorted(slot for _, slot in started) == devices.slots("cpu")


def test_a_machine_that_cannot_start_a_process_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError("too many processes")

    with fleet.store(tmp_path, at_once=1):
        monkeypatch.setattr(processes.subprocess, "Popen", full)
        id = runs.submit(TINY, SHORT, "tests")
        monkeypatch.undo()
    with fleet.store(tmp_path, at_once=1):
        assert runs.status(id).reason == "it could not be started on this machine: too many processes"


def test_a_process_that_waits_warm_takes_one_run_and_goes_with_its_server(tmp_path: Path) -> None:
    with fleet.store(tmp_path, at_once=1):
        warm.ensure()
        (waiting,) = warm.waiting()
        pid = worker(waiting).pid
        warm.ensure()
        assert warm.waiting() == [waiting]
        wait_for(warm.is_ready)
        id = runs.submit(TINY, SHORT, "tests")
        assert worker(id).pid == pid
        run = until(id, ended)
        assert run.state == "done", runs.logs(id)
        assert warm.waiting() == []
        assert left_over(tmp_path) == []
        server = "from explorer.training import warm; warm.ensure(); print(warm.waiting()[0])"
        done = subprocess.run([sys.executable, "-c", server], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout
        wait_for(lambda: not warm.waiting())
        assert left_over(tmp_path) == []
