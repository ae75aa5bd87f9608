"""Several hosts that share one folder of runs: each looks after its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.runs import client, devices, scheduler, store
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished
from explorer.runs.executor import processes, warm
from explorer.runs.paths import STOP, folder
from tests.helpers.networks import TINY

CONFIG = TrainConfig.make(device="cpu")
DONE = Finished(0.9, 0.1, 1.0, 10, 100.0, "cpu", "float32")
HOSTS = ("here", "there")
AT_ONCE = 2


class Fleet:
    """Hosts without processes: what each was told to start, and what it was told to end."""

    def __init__(self) -> None:
        self.at = HOSTS[0]
        self.living: dict[str, str] = {}
        """The host on which a run's process lives."""
        self.ended: list[tuple[str, str]] = []

    def launch(self, id: str, slot: str) -> None:
        """Starts a run here."""
        assert id not in self.living, "a run was started while it was under way"
        (folder(id) / processes.PROCESS).touch()
        self.living[id] = self.at
        assert list(self.living.values()).count(self.at) <= AT_ONCE

    def alive(self, id: str) -> bool:
        """Whether a process of this machine does this run; nobody knows of another machine's."""
        return self.living.get(id) == self.at

    def finish(self, id: str) -> None:
        """The worker of a run comes to its end, on its own host."""
        del self.living[id]
        scheduler.finish(id, DONE)


class Step(NamedTuple):
    """Something that happens on a host, to one of the runs."""

    host: str
    what: str
    number: int


STEPS = st.builds(
    Step, st.sampled_from(HOSTS), st.sampled_from(["submit", "look", "finish", "kill", "cancel"]), st.integers(0, 9)
)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    fleet = Fleet()
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(devices, "host", lambda: fleet.at)
    monkeypatch.setattr(devices, "slots", lambda kind, at_once: [f"cpu:{number}" for number in range(AT_ONCE)])
    monkeypatch.setattr(warm, "launch", fleet.launch)
    monkeypatch.setattr(processes, "alive", fleet.alive)
    monkeypatch.setattr(processes, "end", lambda id, asked=False: fleet.ended.append((fleet.at, id)))
    yield fleet


def rows() -> dict[str, store.RunRow]:
    with store.reading() as database:
        return {row.id: row for row in store.rows(database)}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_a_run_is_declared_dead_by_its_own_host_alone(fleet: Fleet, steps: list[Step]) -> None:
    fleet.living.clear()
    with store.writing() as database:
        for id in rows():
            store.delete(database, id)
    killed: dict[str, str] = {}
    failed: set[str] = set()
    for host, what, number in steps:
        fleet.at = host
        ids = sorted(rows())
        active = sorted(fleet.living)
        if what == "submit":
            client.submit(TINY, CONFIG, host)
        elif what == "look":
            client.find()
        elif what == "cancel" and ids:
            client.cancel(ids[number % len(ids)])
        elif active:
            id = active[number % len(active)]
            fleet.at = fleet.living[id]
            if what == "finish":
                fleet.finish(id)
            elif what == "kill":
                killed[id] = fleet.living.pop(id)
        for id, row in rows().items():
            if id in fleet.living:
                assert (row.state, row.host) == (store.ACTIVE, fleet.living[id])
            if row.state == store.FAILED and id not in failed:
                assert killed[id] == fleet.at
                failed.add(id)


def test_each_host_has_its_own_slots(fleet: Fleet) -> None:
    ids = [client.submit(TINY, CONFIG, "me") for _ in range(5)]
    assert [fleet.living.get(id) for id in ids] == ["here", "here", None, None, None]
    fleet.at = "there"
    client.find()
    assert [fleet.living.get(id) for id in ids] == ["here", "here", "there", "there", None]
    assert [client.queue_position(id) for id in ids[4:]] == [0]


def test_a_worker_takes_up_what_its_own_host_was_given(fleet: Fleet) -> None:
    id = client.submit(TINY, CONFIG, "me")
    slot = rows()[id].slot
    assert slot is not None
    claimed = scheduler.claimed_run(id, slot)
    assert claimed is not None and claimed.id == id
    fleet.at = "there"
    assert scheduler.claimed_run(id, slot) is None


def test_a_run_is_stopped_from_another_host_by_its_folder_and_by_no_signal(fleet: Fleet) -> None:
    id = client.submit(TINY, CONFIG, "me")
    fleet.at = "there"
    client.cancel(id)
    assert (folder(id) / STOP).exists()
    assert fleet.ended == []
    assert rows()[id].state == store.ACTIVE
    # Its own worker finds the file, and ends.
    fleet.at = "here"
    fleet.living.clear()
    scheduler.finish(id, DONE._replace(stopped=True))
    assert rows()[id].state == store.STOPPED


def test_a_run_that_goes_on_does_so_wherever_there_is_room(fleet: Fleet) -> None:
    id = client.submit(TINY, CONFIG, "me")
    fleet.living.clear()
    scheduler.finish(id, DONE._replace(stopped=True))
    fleet.at = "there"
    client.resume(id)
    assert (fleet.living, rows()[id].host) == ({id: "there"}, "there")


def test_a_run_of_an_older_version_counts_as_this_machines(fleet: Fleet) -> None:
    id = client.submit(TINY, CONFIG, "me")
    with store.writing() as database:
        store.update(database, id, host="")
    fleet.living.clear()
    assert client.status(id).state == "failed"


def test_those_that_wait_belong_to_their_host(fleet: Fleet, tmp_path: Path) -> None:
    theirs = tmp_path / "warm" / "there" / "one"
    theirs.mkdir(parents=True)
    assert warm.waiting() == []
    fleet.at = "there"
    assert warm.waiting() == ["warm/there/one"]
