"""Real worker processes, all of one module started at once, because each needs seconds to begin."""

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs import client
from explorer.runs.client import Run
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished
from explorer.runs.executor import processes
from explorer.runs.paths import CHECKPOINT, ENVIRONMENT, folder
from explorer.spec.spec import Spec
from tests.helpers.fleet import LONG, SHORT, caught, ended, losses, measured, store, until, worker
from tests.helpers.networks import TINY

# A step's largest maps are past what the allocator keeps to itself, so each step asks for more memory.
LARGE = Spec.make("inception10", input="3x96x96")
LARGE_CONFIG = TrainConfig.make(epochs=18, batch=64, device="cpu")  # a point a step
RESUMED = TrainConfig.make(epochs=3, batch=16, device="cpu", augmentation="shift", seed=5)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The ids of runs under way, by what will become of them."""
    with store(tmp_path_factory.mktemp("runs"), at_once=6):
        plans = {
            "short": (TINY, SHORT),
            "stopped": (TINY, RESUMED),
            "signalled": (TINY, LONG),
            "killed": (TINY, LONG),
            "orphaned": (TINY, LONG),
            "starved": (LARGE, LARGE_CONFIG),
            "waiting": (TINY, SHORT),
        }
        yield {name: client.submit(spec, config, "tests", "fleet", name) for name, (spec, config) in plans.items()}


def test_a_run_starts_at_once_in_a_group_of_its_own(fleet: dict[str, str]) -> None:
    run = client.status(fleet["killed"])
    assert (run.state, run.owner, run.study, run.arm) == ("active", "tests", "fleet", "killed")
    assert (run.spec, run.config) == (TINY, LONG)
    born = worker(run.id).create_time()  # in hundredths of a second from the second in which the machine started
    assert run.submitted - 2 < born < time.time() + 2
    assert os.getpgid(worker(run.id).pid) == worker(run.id).pid != os.getpgid(0)


def test_runs_are_found_newest_first(fleet: dict[str, str]) -> None:
    ids = [*reversed(fleet.values())]
    assert [run.id for run in client.find()] == [run.id for run in client.find("tests", "fleet")] == ids
    assert [run.id for run in client.find(most=2)] == ids[:2]
    assert client.find("nobody") == client.find(study="none") == client.unreadable() == []


def test_a_run_that_waits_says_how_many_come_before_it_and_can_be_taken_back(tmp_path: Path) -> None:
    with store(tmp_path, at_once=0):
        _, later = (client.submit(TINY, SHORT, "tests") for _ in range(2))
        assert (client.status(later).state, client.queue_position(later)) == ("queued", 1)
        client.cancel(later)
        assert client.status(later).state == "stopped"
        assert losses(later) == []
        client.delete(later)
        with pytest.raises(ExplorerError, match="there is no run"):
            client.status(later)


def test_a_run_is_stopped_on_its_way(fleet: dict[str, str]) -> None:
    run = stopped(fleet)
    assert run.state == "stopped"
    assert isinstance(run.end, Finished)
    assert run.end.stopped
    assert run.end.accuracy is None
    assert 0 < len(losses(run.id)) < 400
    client.cancel(run.id)
    assert client.status(run.id) == run


def stopped(fleet: dict[str, str]) -> Run:
    """The run that is to be stopped, a few steps after its start; another one in its place where it was too fast."""
    if client.status(fleet["stopped"]).state != "stopped":
        known = iter([fleet["stopped"]])
        fleet["stopped"], process = caught(
            lambda: next(known, "") or client.submit(TINY, RESUMED, "tests", "fleet", "stopped"), points=3
        )
        with pytest.raises(ExplorerError, match="the run is under way: stop it before it is deleted"):
            client.delete(fleet["stopped"])
        client.cancel(fleet["stopped"])
        process.resume()
    return until(fleet["stopped"], ended)


def test_the_signal_of_a_polite_stop_ends_a_worker_too(fleet: dict[str, str]) -> None:
    id = fleet["signalled"]
    until(id, measured)
    worker(id).send_signal(signal.SIGTERM)
    assert until(id, ended).state == "stopped"
    assert (folder(id) / CHECKPOINT).is_file()


def test_a_worker_has_the_lowest_priority(fleet: dict[str, str]) -> None:
    until(fleet["killed"], measured)
    assert worker(fleet["killed"]).nice() == 19


def test_a_killed_worker_fails_at_once_with_its_signal_and_the_next_server_still_knows(
    fleet: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    until(fleet["killed"], measured)
    before = losses(fleet["killed"])
    child = worker(fleet["killed"])
    child.kill()
    processes._children[fleet["killed"]].wait()
    run = client.status(fleet["killed"])
    assert run.state == "failed"
    assert run.reason == "its process was killed by signal 9 (SIGKILL); perhaps the machine ran out of memory"
    assert set(before) <= set(losses(run.id))
    monkeypatch.setattr(processes, "_children", {})
    assert client.status(run.id) == run


def test_a_restarted_server_finds_a_run_again_and_sees_it_die(
    fleet: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    id = fleet["orphaned"]
    monkeypatch.setattr(processes, "_children", {})
    until(id, measured)
    before = losses(id)
    child = worker(id)
    child.kill()
    psutil.wait_procs([child], timeout=30)
    run = client.status(id)
    assert run.state == "failed"
    assert run.reason == "its process ended without a word; perhaps it was killed"
    assert set(before) <= set(losses(id))


def test_a_worker_out_of_memory_fails_with_its_reason(fleet: dict[str, str]) -> None:
    until(fleet["starved"], lambda run: len(client.curve(run.id).progress) >= 1)
    before = losses(fleet["starved"])
    child = worker(fleet["starved"])
    now = child.memory_info().vms
    resource.prlimit(child.pid, resource.RLIMIT_AS, (now, now))
    run = until(fleet["starved"], ended)
    assert run.state == "failed"
    assert run.reason == "memory ran out with a batch of 64: choose a smaller batch, input or network"
    assert set(before) <= set(losses(run.id))


def test_a_short_run_comes_to_its_end_and_leaves_its_place_to_the_next(fleet: dict[str, str]) -> None:
    run = until(fleet["short"], ended)
    assert run.state == "done", run
    assert [record.step for record in client.curve(run.id).progress] == list(range(1, 45))
    assert [record.step for record in client.curve(run.id).validated] == [44]
    assert isinstance(run.end, Finished)
    assert run.end.accuracy is not None
    assert 0 <= run.end.accuracy <= 1
    assert client.weights(run.id).is_file()
    assert run.id in client.trained()
    assert "torch" in (folder(run.id) / ENVIRONMENT).read_text()
    assert until(fleet["waiting"], ended).state == "done"
    with pytest.raises(ExplorerError, match="the run is done: only one that was stopped or failed can go on"):
        client.resume(run.id)


def test_a_run_gives_the_curve_that_the_loop_gives(fleet: dict[str, str]) -> None:
    from explorer.backend.train.loop import train

    run = until(fleet["short"], ended)
    *curve, done = train(TINY, SHORT)
    assert isinstance(done, Finished)
    assert losses(run.id) == [(record.step, record.loss, record.accuracy) for record in curve]
    assert (run.end.accuracy, run.end.loss) == (done.accuracy, done.loss)
    assert losses(fleet["waiting"]) == losses(run.id)


def test_a_run_that_was_stopped_goes_on_bit_for_bit(fleet: dict[str, str]) -> None:
    """After the others, which would all compute beside it."""
    from explorer.backend.train.loop import train

    run = stopped(fleet)
    before = losses(run.id)
    client.resume(run.id)
    after = until(run.id, ended)
    assert after.state == "done", (after.reason, client.logs(run.id))
    until_gone(run.id)
    assert not (folder(run.id) / CHECKPOINT).exists(), "it never goes on again"
    *curve, _ = train(TINY, RESUMED)
    expected = [(record.step, record.loss, record.accuracy) for record in curve]
    assert sorted(losses(run.id)) == sorted(expected)
    assert set(before) <= set(expected)


def until_gone(id: str) -> None:
    """Waits for the process of a run that has written down its end."""
    while processes.alive(id):
        time.sleep(0.05)


def test_no_more_wait_than_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_QUEUED", 2)
    with store(tmp_path, at_once=0):
        client.submit(TINY, SHORT, "tests")
        client.submit(TINY, SHORT, "tests")
        with pytest.raises(ExplorerError, match="2 runs wait, the most that may: stop one, or come back later"):
            client.submit(TINY, SHORT, "tests")


@pytest.mark.parametrize(
    "id",
    ["", "..", "../../etc", "/etc", "20260101-000000-000000-0123abcd/..", "20260101-000000-000000-0123abcd\n",
     "20260101-000000-000000-0123abcd", "x" * 10_000],
)  # fmt: skip
def test_an_id_that_is_none_touches_nothing(id: str, tmp_path: Path) -> None:
    with store(tmp_path, at_once=1):
        for ask in (
            client.status,
            client.cancel,
            client.resume,
            client.delete,
            client.logs,
            client.curve,
            client.weights,
        ):
            with pytest.raises(ExplorerError, match="there is no run"):
                ask(id)
        assert not [path for path in tmp_path.iterdir() if not path.name.startswith("runs.db")]


def test_a_run_that_cannot_be_trained_does_not_start(tmp_path: Path) -> None:
    with store(tmp_path, at_once=1):
        with pytest.raises(ExplorerError, match="avg_pool"):
            client.submit(Spec.make("googlenet", input="3x64x64"), SHORT, "tests")
        assert client.find() == []


def test_a_store_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path / "file"))
    with pytest.raises(
        ExplorerError, match=r"the list of runs, runs.db, cannot be used \(.*exists.*\): make its folder"
    ):
        client.submit(TINY, SHORT, "tests")
