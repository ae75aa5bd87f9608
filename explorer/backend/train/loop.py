"""The training loop: a network and a configuration in, a stream of records out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from explorer.backend.train import checkpoint, evaluate
from explorer.backend.train.initialise import mixed
from explorer.backend.train.learner import Learner, threads
from explorer.backend.train.meter import Clock, Meter, require_finite
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished, Notice, Progress, Record, Validation
from explorer.runs.preflight import ready
from explorer.runs.schedule import SCHEDULES
from explorer.spec.spec import Spec

_STEPS_BETWEEN_READS = 10
"""At least, on a GPU: reading a number there waits for all the work before it."""
_SECONDS_BETWEEN_CHECKPOINTS = 10.0


def train(
    spec: Spec, config: TrainConfig, should_stop: Callable[[], bool] = lambda: False, folder: Path | None = None
) -> Iterator[Record]:
    """Trains a network, yielding what it measures as it goes and one `Finished` at the end.

    The same seed gives the same records on the CPU, times aside, also for a run that was stopped and goes
    on; a time budget ends a run when it ends. torch's global random state is seeded.

    Args:
        spec: the network; its number of classes follows the data where it is left open.
        config: the run.
        should_stop: asked before each step; when it says yes, the run ends with what it has.
        folder: where it keeps its checkpoint, from which it goes on where there is one, and its weights.

    Raises:
        ExplorerError: the run cannot start (nothing has been allocated then), its loss stopped
            being a finite number, or memory ran out.
    """
    try:
        yield from _Run(ready(spec, config), config, should_stop, folder).records()
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        raise ExplorerError(
            f"memory ran out with a batch of {config.batch:,}: choose a smaller batch, input or network"
        ) from None


def warm_up() -> None:
    """Does once what the first step would have to wait for."""
    torch.set_num_threads(threads())
    layers = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.ReLU())
    layers(torch.zeros(2, 1, 8, 8)).sum().backward()
    # torch loads its compiler with the first optimiser, which takes as long as all the rest.
    torch.optim.SGD(layers.parameters(), fused=True).step()


class _Run:
    """One run under way: a step, a validation, a checkpoint at a time."""

    def __init__(self, spec: Spec, config: TrainConfig, should_stop: Callable[[], bool], folder: Path | None) -> None:
        self._spec, self._config, self._should_stop, self._folder = spec, config, should_stop, folder
        self._begin()

    def _begin(self) -> None:
        """As if nothing had been trained yet."""
        config = self._config
        self._learner = Learner(self._spec, config)
        self._clock = Clock()
        self._meter = Meter(config.lr)
        self._validated: Validation | None = None
        self._count = len(self._learner.data.train.labels)
        self._an_epoch = self._count // self._learner.batch
        self._order = torch.empty(0)
        self._read_at = self._kept_at = 0.0
        self._lr = config.lr

    def records(self) -> Iterator[Record]:
        """All of them, from where the checkpoint left off."""
        yield from self._resume()
        while not self._should_stop():
            if self._owes_validation:
                with self._meter.paused():
                    yield from self._validate()
            elif self._share >= 1:
                yield from self._keep_results()
                yield self._done(stopped=False)
                return
            else:
                self._step()
            if self._is_due:
                yield self._read()
        with self._meter.paused():
            yield from self._keep()
        yield self._done(stopped=True)

    @property
    def _epoch(self) -> int:
        """The epoch of the last step; 0 before the first."""
        return -(-self._meter.step // self._an_epoch)

    @property
    def _share(self) -> float:
        """How much of the run is done."""
        if self._config.seconds is not None:
            return min(1.0, self._clock.seconds / self._config.seconds)
        return self._meter.step / (self._config.epochs * self._an_epoch)

    @property
    def _owes_validation(self) -> bool:
        step = self._meter.step
        ended = step > 0 and (step % self._an_epoch == 0 or self._share >= 1)
        return ended and (self._validated is None or self._validated.step < step)

    @property
    def _is_due(self) -> bool:
        """Whether it is time to read the meter: often enough for a curve, seldom enough to stay fast."""
        pending = self._meter.pending
        if not pending or self._share >= 1:
            return pending > 0
        if self._config.seconds is not None:
            due = self._clock.seconds - self._read_at >= self._config.seconds / limits.MAX_POINTS
        else:
            due = pending >= ceil(self._config.epochs * self._an_epoch / limits.MAX_POINTS)
        return due and (pending >= _STEPS_BETWEEN_READS or self._learner.device.type == "cpu")

    def _step(self) -> None:
        index = self._meter.step % self._an_epoch
        if index == 0 or not len(self._order):
            order = epoch_order(self._count, self._config.seed, self._meter.step // self._an_epoch + 1)
            self._order = order.to(self._learner.device)
        batch = self._learner.batch
        self._lr = self._config.lr * SCHEDULES[self._config.schedule].rate(self._next_share)
        chosen = self._order[index * batch : (index + 1) * batch]
        self._meter.add(batch, *self._learner.step(chosen, self._lr, self._meter.step + 1))
        self._clock.tick()

    @property
    def _next_share(self) -> float:
        """How much is done with the next step, so that the first and the last one still move something."""
        if self._config.seconds is not None:
            return self._share
        return (self._meter.step + 1) / (self._config.epochs * self._an_epoch + 1)

    def _read(self) -> Progress:
        loss, accuracy, rate = self._meter.read()
        self._clock.tick()
        self._read_at = seconds = self._clock.seconds
        epochs = 0 if self._config.seconds is not None else self._config.epochs
        step, share, memory = self._meter.step, self._share, self._learner.memory
        return Progress(
            epoch=self._epoch,
            epochs=epochs,
            step=step,
            share=share,
            loss=loss,
            accuracy=accuracy,
            images_per_second=rate,
            seconds=seconds,
            lr=self._lr,
            memory=memory,
        )

    def _validate(self) -> Iterator[Record]:
        measured = self._learner.validate(self._should_stop)
        if measured is None:
            return
        require_finite(measured[0], "on the held-out images", self._config.lr)
        self._clock.tick()
        self._validated = Validation(self._epoch, self._meter.step, *measured, self._clock.seconds)
        yield self._validated
        if self._clock.seconds - self._kept_at > _SECONDS_BETWEEN_CHECKPOINTS:
            yield from self._keep()

    def _done(self, stopped: bool) -> Finished:
        self._clock.tick()
        last = None if stopped else self._validated
        learner = self._learner
        return Finished(
            accuracy=last.accuracy if last else None,
            loss=last.loss if last else None,
            seconds=self._clock.seconds,
            params=sum(p.numel() for p in learner.model.parameters()),
            images_per_second=self._meter.rate,
            device=learner.device.type,
            precision=learner.precision,
            stopped=stopped,
        )

    def _keep(self) -> Iterator[Notice]:
        """A checkpoint, with all that the run needs to go on."""
        self._kept_at = self._clock.seconds
        yield from self._write("no checkpoint was kept", lambda folder: checkpoint.save(self._state(), folder))

    def _keep_results(self) -> Iterator[Notice]:
        """What a run leaves that has come to its end."""
        learner = self._learner
        yield from self._write(
            "the weights were not kept", lambda folder: checkpoint.save_weights(learner.model, folder)
        )
        yield from self._write("the report was not kept", lambda folder: evaluate.make(learner, folder))

    def _write(self, otherwise: str, write: Callable[[Path], None]) -> Iterator[Notice]:
        """A disk that does not take it costs what was to be written, not the run."""
        if self._folder is not None:
            try:
                write(self._folder)
            except OSError as error:
                yield Notice(f"{otherwise}: {error}")

    def _state(self) -> dict[str, Any]:
        validated = tuple(self._validated) if self._validated else None
        parts = {"learner": self._learner.state(), "meter": self._meter.state(), "validated": validated}
        return {**parts, "seconds": self._clock.seconds}

    def _resume(self) -> Iterator[Notice]:
        """Goes on from the checkpoint; where that is of no use, from the start, which leads to the same."""
        try:
            state = checkpoint.load(self._folder) if self._folder is not None else None
            if state is not None:
                self._take_up(state)
        except (LookupError, TypeError, ValueError, RuntimeError) as error:
            why = error if isinstance(error, ExplorerError) else f"its checkpoint is of no use ({type(error).__name__})"
            self._begin()
            yield Notice(f"{why}, and the run began anew")

    def _take_up(self, state: dict[str, Any]) -> None:
        self._learner.load_state(state["learner"])
        self._meter.load_state(state["meter"])
        self._validated = Validation(*state["validated"]) if state["validated"] else None
        self._clock = Clock(state["seconds"])


def epoch_order(count: int, seed: int, epoch: int) -> Tensor:
    """The order (count,) in which an epoch takes the images, which follows from the seed and its number."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(mixed(seed, epoch)))


def _is_out_of_memory(error: Exception) -> bool:
    words = ("can't allocate memory", "out of memory", "bad_alloc")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(word in str(error) for word in words)
