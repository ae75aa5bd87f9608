"""What goes wrong in the middle of runs, with real processes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from explorer.backend import worker as training_worker
from explorer.backend.train import checkpoint, loop
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs import client, scheduler, store
from explorer.runs.executor import base, processes, warm
from explorer.runs.executor.local import Local
from explorer.runs.paths import CHECKPOINT, folder
from tests.helpers import fleet
from tests.helpers.fleet import LONG, SHORT, caught, ended, hold_still, losses, measured, until, worker
from tests.helpers.networks import TINY

ROOT = Path(__file__).resolve().parents[2]
FOUR = SHORT.with_(epochs=4, batch=16)


def test_a_worker_killed_at_any_time_goes_on_to_the_same_curve(tmp_path: Path) -> None:
    """Before its first record, and in the middle after it was resumed."""
    with fleet.store(tmp_path, at_once=1):
        id, process = caught(started_and_killed, points=40)
        before = losses(id)
        process.kill()
        assert until_gone(id).state == "failed"
        assert losses(id) == before
        client.resume(id)
        assert until(id, ended).state == "done"
        found = losses(id)
    *curve, _ = loop.train(TINY, FOUR)  # with as many threads as any run
    assert sorted(found) == sorted((record.step, record.loss, record.accuracy) for record in curve)


def started_and_killed() -> str:
    """A run whose process was killed before it had measured anything, and that goes on."""
    id = client.submit(TINY, FOUR, "tests")
    worker(id).kill()
    assert until_gone(id).state == "failed"
    client.resume(id)
    return id


def until_gone(id: str) -> client.Run:
    wait_for(lambda: not client.status(id).under_way)
    return client.status(id)


def wait_for(holds: Callable[[], bool]) -> None:
    """At most minutes, on a machine that is busy."""
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


SERVER = """
import sys
from explorer.spec.spec import Spec
from explorer.runs import client
from explorer.runs.config import TrainConfig
spec, config = Spec.from_json(sys.argv[1]), TrainConfig.from_json(sys.argv[2])
print(*[client.submit(spec, config, "tests") for _ in range(3)], flush=True)
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
        id = client.submit(TINY, LONG, "tests")
        until(id, measured)
        with ThreadPoolExecutor(8) as browsers:
            list(browsers.map(lambda _: client.cancel(id), range(8)))
        run = until(id, ended)
        assert run.state == "stopped"
        assert (folder(id) / CHECKPOINT).is_file()
        client.cancel(id)
        assert client.status(id) == run
        assert left_over(tmp_path) == []


def test_a_worker_that_does_not_listen_is_stopped_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered, insist = threading.Event(), processes._insist
    monkeypatch.setattr(processes, "_insist", lambda *how: (answered.wait(60), insist(*how)))
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    with fleet.store(tmp_path, at_once=1):
        id = client.submit(TINY, LONG, "tests")
        until(id, measured)
        hold_still(worker(id))
        client.cancel(id)
        assert client.status(id).state == "active", "the caller does not wait for it"
        answered.set()
        run = until(id, ended)
        assert (run.state, run.reason) == ("stopped", "")


def test_a_hundred_runs_wait_and_are_listed_and_stopped(tmp_path: Path) -> None:
    with fleet.store(tmp_path, at_once=0):
        ids = [client.submit(TINY, SHORT.with_(seed=seed), f"owner {seed % 7}") for seed in range(100)]
        assert [run.id for run in client.find()] == ids[::-1]
        assert sorted(map(client.queue_position, ids)) == list(range(100))
        first = [client.queue_position(id) for id in ids[:7]]
        assert sorted(first) == list(range(7)), "each owner's first run is among the first seven"
        for id in ids:
            client.cancel(id)
        assert {run.state for run in client.find()} == {"stopped"}
        assert left_over(tmp_path) == []


def test_slots_are_given_once_however_many_look(tmp_path: Path) -> None:
    started: list[tuple[str, str]] = []
    with fleet.store(tmp_path, at_once=0):
        ids = [client.submit(TINY, SHORT, "tests") for _ in range(10)]
        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as lookers:
            patch.setattr(warm, "launch", lambda id, slot: started.append((id, slot)))
            with base.using(Local(at_once=3)):
                list(lookers.map(client.status, ids * 3))
            assert [id for id, _ in started] == ids[:3]
            assert sorted(slot for _, slot in started) == ["cpu:0", "cpu:1", "cpu:2"]


def test_a_machine_that_cannot_start_a_process_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError("too many processes")

    with fleet.store(tmp_path, at_once=1):
        monkeypatch.setattr(processes.subprocess, "Popen", full)
        id = client.submit(TINY, SHORT, "tests")
        monkeypatch.undo()
    with fleet.store(tmp_path, at_once=1):
        assert client.status(id).reason == "it could not be started on this machine: too many processes"


def test_a_process_that_waits_warm_takes_one_run_and_goes_with_its_server(tmp_path: Path) -> None:
    with fleet.store(tmp_path, at_once=1):
        warm.prewarm()
        (waiting,) = warm.waiting()
        pid = worker(waiting).pid
        warm.prewarm()
        assert warm.waiting() == [waiting]
        wait_for(warm.is_ready)
        id = client.submit(TINY, SHORT, "tests")
        assert worker(id).pid == pid
        run = until(id, ended)
        assert run.state == "done", client.logs(id)
        assert warm.waiting() == []
        assert left_over(tmp_path) == []
        server = "from explorer.runs.executor import warm; warm.prewarm(); print(warm.waiting()[0])"
        done = subprocess.run([sys.executable, "-c", server], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout
        wait_for(lambda: not warm.waiting())
        assert left_over(tmp_path) == []


def launched(patch: pytest.MonkeyPatch) -> list[str]:
    """The runs that are started from here on, in name alone."""
    found: list[str] = []
    patch.setattr(warm, "launch", lambda id, slot: found.append(id))
    return found


def test_a_slot_that_cannot_be_written_down_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = store.writing

    @contextmanager
    def full() -> Iterator[sqlite3.Connection]:
        with writing() as database:
            yield database
            raise sqlite3.OperationalError("database or disk is full")

    with fleet.store(tmp_path, at_once=0):
        id = client.submit(TINY, SHORT, "tests")
        started = launched(monkeypatch)
        with monkeypatch.context() as patch, base.using(Local(at_once=1)):
            patch.setattr(store, "writing", full)
            for _ in range(3):
                with pytest.raises(ExplorerError, match="disk is full"):
                    client.status(id)
        assert (state(id), started) == ("queued", [])


@pytest.mark.parametrize("clock", [-60.0, 3_600.0])
def test_a_run_whose_giver_was_killed_before_it_started_waits_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: float
) -> None:
    """Found a minute later, or with a clock that was set back by an hour meanwhile."""

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with fleet.store(tmp_path, at_once=1):
        monkeypatch.setattr(warm, "launch", killed)
        with pytest.raises(KeyboardInterrupt):
            client.submit(TINY, SHORT, "tests")
        started = launched(monkeypatch)
        (run,) = client.find()
        assert (run.state, started) == ("active", []), "its process may be about to come"
        with store.writing() as database:
            store.update(database, run.id, started=time.time() + clock)
        client.find()
        assert client.status(run.id).state == "active"
        assert started == [run.id]
        client.cancel(run.id)
        with store.writing() as database:
            store.update(database, run.id, started=time.time() + clock)
        assert client.status(run.id).state == "stopped"


def test_a_run_whose_giver_was_killed_as_it_started_it_is_trained_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has written down which process it is, so the process does."""

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with fleet.store(tmp_path, at_once=1):
        with monkeypatch.context() as patch:
            patch.setattr(processes, "_write_down", killed)
            with pytest.raises(KeyboardInterrupt):
                client.submit(TINY, SHORT, "tests")
        (id, child) = processes._children.popitem()  # another server finds it by its number
        wait_for((folder(id) / processes.PROCESS).exists)
        monkeypatch.setattr(scheduler, "_SECONDS_TO_SPAWN", 0)
        assert (worker(id).pid, worker(id).nice()) == (child.pid, processes.LOWEST_PRIORITY)
        assert until(id, ended).state == "done"
        assert child.wait() == 0
        steps = [record.step for record in client.curve(id).progress]
        assert steps == [*range(1, SHORT.batches + 1)]


def test_a_process_that_comes_while_one_looks_is_not_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alive(id: str) -> bool:
        (folder(id) / processes.PROCESS).touch()
        return False

    with fleet.store(tmp_path, at_once=1):
        launched(monkeypatch)
        id = client.submit(TINY, SHORT, "tests")
        with monkeypatch.context() as patch:
            patch.setattr(processes, "alive", alive)
            assert client.status(id).state == "active"
        assert client.status(id).state == "failed", "there is no process by this name after all"


def test_a_process_that_waits_and_whose_pipe_was_taken_in_vain_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever took it was killed before it gave a run."""
    place = tmp_path / "waits"
    place.mkdir()
    os.mkfifo(place / warm.PIPE)
    monkeypatch.setattr(loop, "warm_up", (place / warm.PIPE).unlink)
    monkeypatch.setattr(training_worker, "_HANDED_OVER", 1)
    training_worker.wait(place, os.getppid())
    assert not place.exists()


def test_a_place_that_cannot_be_written_to_keeps_no_process_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "file"))
    warm.prewarm()
    assert (warm.waiting(), warm.is_ready()) == ([], False)


def test_the_disk_keeps_the_newest_checkpoints_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WEIGHTS_KEPT", 2)
    places = [tmp_path / name for name in "abcd"]
    for age, place in zip((3, 9, 6), places, strict=False):
        place.mkdir()
        checkpoint.save({"step": age}, place)
        os.utime(place / CHECKPOINT, (time.time() - age,) * 2)
    places[3].mkdir()
    checkpoint.save({"step": 0}, places[3])
    assert [checkpoint.load(place) for place in places] == [{"step": 3}, None, None, {"step": 0}]
    assert not list(tmp_path.rglob(".*"))


def spawned(place: Path, *module: str) -> str:
    """A process that does next to nothing, in a folder of its own."""
    id = processes.new_id()
    (place / id).mkdir()
    processes.spawn(id, ["timeit", "-n1", "-r1", *module])
    return id


def test_a_process_is_known_by_its_birth_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    id = spawned(tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(processes, "_children", {})  # as another server sees it
    created = psutil.Process.create_time
    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "create_time", lambda self: created(self) + 3_600)  # the clock was set
        assert processes.alive(id)
    known = json.loads((tmp_path / id / processes.PROCESS).read_text())
    (tmp_path / id / processes.PROCESS).write_text(json.dumps({**known, "born": "another machine 1"}))
    assert not processes.alive(id), "its number, and another process"
    (tmp_path / id / processes.PROCESS).write_text(json.dumps(known))
    fleet.end(id)


def test_no_child_stays_as_a_zombie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    children = [worker(spawned(tmp_path, "pass")) for _ in range(3)]

    def all_gone() -> bool:
        processes.alive("another")  # any look at all
        return not any(child.is_running() for child in children)

    wait_for(all_gone)


def test_a_process_that_cannot_be_written_down_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    id = processes.new_id()
    (tmp_path / id).mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="no space left"):
            processes.spawn(id, ["timeit", "-n1", "-r1", "import time; time.sleep(60)"])
    assert processes._children[id].wait(30) == -signal.SIGKILL


def test_the_last_words_of_a_long_log_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / processes.LOG).write_text("\u20ac\n" * 100_000 + "the end\n\n")
    assert processes.last_line("one") == "the end"
    assert processes.last_line("none") == ""
