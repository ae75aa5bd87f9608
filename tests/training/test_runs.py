"""Real worker processes, all of one module started at once, because each needs seconds to begin."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from explorer import limits, processes
from explorer.errors import ExplorerError
from explorer.processes import PROCESS
from explorer.spec import Spec
from explorer.training import runs
from explorer.training.config import Done, Failed, Progress, TrainConfig, to_line
from explorer.training.runs import PROGRESS, STOP, RunStatus
from tests.training.networks import OVERFLOWING, OVERFLOWS, TINY

SHORT = TrainConfig.make(epochs=1, device="cpu", seed=3)
LONG = TrainConfig.make(epochs=200, batch=4, device="cpu")
# A step's largest maps are past what the allocator keeps to itself, so each step asks for more memory.
LARGE = Spec.make("inception10", input="3x96x96")
LARGE_CONFIG = TrainConfig.make(epochs=200, batch=64, device="cpu")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The ids of runs under way, by what will become of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setattr(limits, "MAX_RUNS_AT_ONCE", 6)
        plans = {
            "short": (TINY, SHORT),
            "overflowing": (OVERFLOWS, TrainConfig.make(**OVERFLOWING)),
            "stopped": (TINY, LONG),
            "killed": (TINY, LONG),
            "orphaned": (TINY, LONG),
            "starved": (LARGE, LARGE_CONFIG),
        }
        ids = {name: runs.start(spec, config) for name, (spec, config) in plans.items()}
        yield ids
        for id in ids.values():
            if processes.alive(id):
                os.killpg(worker(id).pid, signal.SIGKILL)


def worker(id: str) -> psutil.Process:
    return psutil.Process(json.loads((processes.root() / id / PROCESS).read_text())["pid"])


def until(id: str, holds: Callable[[RunStatus], bool]) -> RunStatus:
    """Waits for a run, at most minutes: its worker has the lowest priority."""
    for _ in range(6_000):
        status = runs.status(id)
        if holds(status):
            return status
        assert status.running, status
        time.sleep(0.05)
    pytest.fail(f"{runs.status(id)}")


def measured(status: RunStatus) -> bool:
    return status.state == "running" and len(status.progress) >= 3


def ended(status: RunStatus) -> bool:
    return not status.running


def test_no_more_runs_start_than_may_be_at_once(fleet: dict[str, str]) -> None:
    with pytest.raises(ExplorerError, match="6 runs are under way and at most 6 may be: stop one, or wait"):
        runs.start(TINY, SHORT)


def test_a_run_starts_at_once_in_a_group_of_its_own(fleet: dict[str, str]) -> None:
    status = runs.status(fleet["stopped"])
    assert status.state == "starting"
    assert (status.spec, status.config) == (TINY, LONG)
    assert abs(status.started - worker(status.id).create_time()) < 5
    assert os.getpgid(worker(status.id).pid) == worker(status.id).pid != os.getpgid(0)


def test_runs_are_listed_newest_first(fleet: dict[str, str]) -> None:
    assert runs.runs() == tuple(reversed(fleet.values()))
    assert runs.runs()[0] == fleet["starved"]


def test_a_short_run_comes_to_its_end(fleet: dict[str, str]) -> None:
    status = until(fleet["short"], ended)
    assert status.state == "done", status
    assert [record.step for record in status.progress] == list(range(1, 45))
    assert status.done is not None
    assert 0 <= status.done.test_accuracy <= 1
    assert status.reason is None
    assert runs.weights(status.id).is_file()


def test_a_run_gives_the_curve_that_the_loop_gives(fleet: dict[str, str]) -> None:
    from explorer.training.loop import train

    status = until(fleet["short"], ended)
    *progress, done = train(TINY, SHORT)
    assert [record.loss for record in status.progress] == [record.loss for record in progress]
    assert (status.done.test_accuracy, status.done.test_loss) == (done.test_accuracy, done.test_loss)


def test_a_loss_that_overflows_fails_the_run_and_leaves_its_curve(fleet: dict[str, str]) -> None:
    status = until(fleet["overflowing"], ended)
    assert status.state == "failed"
    assert status.reason.startswith("the loss became NaN at step 2 with a learning rate of 10")
    assert [record.step for record in status.progress] == [1]


def test_a_worker_has_the_lowest_priority(fleet: dict[str, str]) -> None:
    until(fleet["killed"], measured)
    assert worker(fleet["killed"]).nice() == 19


def test_a_run_stops_when_it_is_asked_to(fleet: dict[str, str]) -> None:
    before = until(fleet["stopped"], measured)
    runs.stop(fleet["stopped"])
    status = until(fleet["stopped"], ended)
    assert status.state == "stopped"
    assert status.done.stopped
    assert status.done.test_accuracy is None
    assert status.progress[: len(before.progress)] == before.progress


def test_a_killed_worker_fails_at_once_with_its_signal_and_the_next_server_still_knows(
    fleet: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = until(fleet["killed"], measured)
    child = worker(fleet["killed"])
    child.kill()
    processes._children[fleet["killed"]].wait()
    status = runs.status(fleet["killed"])
    assert status.state == "failed"
    assert status.reason == "its process was killed by signal 9 (SIGKILL); perhaps the machine ran out of memory"
    assert status.progress[: len(before.progress)] == before.progress
    monkeypatch.setattr(processes, "_children", {})
    runs._read.cache_clear()
    assert runs.status(fleet["killed"]) == status


def test_a_restarted_server_finds_a_run_again_and_sees_it_die(
    fleet: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    id = fleet["orphaned"]
    monkeypatch.setattr(processes, "_children", {})
    status = until(id, measured)
    worker(id).kill()
    while worker(id).status() != psutil.STATUS_ZOMBIE:  # nobody waits for it, as in a container without an init
        time.sleep(0.01)
    after = runs.status(id)
    assert after.state == "failed"
    assert after.reason == "its process ended without a word; perhaps it was killed"
    assert after.progress[: len(status.progress)] == status.progress


def test_a_worker_out_of_memory_fails_with_its_reason(fleet: dict[str, str]) -> None:
    before = until(fleet["starved"], lambda status: len(status.progress) >= 1)
    child = worker(fleet["starved"])
    now = child.memory_info().vms
    resource.prlimit(child.pid, resource.RLIMIT_AS, (now, now))
    status = until(fleet["starved"], ended)
    assert status.state == "failed"
    assert status.reason == "memory ran out with a batch of 64: choose a smaller batch, input or network"
    assert status.progress[: len(before.progress)] == before.progress


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def silent(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Starts runs whose worker is a small program of the test's."""
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str) -> str:
        def popen(command: list[str], **kwargs: object) -> subprocess.Popen[bytes]:
            child = subprocess.Popen([sys.executable, "-c", program, command[-1]], **kwargs)
            started.append(child)
            return child

        monkeypatch.setattr(processes, "subprocess", SimpleNamespace(Popen=popen, DEVNULL=subprocess.DEVNULL))
        return runs.start(TINY, SHORT)

    yield start
    for child in started:
        child.kill()
        child.wait()


LINE = to_line(Progress(1, 1, 1, 44, 2.0, 0.5, 100.0, 1.0))
WAIT = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {WAIT}"


def test_a_worker_that_does_not_listen_is_stopped_by_force(
    silent: Callable[..., str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    id = silent(DEAF)
    until(id, lambda status: "deaf" in (store / id / "log.txt").read_text())
    runs.stop(id)
    assert runs.status(id).running, "the caller does not wait for it"
    status = until(id, ended)
    assert (status.state, status.done, status.reason) == ("stopped", None, None)
    assert processes._children[id].returncode == -signal.SIGKILL


def test_a_worker_that_only_misses_the_flag_gets_a_signal(
    silent: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    id = silent(WAIT)
    runs.stop(id)
    assert until(id, ended).state == "stopped"
    assert processes._children[id].returncode == -signal.SIGTERM


def test_the_last_words_of_a_worker_are_its_reason(silent: Callable[..., str]) -> None:
    status = until(silent("raise SystemExit('no such library\\n')"), ended)
    assert status.state == "failed"
    assert status.reason == "its process ended early; its last words were: no such library"


def test_stopping_a_run_that_has_failed_leaves_it_failed(silent: Callable[..., str], store: Path) -> None:
    id = silent("raise SystemExit('broken')")
    processes._children[id].wait()
    runs.stop(id)
    assert runs.status(id).state == "failed"
    assert not (store / id / STOP).exists()


@pytest.mark.parametrize("torn", [LINE[:30], LINE[:-1], "\udcff\x00", '{"epoch": 1}', "[1]"])
def test_a_torn_or_broken_line_is_left_out(torn: str, silent: Callable[..., str], store: Path) -> None:
    id = silent(WAIT)
    (store / id / PROGRESS).write_bytes(f"{LINE}\n{torn}".encode(errors="surrogateescape"))
    status = runs.status(id)
    assert (status.state, len(status.progress)) == ("running", 1)
    worker(id).kill()
    processes._children[id].wait()
    status = runs.status(id)
    assert (status.state, len(status.progress)) == ("failed", 1)
    assert "SIGKILL" in runs.status(id).reason


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (Done(0.9, 0.1, 1.0, 10, 100.0, "cpu"), "done"),
        (Done(None, None, 1.0, 10, 100.0, "cpu", stopped=True), "stopped"),
        (Failed("why"), "failed"),
    ],
)
def test_the_last_record_decides_and_nothing_after_it(
    last: Done | Failed, state: str, silent: Callable[..., str], store: Path
) -> None:
    id = silent("")
    lines = [LINE, to_line(last), to_line(Failed("another"))]
    (store / id / PROGRESS).write_text("\n".join(lines))
    status = runs.status(id)
    assert status.state == state
    assert status.reason == (last.reason if isinstance(last, Failed) else None)
    assert status.done == (last if isinstance(last, Done) else None)


def test_a_process_that_has_taken_over_the_number_is_not_the_run(
    silent: Callable[..., str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = silent(WAIT)
    monkeypatch.setattr(processes, "_children", {})
    assert runs.status(id).running
    known = json.loads((store / id / PROCESS).read_text())
    (store / id / PROCESS).write_text(json.dumps({**known, "created": known["created"] - 60}))
    assert runs.status(id).state == "failed"


@pytest.mark.parametrize(
    "id",
    ["", "..", "../../etc", "/etc", "20260101-000000-000000-0123abcd/..", "20260101-000000-000000-0123abcd\n",
     "20260101-000000-000000-0123abcd", "x" * 10_000],
)  # fmt: skip
def test_an_id_that_is_none_touches_nothing(id: str, store: Path) -> None:
    for ask in (runs.status, runs.stop):
        with pytest.raises(ExplorerError, match="there is no run"):
            ask(id)
    assert list(store.iterdir()) == []


def test_without_runs_there_is_none(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs.runs() == ()
    (store / "20260101-000000-000000-0123abcd").mkdir()
    (store / "notes").mkdir()
    assert runs.runs() == ()
    monkeypatch.setenv("EXPLORER_RUNS", str(store / "nothing"))
    assert runs.runs() == ()


def test_a_run_that_cannot_be_trained_does_not_start(store: Path) -> None:
    with pytest.raises(ExplorerError, match="avg_pool"):
        runs.start(Spec.make("googlenet", input="3x64x64"), SHORT)
    assert list(store.iterdir()) == []


def test_a_store_that_cannot_be_written_is_said_in_a_sentence(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "file").touch()
    monkeypatch.setenv("EXPLORER_RUNS", str(store / "file"))
    with pytest.raises(ExplorerError, match=r"the run could not be started on this machine: .*Not a directory"):
        runs.start(TINY, SHORT)
