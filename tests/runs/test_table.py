"""The table of runs and the files that come out of it."""

import csv
import io
from pathlib import Path

import pytest

from explorer.runs import client, scheduler, store
from explorer.runs.config import TrainConfig
from explorer.runs.table import RunSummary, curve_csv, labels, line, matching, to_csv
from explorer.spec.spec import Spec
from tests.helpers.stored import CURVE, keep


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(scheduler, "schedule", lambda: None)  # what waits here is not to start


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_says_what_was_asked_for_and_reached() -> None:
    found = line(client.status(keep(config=TrainConfig.make(seed=5, lr=0.01))), "me")
    assert (found.network, found.data, found.state) == ("Inception10", "Handwritten digits (scikit-learn)", "done")
    assert (found.mine, found.accuracy, found.loss, found.seconds) == (True, 0.9, 0.3, 12.5)
    assert (found.params, found.macs) == (120_234, 12_240_128)
    assert (found.epochs, found.seed, found.lr) == (8, 5, 0.01)


def test_what_is_not_known_stays_empty() -> None:
    id = keep(store.STOPPED, spec=Spec.make("googlenet", input="3x8x8"), config=TrainConfig.make(seconds=9))
    found = line(client.status(id), "somebody")
    assert not found.mine
    assert [found.accuracy, found.loss, found.seconds, found.params, found.macs, found.epochs] == [None] * 6


def test_a_filter_lets_through_what_is_like_it() -> None:
    keep()
    keep(store.FAILED, owner="somebody")
    keep(spec=Spec.make("lenet"), config=TrainConfig.make(data="mnist_5k"))
    lines = [line(run, "me") for run in client.find()]
    assert matching(lines) == lines
    assert [one.network for one in matching(lines, mine=True)] == ["LeNet-5", "Inception10"]
    assert [one.state for one in matching(lines, network="Inception10", state="")] == ["failed", "done"]
    assert matching(lines, network="LeNet-5", state="failed") == []


def test_the_csv_reads_as_the_table() -> None:
    keep(spec=Spec.make("inception10", rewrites=["separable"]))
    keep(store.QUEUED)
    lines = [line(run, "me") for run in client.find()]
    waiting, done = read(to_csv(lines))
    assert tuple(done) == RunSummary._fields
    assert done["network"] == "Inception10, separable"  # with its comma
    assert (float(done["accuracy"]), waiting["accuracy"]) == (0.9, "")


def test_the_csv_of_a_curve_has_every_record() -> None:
    progress, validated = CURVE
    training, held_out = read(curve_csv(client.curve(keep())))
    assert (training["images"], held_out["images"]) == ("training", "held out")
    for row, record in ((training, progress), (held_out, validated)):
        assert [float(row[name]) for name in ("step", "loss", "accuracy")] == [
            record.step,
            record.loss,
            record.accuracy,
        ]
    assert float(training["lr"]) == progress.lr
    assert held_out["lr"] == ""


def test_no_two_labels_are_the_same() -> None:
    found = labels(client.status(keep()) for _ in range(4))
    assert len(set(found.values())) == 4
    assert all(label.startswith("Inception10, adamw 0.002") for label in found.values())
    (paired,) = labels([client.status(keep())._replace(arm="with BN")]).values()
    assert paired.startswith("with BN / seed 0, ")
