"""What a finished run tells of its answers, held against scikit-learn."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import confusion_matrix, log_loss, recall_score
from torch import Tensor

from explorer.backend.train.evaluate import make, picture
from explorer.backend.train.evaluate import outcome as outcome_of
from explorer.backend.train.learner import Learner
from explorer.common.errors import ExplorerError
from explorer.common.png import LONGEST, png
from explorer.runs import evaluation, paths
from explorer.runs.config import TrainConfig, training_spec
from explorer.runs.evaluation import MOST_WRONG, Evaluation
from tests.helpers.networks import TINY

pytestmark = pytest.mark.usefixtures("one_thread")
ID = "20261122-030405-000006-0a1b2c3d"


def answers(count: int, classes: int, outputs: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Random scores, labels and images."""
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(count, outputs, generator=generator),
        torch.randint(classes, (count,), generator=generator),
        torch.randint(256, (count, 3, 5, 4), generator=generator, dtype=torch.uint8),
    )


def pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


@settings(max_examples=10)
@given(st.integers(1, 80), st.integers(2, 12), st.integers(0, 3), st.integers(0, 1000))
def test_counts_and_losses_are_those_of_scikit_learn(count: int, classes: int, more: int, seed: int) -> None:
    scores, labels, images = answers(count, classes, classes + more, seed)
    found = outcome_of(scores, labels, images, classes)
    given_answers = scores.argmax(1).clamp(max=classes).numpy()
    whole = confusion_matrix(labels.numpy(), given_answers, labels=range(classes + 1))
    assert np.array_equal(whole[:classes, : len(found.confusion[0])], found.confusion)
    assert found.images == count
    assert found.correct == int((scores.argmax(1) == labels).sum())
    recalls = recall_score(labels.numpy(), given_answers, labels=range(classes), average=None, zero_division=np.nan)
    assert [np.nan if share is None else share for share in found.by_class] == pytest.approx(list(recalls), nan_ok=True)
    probabilities = scores.double().softmax(1)
    for one in found.wrong[:5]:
        row = probabilities[one.number : one.number + 1].numpy()
        assert one.loss == pytest.approx(log_loss([one.label], row, labels=range(classes + more)))
        assert one.probability == pytest.approx(row.max())
        assert (one.label, one.predicted) == (int(labels[one.number]), int(row.argmax()))


@settings(max_examples=25)
@given(st.integers(2, 60), st.integers(0, 1000))
def test_the_most_wrong_are_wrong_and_no_other_is_worse(count: int, seed: int) -> None:
    scores, labels, images = answers(count, 4, 4, seed)
    found = outcome_of(scores, labels, images, 4).wrong
    losses = [one.loss for one in found]
    assert losses == sorted(losses, reverse=True)
    assert all(one.label != one.predicted for one in found)
    wrong = (scores.argmax(1) != labels).nonzero()[:, 0]
    assert len(found) == min(MOST_WRONG, len(wrong))
    left_out = set(wrong.tolist()) - {one.number for one in found}
    every = torch.nn.functional.cross_entropy(scores, labels, reduction="none")
    assert all(every[number] <= losses[-1] + 1e-6 for number in left_out)


def test_a_picture_is_the_image() -> None:
    _, _, images = answers(2, 2, 2, 0)
    assert np.array_equal(pixels(picture(images[0], 255)), images[0].permute(1, 2, 0).numpy())
    grey = torch.arange(16, dtype=torch.uint8).reshape(1, 4, 4)
    assert np.array_equal(pixels(picture(grey, 15)), 17 * grey[0].numpy())
    assert max(pixels(png(bytes(200 * 300), 200, 300)).shape) == LONGEST


def test_the_commonest_mistake() -> None:
    assert Evaluation(((5, 0), (0, 5)), ()).most_confused is None
    assert Evaluation(((5, 1, 2), (4, 5, 0), (0, 3, 1)), ()).most_confused == (1, 0, 4)
    assert Evaluation(((0, 0), (1, 0)), ()).by_class == (None, 0.0)


def test_answers_that_no_class_has_stand_in_a_column_of_their_own() -> None:
    scores = torch.eye(4)[[0, 3, 1]]
    found = outcome_of(scores, torch.tensor([0, 0, 1]), torch.zeros(3, 1, 2, 2, dtype=torch.uint8), 2)
    assert found.confusion == ((1, 0, 1), (0, 1, 0))
    assert evaluation.names(found, ("cat", "dog")) == ("cat", "dog", "another")
    assert evaluation.names(Evaluation(((1, 0), (0, 1)), ()), ("cat",)) == ("cat", "1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    (tmp_path / ID).mkdir()
    return tmp_path / ID


def test_a_run_writes_its_report_and_the_page_reads_it(folder: Path) -> None:
    assert evaluation.read(ID) is None
    config = TrainConfig.make(device="cpu")
    learner = Learner(training_spec(TINY, "digits"), config)
    make(learner, folder)
    found = evaluation.read(ID)
    assert found is not None
    measured = learner.validate(lambda: False)
    assert measured is not None
    assert found.correct / found.images == pytest.approx(measured[1])
    assert len(found.wrong) == MOST_WRONG
    assert [file.name for file in folder.iterdir()] == [paths.REPORT]


def test_a_disk_that_does_not_take_it_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str, encoding: str) -> int:
        path.write_bytes(b"{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        Evaluation(((1, 0), (0, 1)), ()).write(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '{"confusion": [[1, 2, 3, 4]], "wrong": []}', '{"confusion": [[-1]], "wrong": []}',
     '{"confusion": [[1]], "wrong": [{"number": 0, "label": 0, "predicted": 0, "probability": 1, "loss": 1, '
     '"image": "javascript:alert(1)"}]}'],
)  # fmt: skip
def test_what_is_no_report_is_said(folder: Path, text: str) -> None:
    (folder / paths.REPORT).write_text(text)
    with pytest.raises(ExplorerError, match="the report of this run cannot be read"):
        evaluation.read(ID)


def test_a_report_that_is_written_anew_is_read_anew(folder: Path) -> None:
    first, second = Evaluation(((1, 0), (0, 1)), ()), Evaluation(((3, 0), (0, 1)), ())
    first.write(folder)
    assert evaluation.read(ID) == first
    second.write(folder)
    assert evaluation.read(ID) == second
    assert json.loads((folder / paths.REPORT).read_text())["confusion"] == [[3, 0], [0, 1]]
