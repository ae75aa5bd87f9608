"""The training loop: a network and a configuration in, a stream of records out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import ceil, cos, isfinite, pi
from pathlib import Path

import torch
from torch import Tensor

from explorer import limits
from explorer.errors import ExplorerError
from explorer.spec import Spec
from explorer.training.checks import ready
from explorer.training.config import Done, Progress, TrainConfig
from explorer.training.learner import Learner
from explorer.training.weights import save

_RISE = 0.25
"""Share of a run in which the learning rate rises."""
_STEPS_BETWEEN_READS = 10
"""At least, on a GPU: reading a number there waits for all the work before it."""


def train(
    spec: Spec, config: TrainConfig, should_stop: Callable[[], bool] = lambda: False, keep: Path | None = None
) -> Iterator[Progress | Done]:
    """Trains a network, yielding what it measures as it goes and one `Done` at the end.

    The same seed gives the same records on the CPU, times aside. torch's global random state is
    seeded.

    Args:
        spec: the network; its number of classes follows the data where it is left open.
        config: the run.
        should_stop: asked before each step; when it says yes, the run ends with what it has.
        keep: the file for the weights of a run that comes to its end.

    Raises:
        ExplorerError: the run cannot start (nothing has been allocated then), its loss stopped
            being a finite number, or memory ran out.
    """
    try:
        yield from _train(ready(spec, config), config, should_stop, keep)
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise ExplorerError(
            f"memory ran out with a batch of {config.batch:,}: choose a smaller batch, input or network"
        ) from None


def _train(
    spec: Spec, config: TrainConfig, should_stop: Callable[[], bool], keep: Path | None
) -> Iterator[Progress | Done]:
    began = time.perf_counter()
    learner = Learner(spec, config)
    count = len(learner.data.train.labels)
    steps = config.epochs * (count // learner.batch)
    every = _steps_between_records(steps, learner.device)
    meter = _Meter(config, steps, began)
    stopped = False
    for step, (epoch, chosen) in enumerate(batches(count, learner.batch, config), start=1):
        stopped = should_stop()
        if stopped:
            break
        meter.add(epoch, len(chosen), *learner.step(chosen, config.lr * one_cycle(step / (steps + 1))))
        if step % every == 0:
            yield meter.read()
    if meter.pending:
        yield meter.read()
    tested = None if stopped else learner.test(should_stop)
    if tested is not None and keep is not None:
        save(learner.model, keep)
    yield meter.done(tested, learner)


class _Meter:
    """Collects what steps leave on the device, and reads it now and then."""

    def __init__(self, config: TrainConfig, steps: int, began: float) -> None:
        self._config, self._steps, self._began = config, steps, began
        self._epoch = self._step = 0
        self._images = self._all_images = 0
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        self._first = self._last = time.perf_counter()

    @property
    def pending(self) -> bool:
        """Whether there are steps that have not been read."""
        return bool(self._losses)

    def add(self, epoch: int, images: int, loss: Tensor, right: Tensor) -> None:
        """Takes in a step without waiting for it."""
        self._epoch, self._step = epoch, self._step + 1
        self._images += images
        self._losses.append(loss)
        self._right.append(right)

    def read(self) -> Progress:
        """The steps since the last reading. Raises ExplorerError where a loss is not finite."""
        losses = torch.stack(self._losses).tolist()
        for step, loss in enumerate(losses, start=self._step - len(losses) + 1):
            require_finite(loss, f"at step {step}", self._config.lr)
        right, images, now = int(torch.stack(self._right).sum()), self._images, time.perf_counter()
        rate, self._last = images / (now - self._last), now
        self._all_images += images
        self._images, self._losses, self._right = 0, [], []
        loss, seconds = sum(losses) / len(losses), now - self._began
        return Progress(self._epoch, self._config.epochs, self._step, self._steps, loss, right / images, rate, seconds)

    def done(self, tested: tuple[float, float] | None, learner: Learner) -> Done:
        """The last record. Raises ExplorerError where the loss on the test images is not finite."""
        accuracy, loss = tested or (None, None)
        if loss is not None:
            require_finite(loss, "on the test images", self._config.lr)
        params = sum(p.numel() for p in learner.model.parameters())
        rate = self._all_images / (self._last - self._first) if self._all_images else 0.0
        seconds = time.perf_counter() - self._began
        return Done(accuracy, loss, seconds, params, rate, learner.device.type, stopped=tested is None)


def batches(count: int, batch: int, config: TrainConfig) -> Iterator[tuple[int, Tensor]]:
    """(epoch, indices) for every step: a new order each epoch, the incomplete last batch left out."""
    generator = torch.Generator().manual_seed(config.seed)
    for epoch in range(1, config.epochs + 1):
        order = torch.randperm(count, generator=generator)
        for first in range(0, count - batch + 1, batch):
            yield epoch, order[first : first + batch]


def one_cycle(done: float) -> float:
    """The learning rate as a share of its highest when so much of the run, from 0 to 1, is done: a
    straight rise, then half a cosine down to zero (Smith and Topin 2018).
    """
    return done / _RISE if done < _RISE else (1 + cos(pi * (done - _RISE) / (1 - _RISE))) / 2


def require_finite(loss: float, where: str, lr: float) -> None:
    """Raises ExplorerError for a loss that is infinite or not a number, with what usually helps."""
    if not isfinite(loss):
        became = "NaN" if loss != loss else "infinite"
        raise ExplorerError(
            f"the loss became {became} {where} with a learning rate of {lr:g}: "
            f"a lower one, such as {lr / 10:g}, usually helps"
        )


def _steps_between_records(steps: int, device: torch.device) -> int:
    every = ceil(steps / limits.MAX_POINTS)
    return max(every, _STEPS_BETWEEN_READS) if device.type == "cuda" else every


def _is_out_of_memory(error: Exception) -> bool:
    words = ("can't allocate memory", "out of memory", "bad_alloc")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(word in str(error) for word in words)
