"""`submit` and `runs`: the queue from a shell. No slot is free here, so nothing trains."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.cli import main
from explorer.common.errors import ExplorerError
from explorer.runs import client, devices, scheduler, store
from explorer.runs.config import TrainConfig
from explorer.runs.events import Failed, Finished, Notice, Progress, Validation
from explorer.runs.paths import WEIGHTS, folder
from explorer.spec.spec import Spec
from tests.helpers import fleet

POINT = Progress(1, 2, 5, 0.25, 2.25, 0.25, 1234.5, 1.0, 0.01, 100)
VALID = Validation(1, 5, 1.25, 0.625, 2.5)


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Iterator[Path]:
    with fleet.store(tmp_path, at_once=0) as there:
        yield there


def said(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(args) == 0
    return capsys.readouterr().out


@pytest.fixture
def id(capsys: pytest.CaptureFixture[str]) -> str:
    return said(capsys, "submit", "inception10", "--set", "init_ch=4", "--epochs", "2", "--optimizer", "sgd").strip()


def test_what_is_submitted_waits_and_is_listed(id: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = client.status(id)
    assert run.spec == Spec.make("inception10", settings={"init_ch": 4})
    assert (run.config.epochs, run.config.optimizer, run.state) == (2, "sgd", "queued")
    assert run.owner.startswith("shell")
    later = said(capsys, "submit", "inception10").strip()
    header, *_, second, first = said(capsys, "runs").splitlines()
    assert header.split()[:3] == ["run", "state", "network"]
    assert (first.split()[:2], second.split()[:2]) == ([id, "queued"], [later, "queued"])
    (entry, _) = json.loads(said(capsys, "runs", "--json"))[::-1]
    assert (entry["id"], entry["config"]["epochs"], entry["end"]) == (id, 2, None)
    assert Spec.from_json(json.dumps(entry["spec"])) == run.spec
    assert "1 run comes before it" in said(capsys, "runs", "status", later)


def test_a_run_is_watched_stopped_resumed_and_deleted(id: str, capsys: pytest.CaptureFixture[str]) -> None:
    with store.reading() as database:
        store.add(database, id, [POINT, VALID, Notice("no checkpoint was kept")])
    told = said(capsys, "runs", "status", id)
    assert "epoch 1, loss 2.2500, about 3 s left" in told
    assert client.status(id).config.words in told
    found = json.loads(said(capsys, "runs", "status", id, "--json"))
    assert [point["record"] for point in found["curve"]] == ["progress", "validated"]
    assert found["notes"] == ["no checkpoint was kept"]
    assert said(capsys, "runs", "cancel", id) == ""
    assert client.status(id).state == "stopped"
    said(capsys, "runs", "resume", id)
    assert client.status(id).state == "queued"
    scheduler.finish(id, Failed("the loss became NaN at step 3"))
    assert "the loss became NaN at step 3" in said(capsys, "runs", "status", id)
    said(capsys, "runs", "delete", id)
    assert said(capsys, "runs") == "no run yet\n"
    assert not folder(id).exists()


def test_log_and_weights_are_given_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    id = client.submit(Spec.make("inception10"), TrainConfig(), "tests")
    (folder(id) / "log.txt").write_text("MNIST: 1 of 9 MB\n")
    (folder(id) / WEIGHTS).write_bytes(b"\x00\xffweights")
    scheduler.finish(id, Finished(0.9, 0.1, 1.0, 10, 100.0, "cpu", "float32"))
    assert main(["runs", "logs", id]) == 0
    assert main(["runs", "weights", id]) == 0
    assert capfdbinary.readouterr().out == b"MNIST: 1 of 9 MB\n\x00\xffweights"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("runs", "stop"), "there is no action 'stop'"),
        (("runs", "status", "../../etc"), "there is no run '../../etc'"),
        (("submit", "inception10", "--device", "cuda"), "this machine has no GPU that CUDA can use: choose"),
        (("submit", "inception10", "--epochs", "0"), "the number of epochs is 0: it must be"),
        (("submit", "googlenet", "--input", "3x64x64"), "avg_pool"),
    ],
)
def test_a_wrong_word_is_one_sentence(
    args: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "gpus", tuple)
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err


def test_a_run_that_cannot_be_read_is_named_beside_the_others(id: str, capsys: pytest.CaptureFixture[str]) -> None:
    lost = said(capsys, "submit", "inception10").strip()
    with store.writing() as database:
        store.update(database, lost, spec="{")
    assert main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert id in out
    assert lost not in out
    assert err == f"what is kept of the run {lost} cannot be read\n"


def test_the_end_of_a_long_log_is_given_in_whole_characters(id: str) -> None:
    (folder(id) / "log.txt").write_text("€uro" * 100_000)
    assert client.logs(id, 10) == "uro€uro€uro"[-10:]
    assert len(client.logs(id)) == 20_000
    (folder(id) / "log.txt").write_text("short €")
    assert client.logs(id) == "short €"


def test_a_run_whose_folder_stays_is_not_forgotten(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cancel(id)
    with monkeypatch.context() as patch:
        patch.setattr(client.shutil, "rmtree", lambda *args, **kwargs: None)
        with pytest.raises(ExplorerError, match=f"{id} cannot be removed: remove it by hand, and then the run"):
            client.delete(id)
    assert client.status(id).state == "stopped"
    shutil.rmtree(folder(id))
    client.delete(id)
    assert client.find() == []
