"""The command `field`, and the weights of runs that it reads."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch

from explorer.analysis.field.measured import Effective
from explorer.backend.torch_module import GraphModule
from explorer.backend.train import checkpoint
from explorer.backend.train.loop import train
from explorer.cli import main
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs import client, scheduler
from explorer.runs import store as database
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished
from explorer.runs.paths import CHECKPOINT, WEIGHTS
from explorer.spec.build import build
from explorer.spec.spec import Spec

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = Spec.make("inception10", input="3x16x16", settings={"init_ch": 2, "num_blocks": 1})
NODE = "block_1.unit_2.concat"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    return tmp_path


def run(store: Path, id: str = "20261122-030405-000006-0a1b2c3d", spec: Spec = SMALL) -> Path:
    """The folder of a run that has ended, its weights left out."""
    row = database.RunRow(
        id=id,
        owner="",
        study="",
        arm="",
        device="cpu",
        spec=spec.to_json(),
        config=TrainConfig.make(device="cpu").to_json(),
        state="queued",
        submitted=0.0,
    )
    with database.writing() as connection:
        database.insert(connection, row)
    scheduler.finish(id, Finished(0.9, 0.1, 1.0, 10, 100.0, "cpu", "float32"))
    (store / id).mkdir()
    return store / id


def measured(capsys: pytest.CaptureFixture[str], *args: str) -> Effective:
    assert main(["field", *args, "--json"]) == 0
    return Effective.from_json(capsys.readouterr().out)


def test_it_measures_the_element_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    args = (SMALL.to_json(), "--node", NODE, "--images", "2", "--seed", "3")
    middle = measured(capsys, *args)
    assert (middle.node, middle.element, middle.images, middle.seed, middle.run) == (NODE, (4, 4), 2, 3, None)
    corner = measured(capsys, *args, "--element", "0x7")
    assert corner.element == (0, 7)
    assert corner.middle[0] < middle.middle[0]
    assert corner.middle[1] > middle.middle[1]


def test_the_same_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(capsys, "lenet", "--node", "s2", "--images", "1")
    assert main(["field", "lenet", "--node", "s2", "--images", "1"]) == 0
    out, err = capsys.readouterr()
    assert f"effective field: {found.pixels} pixels" in out
    assert "theoretical field: 6x6, 36 pixels" in out
    assert err.splitlines() == ["image 1 of 1"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["lenet", "--node", "x"], "there is no node 'x'"),
        (["googlenet", "--input", "3x8x8", "--node", "avg_pool"], "does not fit"),
        (["lenet", "--node", "s2", "--element", "14x0"], "the row of the element is 14: it must be a whole number"),
        (["lenet", "--node", "s2", "--element=-1x0"], "the element is '-1x0'"),
        (["lenet", "--node", "f6.linear", "--element", "0x0"], "has no rows and columns"),
        (["lenet", "--node", "s2", "--images", "1000"], "the number of images is 1000"),
        (["lenet", "--node", "s2", "--seed", "-1"], "the seed is -1"),
        (["--run", "../../etc/passwd", "--node", "s2"], "there is no run '../../etc/passwd'"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    store: Path, args: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["field", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_a_node_before_the_one_that_fails_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    args = ("googlenet", "--input", "3x32x32", "--node", "conv1.conv", "--images", "1")
    assert measured(capsys, *args).area == 49


def test_a_finished_run_keeps_its_weights_and_they_are_what_is_measured(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(store)
    list(train(SMALL, TrainConfig.make(epochs=1, batch=256, device="cpu"), folder=folder))
    assert client.trained() == [folder.name]
    kept = checkpoint.load_weights(client.weights(folder.name))
    assert kept.keys() == GraphModule(build(SMALL)).state_dict().keys()
    args = ("--node", NODE, "--images", "1")
    trained = measured(capsys, f"--run={folder.name}", *args)
    untrained = measured(capsys, SMALL.to_json(), *args)
    assert trained.run == folder.name
    assert (trained.area, trained.image) == (untrained.area, untrained.image)
    assert trained.grid != untrained.grid


def test_a_run_that_is_stopped_keeps_none(store: Path) -> None:
    list(train(SMALL, TrainConfig.make(epochs=1, device="cpu"), lambda: True, store))
    assert [path.name for path in store.iterdir()] == [CHECKPOINT]


def test_a_run_without_weights_says_so(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(store)
    assert client.trained() == []
    assert main(["field", f"--run={folder.name}", "--node", NODE]) == 2
    assert "has kept no weights" in capsys.readouterr().err


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("/tmp/field-evil"),)


@pytest.mark.parametrize("torn", [b"", b"\x80", b"PK\x03\x04", pickle.dumps(Evil()), pickle.dumps({"a": 1}, 2)])
def test_a_torn_or_evil_file_runs_nothing(torn: bytes, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "touch", lambda self: pytest.fail("it was run"))
    (store / WEIGHTS).write_bytes(torn)
    with pytest.raises(ExplorerError, match="cannot be read"):
        checkpoint.load_weights(store / WEIGHTS)


def test_only_the_newest_weights_are_kept_and_no_large_ones(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WEIGHTS_KEPT", 2)
    model = torch.nn.Linear(2, 2)
    for number in range(4):
        (store / str(number)).mkdir()
        checkpoint.save_weights(model, store / str(number))
    assert sorted(path.parent.name for path in store.glob("*/*")) == ["2", "3"]
    monkeypatch.setattr(limits, "MAX_KEPT_PARAMS", 5)
    (store / "large").mkdir()
    checkpoint.save_weights(model, store / "large")
    assert list((store / "large").iterdir()) == []


def test_a_full_disk_costs_the_weights_only(store: Path) -> None:
    with pytest.raises(OSError, match=r"weights\.safetensors could not be written"):
        checkpoint.save_weights(torch.nn.Linear(2, 2), store / "nowhere")
    assert not (store / "nowhere").exists()


def test_a_network_goes_to_another_process_whole(capsys: pytest.CaptureFixture[str]) -> None:
    spec = Spec.make("googlenet", settings={"inception_3a.width_5x5": 8}, rewrites=["batch_norm@inception_4a"])
    assert main(["trace", spec.to_json(), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main(["trace", "googlenet", "--set", "inception_3a.width_5x5=8", "--rewrite", "batch_norm@inception_4a",
                 "--json"]) == 0  # fmt: skip
    assert json.loads(capsys.readouterr().out) == whole
