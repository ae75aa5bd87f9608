"""The seam where a run is executed: in this process, by two hosts, and who may know how."""

import ast
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import explorer
from explorer.backend import worker
from explorer.common.errors import ExplorerError
from explorer.runs import client, scheduler, store
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished, Progress, Record
from explorer.runs.executor import base, warm
from explorer.runs.executor.in_process import InProcess
from explorer.runs.executor.local import Local
from explorer.runs.paths import RunPaths, folder
from explorer.runs.recorder import EventWriter
from tests.helpers import fleet
from tests.helpers.fleet import LONG, SHORT
from tests.helpers.networks import OVERFLOWING, OVERFLOWS, TINY

PACKAGE = Path(explorer.__file__).parent
DONE = Finished(0.9, 0.1, 1.0, 10, 100.0, "cpu", "float32")
STEPS = SHORT.batches


def never() -> bool:
    return False


def train(id: str, slot: str) -> None:
    """What a worker process does, in a thread."""
    row = scheduler.claimed_run(id, slot)
    assert row is not None
    with EventWriter(id, row.started) as sink:
        worker.execute(RunPaths.of(id), sink, never, row.data)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    return tmp_path


def row(id: str) -> store.RunRow:
    with store.reading() as database:
        return store.rows(database, "id = ?", id)[0]


def test_a_run_is_trained_without_a_process(place: Path) -> None:
    executor = InProcess(train, host="here")
    with base.using(executor):
        first, second = (client.submit(TINY, SHORT, "tests") for _ in range(2))
        assert (row(first).state, row(first).slot, row(first).host) == ("active", "cpu:0", "here")
        assert (row(second).state, row(second).host) == ("queued", "")
        executor.wait(first)
        assert client.status(first).state == "done"
        assert row(second).state == "active", "whoever looks gives the slot to the next one"
        executor.wait(second)
        assert client.status(second).state == "done"
    assert fleet.losses(first) == fleet.losses(second) != []
    assert client.weights(first).is_file()
    assert not list(place.rglob("process.json"))


def test_a_stop_ends_a_run_of_this_process_and_it_goes_on(place: Path) -> None:
    executor = InProcess(train)
    with base.using(executor):
        id = client.submit(TINY, LONG, "tests")
        fleet.until(id, fleet.measured)
        client.cancel(id)
        executor.wait(id)
        stopped = client.status(id)
        assert stopped.state == "stopped"
        assert RunPaths.of(id).checkpoint.is_file()
        client.resume(id)
        assert row(id).state == "active"
        client.cancel(id)
        executor.wait(id)


def test_a_run_whose_thread_dies_fails_with_its_error(place: Path) -> None:
    def fail(id: str, slot: str) -> None:
        raise ZeroDivisionError("by nought")

    executor = InProcess(fail)
    with base.using(executor):
        id = client.submit(TINY, SHORT, "tests")
        executor.wait(id)
        assert client.status(id).reason == "its thread met an unexpected ZeroDivisionError: by nought"


def test_a_loss_that_overflows_fails_the_run_and_leaves_its_curve(place: Path) -> None:
    executor = InProcess(train)
    with base.using(executor):
        id = client.submit(OVERFLOWS, TrainConfig.make(**OVERFLOWING), "tests")
        executor.wait(id)
        run = client.status(id)
    assert run.state == "failed"
    assert run.reason.startswith("the loss became NaN at step 2 with a learning rate of 10")
    assert [record.step for record in client.curve(id).progress] == [1]


def test_a_run_whose_folder_was_removed_ends_and_can_begin_anew(place: Path) -> None:
    executor = InProcess(train)
    with base.using(executor):
        id = client.submit(TINY, LONG, "tests")
        fleet.until(id, fleet.measured)
        shutil.rmtree(folder(id))
        client.cancel(id)  # which can be asked for as ever
        executor.wait(id)
        assert client.status(id).reason == "its folder was removed while it was under way"
        client.resume(id)
        assert client.status(id).state == "active"
        client.cancel(id)
        executor.wait(id)


class Memory:
    """A sink that is no store."""

    def __init__(self) -> None:
        self.events: list[Record] = []
        self.ends: list[Record] = []

    def write(self, record: Record) -> None:
        self.events.append(record)

    def finish(self, end: Record) -> None:
        self.ends.append(end)


def test_a_worker_needs_no_store(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> None:
        raise AssertionError("the store was opened")

    paths, sink = RunPaths(place), Memory()
    paths.spec.write_text(TINY.to_json())
    paths.config.write_text(SHORT.to_json())
    monkeypatch.setattr(store, "connect", closed)
    worker.execute(paths, sink, never)
    assert sink.ends == sink.events[-1:]
    assert isinstance(sink.ends[0], Finished)
    assert [event.step for event in sink.events if isinstance(event, Progress)] == [*range(1, STEPS + 1)]


class Host:
    """A host in name alone, whose runs go on until they are ended here or were asked to stop by their file.

    As with real processes, that a run was started stands in its folder, which the hosts share.
    """

    def __init__(self, host: str, at_once: int = 2) -> None:
        self.host = host
        self.at_once = at_once
        self.started: list[str] = []
        self.running: set[str] = set()
        self.insisted: list[str] = []

    def slots(self, device: str) -> list[str]:
        return [f"cpu:{number}" for number in range(self.at_once)] if device == "cpu" else []

    def prepare(self, run: str) -> None:
        (folder(run) / "started").unlink(missing_ok=True)

    def start(self, run: str, slot: str) -> None:
        (folder(run) / "started").touch()
        self.started.append(run)
        self.running.add(run)

    def was_started(self, run: str) -> bool:
        return (folder(run) / "started").exists()

    def alive(self, run: str) -> bool:
        return run in self.running

    def stop(self, run: str) -> None:
        self.insisted.append(run)

    def why_ended(self, run: str) -> str:
        return f"{self.host} says so"

    def last_line(self, run: str) -> str:
        return ""

    def log_tail(self, run: str, most: int) -> str:
        return ""

    def prewarm(self) -> None:
        pass

    def work(self) -> None:
        """A step of each run: one that was asked to stop does."""
        for run in sorted(self.running):
            if RunPaths.of(run).stop.exists():
                scheduler.finish(run, DONE._replace(stopped=True))
                self.running.discard(run)


ACTIONS = ("submit", "look", "done", "kill", "cancel", "work")


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.booleans(), st.integers(0, 9)), max_size=25))
def test_two_hosts_share_a_store(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool, int]]) -> None:
    """None declares a run of the other dead, none is given twice, and each has its own slots."""
    hosts, killed = (Host("a"), Host("b")), set[str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_RUNS", str(tmp_path_factory.mktemp("shared")))
        for action, second, pick in steps:
            here = hosts[second]
            ids = sorted({run for host in hosts for run in host.running})
            with base.using(here):
                if action == "submit":
                    client.submit(TINY, SHORT, "tests")
                elif action == "cancel" and ids:
                    client.cancel(ids[pick % len(ids)])
                elif action == "work":
                    here.work()
                elif action in ("done", "kill") and here.running:
                    run = sorted(here.running)[pick % len(here.running)]
                    here.running.discard(run)
                    if action == "done":
                        scheduler.finish(run, DONE)
                    else:
                        killed.add(run)
                else:
                    client.find()
            holds(hosts, killed)


def holds(hosts: tuple[Host, Host], killed: set[str]) -> None:
    """What is true at any time."""
    with store.reading() as database:
        rows = {row.id: row for row in store.rows(database)}
    given = [run for host in hosts for run in host.started]
    assert len(given) == len(set(given)), "a run was given twice"
    for host in hosts:
        assert all((rows[run].state, rows[run].host) == ("active", host.host) for run in host.running)
        slots = [row.slot for row in rows.values() if row.state == "active" and row.host == host.host]
        assert len(slots) == len(set(slots)) <= host.at_once
    for row in rows.values():
        assert row.state != "failed" or row.id in killed
        assert row.state != "failed" or f"{row.host} says so" in (row.last or "")


@pytest.fixture
def pair(place: Path) -> tuple[Host, Host]:
    return Host("a", at_once=1), Host("b", at_once=1)


def test_another_hosts_run_is_not_declared_dead_and_takes_no_slot(pair: tuple[Host, Host]) -> None:
    a, b = pair
    with base.using(a):
        first, second = (client.submit(TINY, SHORT, "tests") for _ in range(2))
    with base.using(b):
        assert client.status(first).state == "active"
        assert (row(second).state, row(second).host, row(second).slot) == ("active", "b", "cpu:0")
        assert scheduler.claimed_run(first, "cpu:0") is None, "it has the slot of this name on another host"
    a.running.clear()
    with base.using(b):
        assert client.status(first).state == "active", "only its own host can tell"
    with base.using(a):
        assert client.status(first).reason == "a says so"


def test_a_stop_asked_on_one_host_ends_a_run_of_the_other(pair: tuple[Host, Host]) -> None:
    a, b = pair
    with base.using(a):
        id = client.submit(TINY, SHORT, "tests")
    with base.using(b):
        client.cancel(id)
        assert (row(id).state, b.insisted) == ("active", [])
    with base.using(a):
        client.find()
        assert a.insisted == [id], "its own host insists, should it not listen"
        a.work()
    with base.using(b):
        assert client.status(id).state == "stopped"
        client.resume(id)
        assert (row(id).state, row(id).host) == ("active", "b"), "it goes on where a slot is free"


def test_a_stop_asked_on_another_host_ends_a_run_that_trains(place: Path) -> None:
    a = InProcess(train, host="a")
    with base.using(a):
        id = client.submit(TINY, LONG, "tests")
        fleet.until(id, fleet.measured)
        with base.using(Host("b")):
            client.cancel(id)
        a.wait(id)
        assert client.status(id).state == "stopped"


def test_an_active_run_of_an_older_version_is_this_hosts(pair: tuple[Host, Host]) -> None:
    a, _ = pair
    with base.using(a):
        id = client.submit(TINY, SHORT, "tests")
        with store.writing() as database:
            store.update(database, id, host="")
        a.running.clear()
        assert client.status(id).state == "failed"


def test_a_host_sees_the_waiting_processes_of_no_other(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "warm" / "a" / "of a").mkdir(parents=True)
    monkeypatch.setenv("EXPLORER_HOST", "a")
    assert warm.waiting() == ["warm/a/of a"]
    monkeypatch.setenv("EXPLORER_HOST", "b")
    assert warm.waiting() == []


def test_the_executor_in_use_is_that_of_all_threads() -> None:
    seen: list[base.Executor] = []
    with base.using(Host("a")), base.using(Host("b")):
        thread = threading.Thread(target=lambda: seen.append(base.current()))
        thread.start()
        thread.join()
    assert [executor.host for executor in seen] == ["b"]
    assert isinstance(base.current(), Local)


def test_all_files_of_a_run_are_in_its_folder(place: Path) -> None:
    id = "20261122-030405-000000-0a1b2c3d"
    paths = RunPaths.of(id)
    names = [name for name, value in vars(RunPaths).items() if isinstance(value, property)]
    files = [getattr(paths, name) for name in names]
    assert len(names) == 8
    assert len(set(files)) == len(files)
    assert {file.parent for file in files} == {paths.folder} == {folder(id)} == {place / id}
    with pytest.raises(ExplorerError, match="there is no run"):
        RunPaths.of("../elsewhere")


def outside() -> Iterator[Path]:
    """The modules that must not know how a run is executed."""
    yield from PACKAGE.glob("ui/**/*.py")
    yield from PACKAGE.glob("studies/experiments/**/*.py")
    yield from (PACKAGE / "runs" / f"{name}.py" for name in ("client", "scheduler", "store", "recorder", "paths"))


def names_in(path: Path) -> set[str]:
    """Every module that a file imports, and every attribute of `os` that it names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            found.add(f"os.{node.attr}")
    return found


HIDDEN = {
    "psutil", "signal", "subprocess", "os.kill", "os.killpg", "os.getpid", "explorer.runs.executor.processes",
    "explorer.runs.executor.warm", "explorer.runs.executor.local",
}  # fmt: skip


def test_nobody_outside_knows_a_process_a_slot_file_or_a_pipe() -> None:
    modules = list(outside())
    assert len(modules) > 30
    assert {str(path): names_in(path) & HIDDEN for path in modules if names_in(path) & HIDDEN} == {}


def test_all_sql_is_in_the_store() -> None:
    calls = {"execute", "executemany", "executescript"}
    asking = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in calls
    }
    assert asking == {"runs/store.py"}
