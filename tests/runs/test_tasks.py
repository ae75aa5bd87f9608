"""Questions to the command line: answered once, found again, ended, and never more than may be at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs import tasks
from explorer.runs.executor import processes
from explorer.runs.tasks import Task
from explorer.spec.spec import Spec

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = ("train", "inception10", "--epochs", "200", "--batch", "1")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    yield tmp_path
    for id, child in processes._children.items():
        if id.startswith("tasks/"):
            child.kill()
            child.wait()


def ended(id: str) -> Task:
    for _ in range(2400):
        task = tasks.state(id)
        if task is not None and not task.running:
            return task
        time.sleep(0.05)
    raise AssertionError("the task did not end")


def number(store: Path, id: str) -> int:
    pid: int = json.loads((store / "tasks" / id / processes.PROCESS).read_text())["pid"]
    return pid


def test_an_answer_is_what_the_command_prints_and_is_computed_once(
    store: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from explorer import cli

    args = ("trace", Spec.make("lenet", settings={}, rewrites=["batch_norm"]).to_json(), "--json")
    assert tasks.state(tasks.id_of(*args)) is None
    id = tasks.ask(*args)
    assert psutil.Process(number(store, id)).nice() == processes.LOWEST_PRIORITY
    first = ended(id)
    assert cli.main(args) == 0
    assert first.answer == capsysbinary.readouterr().out
    assert first.when is not None
    assert (first.failed, first.words) == (None, "")
    assert [*tasks.asked("trace")] == [*tasks.asked(*args)] == [id]
    assert not [*tasks.asked("list")]
    pid = number(store, id)
    assert tasks.ask(*args) == id
    assert number(store, id) == pid, "nothing was started"


def test_other_questions_and_other_versions_have_other_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [("trace", "lenet"), ("trace", "len", "et"), ("tracelenet",), ("trace lenet",)]
    ids = {tasks.id_of(*args) for args in asked}
    monkeypatch.setattr(tasks, "version", lambda: "another")
    ids |= {tasks.id_of(*args) for args in asked}
    assert len(ids) == 2 * len(asked)


def test_a_bad_input_fails_with_the_sentence_of_the_command_line() -> None:
    task = ended(tasks.ask("trace", "lenett"))
    assert task.answer is None
    assert task.failed is not None
    assert task.failed.startswith("there is no architecture 'lenett'")


def test_the_number_that_runs_at_once_is_capped_and_a_stop_makes_room(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_TASKS_AT_ONCE", 1)
    id = tasks.ask(*ENDLESS)
    assert tasks.ask(*ENDLESS) == id, "the same question is not another task"
    with pytest.raises(ExplorerError, match="1 tasks are under way and at most 1 may be"):
        tasks.ask("trace", "lenet")
    monkeypatch.setattr(processes, "_children", {})  # another server finds it by its number
    task = tasks.state(id)
    assert task is not None
    assert task.running
    tasks.stop(id)
    assert ended(id) == Task(False, failed="it was stopped")
    again = tasks.ask(*ENDLESS)
    assert again == id
    task = tasks.state(again)
    assert task is not None
    assert task.running, "what was stopped can be asked anew"


def test_a_task_that_dies_has_no_answer_whatever_it_has_printed(store: Path) -> None:
    id = tasks.ask(*ENDLESS)
    (store / "tasks" / id / "answer.part").write_text("the half of it")
    os.killpg(number(store, id), signal.SIGKILL)
    task = ended(id)
    assert task.answer is None
    assert task.failed is not None
    assert "SIGKILL" in task.failed


def test_a_task_that_takes_too_long_ends_with_a_sentence(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from explorer.cli import task
from explorer.common import limits
from explorer.runs.tasks import TaskPaths
limits.MAX_TASK_SECONDS = 1
task.main(TaskPaths(Path({str(tmp_path)!r})), ["verify", "--all"])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "explorer: it was not ready after 1 seconds, the most that a task may take\n"
    assert not (tmp_path / "answer").exists()
    assert f"explorer: {(tmp_path / 'failed.txt').read_text()}\n" == done.stderr


def test_the_oldest_answers_make_room(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TASKS_KEPT", 3)
    for place in range(5):
        folder = store / "tasks" / f"old{place}"
        folder.mkdir(parents=True)
        (folder / "answer").touch()
        os.utime(folder, (place, place))
    id = tasks.ask("list")
    assert {folder.name for folder in (store / "tasks").iterdir()} == {"old3", "old4", id}
    ended(id)


def test_a_store_that_cannot_be_written_is_said_in_a_sentence(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "file").touch()
    monkeypatch.setenv("EXPLORER_RUNS", str(store / "file"))
    with pytest.raises(ExplorerError, match="could not be started on this machine"):
        tasks.ask("list")
