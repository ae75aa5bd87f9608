"""Which way of doing a step is chosen; the capture itself needs a GPU."""

import itertools
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from explorer.backend.train.capture import TIMED, UNTIMED, Fastest, Work
from explorer.backend.train.learner import Learner
from explorer.backend.train.meter import _together
from explorer.runs.config import OPTIMIZERS, TrainConfig, training_spec
from tests.helpers.networks import TINY

IMAGES = LABELS = torch.zeros(1)
CALLS = UNTIMED + 5 * TIMED


def timed(plain: float, captured: float, capture: Callable[..., Work] | None = None) -> list[str]:
    """Which way each call was done, where the two take so long."""
    now, done = 0.0, []

    def way(name: str, seconds: float) -> Work:
        def work(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
            nonlocal now
            now += seconds
            done.append(name)
            return images, labels

        return work

    made = capture or (lambda work, images, labels: way("captured", captured))
    step = Fastest(way("plain", plain), made, lambda: now)
    for _ in range(CALLS):
        step(IMAGES, LABELS)
    return done


@pytest.mark.parametrize(("plain", "captured", "chosen"), [(2, 1, "captured"), (1, 2, "plain"), (1, 1, "plain")])
def test_the_faster_way_does_the_rest(plain: float, captured: float, chosen: str) -> None:
    runs = [(name, len([*group])) for name, group in itertools.groupby(timed(plain, captured))]
    assert runs[0] == ("plain", UNTIMED + TIMED)
    assert runs[1][0] == "captured"
    assert runs[-1][0] == chosen
    assert sum(count for _, count in runs) == CALLS


def test_what_cannot_be_captured_goes_on_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*args: object) -> Work:
        raise RuntimeError("operation not permitted when stream is capturing")

    assert set(timed(1, 1, fails)) == {"plain"}
    assert capsys.readouterr().err == (
        "a CUDA graph was not possible: operation not permitted when stream is capturing\n"
    )


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_rate_that_is_a_tensor_means_the_same(optimizer: str) -> None:
    """As a graph needs it, which would keep a number for ever."""

    def losses(as_tensor: bool) -> Iterator[float]:
        config = TrainConfig.make(batch=64, lr=0.01, optimizer=optimizer, device="cpu")
        learner = Learner(training_spec(TINY, "digits"), config)
        if as_tensor:
            learner.hold_rate()
        for number in range(6):
            chosen = torch.arange(64) + 64 * number
            yield learner.step(chosen, 0.01 / (number + 1), number)[0].item()

    assert list(losses(True)) == pytest.approx(list(losses(False)), abs=1e-6)


def test_a_run_that_goes_on_keeps_its_rate_where_a_captured_step_reads_it() -> None:
    learner = Learner(TINY, TrainConfig.make(device="cpu"))
    learner.step(torch.arange(learner.batch), 0.01, 1)
    state = learner.state()
    learner.hold_rate()
    rates = [group["lr"] for group in learner.optimizer.param_groups]
    learner.load_state(state)
    assert all(group["lr"] is rate for group, rate in zip(learner.optimizer.param_groups, rates, strict=True))


def test_what_was_measured_before_a_stop_goes_to_the_device() -> None:
    assert _together([torch.zeros(()), torch.zeros((), device="meta")]).device.type == "meta"
    assert _together([torch.tensor(2.0), torch.tensor(3.0)]).tolist() == [2.0, 3.0]
