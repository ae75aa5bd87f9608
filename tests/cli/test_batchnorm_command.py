"""The command `batchnorm`: a batch checked by torch, and the MNIST experiment on fewer images."""

from __future__ import annotations

import json

import pytest
import torch

from explorer.backend import batchnorm
from explorer.backend.data import Dataset, load
from explorer.cli import main
from explorer.cli.batchnorm import check_args
from explorer.common.errors import ExplorerError
from explorer.lessons.batchnorm import transform
from explorer.lessons.batchnorm.record import Autograd, Curve, Mnist, words
from explorer.lessons.batchnorm.transform import backward, forward

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The same images, but only some of them."""
    whole = load("mnist_5k", torch.device("cpu"))
    train, held_out = (type(part)(part.images[::5], part.labels[::5]) for part in (whole.train, whole.held_out))
    made = whole._replace(train=train, held_out=held_out)
    monkeypatch.setattr(batchnorm, "load", lambda id, device: made)
    return made


def test_a_batch_is_checked_by_torch(capsys: pytest.CaptureFixture[str]) -> None:
    of, upstream = forward((1.0, -2.5, 4.0), 2.0, -1.0, 0.1), (1.0, 0.0, -3.0)
    assert main(check_args(of, upstream)) == 0
    found = Autograd.from_json(capsys.readouterr().out)
    lines = found.beside(of, backward(of, upstream))
    assert [line.name for line in lines] == [
        "outputs",
        *(f"gradient by {name}" for name in ("normalised", "variance", "mean", "x", "gamma", "beta")),
    ]
    assert found.version == torch.__version__
    assert max(line.difference for line in lines) < transform.AGREES
    # It is torch's own answer, so that another gradient of ours is told from it.
    wrong = backward(of, (1.0, 0.0, -2.0))
    assert max(line.difference for line in found.beside(of, wrong)) > 0.1


def test_the_same_in_words_and_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batchnorm", "check"]) == 0
    out = capsys.readouterr().out
    of = forward(transform.START)
    assert f"{of.y[0]:.6f}" in out
    assert f"{backward(of, transform.UPSTREAM).x[2]:.6f}" in out
    assert "largest difference: " in out
    assert main(["batchnorm", "check", "--values=1,2,3", "--gradient=1"]) == 0
    assert "gradient by beta         1.000000" in capsys.readouterr().out


def test_both_networks_start_alike_and_their_course_follows_from_the_seed(
    few: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for seed in ("3", "3", "4"):
        assert main(["batchnorm", "mnist", "--epochs", "6", "--seed", seed, "--json"]) == 0
        out, err = capsys.readouterr()
        found.append(Mnist.from_json(out)._replace(seconds=0.0))
        assert "with batch norm, epoch 6 of 6" in err
    first, again, other = found
    assert first == again
    assert other._replace(seed=first.seed) != first
    assert (first.train, first.held_out) == (len(few.train.labels), len(few.held_out.labels))
    steps = 6 * (first.train // first.batch)
    for curve in (first.plain, first.normalised):
        assert curve.steps[-1] == steps
        assert list(curve.steps) == sorted(set(curve.steps))
        assert len(curve.steps) == len(curve.accuracy) == len(curve.percentiles)
        assert all(low <= middle <= high for low, middle, high in curve.percentiles)
    weights = [dict(batchnorm._fresh(batch_norm, 3).named_parameters()) for batch_norm in (0, 1)]
    shared = [name for name in weights[0] if name in weights[1]]
    assert len([name for name in shared if name.endswith("weight")]) == 4
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in shared)
    # What the paper shows: with batch norm it is far ahead while the other has not begun.
    assert first.normalised.accuracy[-1] > first.plain.accuracy[-1] + 0.2


def test_it_reports_in_sentences(few: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batchnorm", "mnist", "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert "After a tenth of the training" in out
    assert "Over the training, the median" in out


def mnist(plain: tuple[float, ...], normalised: tuple[float, ...]) -> Mnist:
    """A made-up experiment of these accuracies."""
    steps = tuple(range(10, 10 * len(plain) + 10, 10))
    moves = tuple((place - 1.0, float(place), place + 1.0) for place in range(len(plain)))
    still = tuple((-1.0, 0.5 * (place % 2), 1.0) for place in range(len(plain)))
    return Mnist(1, 0, 60, 0.5, 4000, 1000, 1.0, Curve(steps, plain, 1, moves), Curve(steps, normalised, 2, still))


def test_the_sentences_say_who_is_ahead_and_when_nobody_is() -> None:
    plain, normalised = (0.1, *[0.5] * 9), (0.7, *[0.5] * 9)
    early, late, reached, moved, widened = words(mnist(plain, normalised))
    assert early == (
        "After a tenth of the training, 10 steps, the network with BN gets 70.0 % of the held-out images right and "
        "the one without 10.0 %: 600 of 1,000 more."
    )
    assert late == "At the end both get 50.0 % right."
    assert reached.endswith("it reaches at step 20; with BN it is reached at step 10.")
    assert moved.endswith("over a range of 0.50 with BN and of 9.00 without, 18 times that.")
    assert widened.endswith("goes from 2.00 to 2.00 with BN and from 2.00 to 2.00 without.")
    _, late, reached, *_ = words(mnist(normalised, plain))
    assert reached.endswith("with BN it is never reached.")
    _, late, *_ = words(mnist(plain, (*normalised[:-1], 0.4)))
    assert late.endswith(": 100 of 1,000 fewer.")
    _, late, *_ = words(mnist(plain, (*normalised[:-1], 0.51)))
    # Two standard deviations of a share of a half of 1,000 are 31.6, of the difference of two 44.7.
    assert late.endswith(": 10 of 1,000 more, which shows no difference: chance alone does up to 45.")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"plain": 1}', '{"version": "2", "y": [], "gradient": {"a": 1}}'])
def test_a_torn_answer_is_one_sentence(text: str) -> None:
    for record in (Autograd, Mnist):
        with pytest.raises(ExplorerError, match="cannot be read"):
            record.from_json(text)


def test_an_answer_goes_through_json() -> None:
    found = mnist((0.1, 0.2), (0.3, 0.4))
    assert Mnist.from_json(found.to_json()) == found
    assert json.loads(found.to_json())["plain"]["accuracy"] == [0.1, 0.2]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["train"], "there is no action 'train'; there is: check, mnist"),
        (["check", "--values", "1"], "the values are '1'"),
        (["check", "--gradient", "x"], "number 1 of the gradients is 'x'"),
        (["check", "--gamma", ""], "gamma is ''"),
        (["check", "--beta", "21"], "beta is 21: it must be a number from -20 to 20"),
        (["check", "--epsilon", "0"], "epsilon is 0"),
        (["mnist", "--epochs", "0"], "the number of epochs is 0"),
        (["mnist", "--seed", "-1"], "the seed is -1"),
        (["mnist", "--rate", "3"], "rate is 3: it must be a number from 0.05 to 2"),
    ],
)
def test_a_wrong_value_is_one_sentence(args: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batchnorm", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
