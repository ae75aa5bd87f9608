"""What a worker has found about batch norm, as a page reads it: autograd's gradient, and the MNIST experiment."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, sqrt
from typing import NamedTuple

from explorer.common import records
from explorer.lessons.batchnorm import numbers
from explorer.lessons.batchnorm.transform import Backward, Forward, Values

RATES: Values = (0.05, 0.1, 0.5, 2.0)
"""Learning rates that the experiment is offered at. The paper does not name its own."""
RATE = 0.1
UNREADABLE = "the answer of the worker cannot be read: ask again"


class MeasuredGradient(NamedTuple):
    """One quantity, ours beside torch's; a single number stands alone in its tuple."""

    name: str
    ours: Values
    torch: Values

    @property
    def difference(self) -> float:
        """The largest one."""
        return max(abs(a - b) for a, b in zip(self.ours, self.torch, strict=True))


class Autograd(NamedTuple):
    """What torch says of one batch, in double precision.

    Args:
        version: of torch.
        y: the outputs of `torch.nn.functional.batch_norm`.
        gradient: by autograd.
    """

    version: str
    y: Values
    gradient: Backward

    def beside(self, of: Forward, gradient: Backward) -> tuple[MeasuredGradient, ...]:
        """Every quantity beside ours, outputs first."""
        names = Backward._fields[1:]  # the first is what came in
        pairs = ((_several(getattr(backward, name)) for backward in (gradient, self.gradient)) for name in names)
        lines = (MeasuredGradient(f"gradient by {name}", *pair) for name, pair in zip(names, pairs, strict=True))
        return (MeasuredGradient("outputs", of.y, self.y), *lines)

    def to_json(self) -> str:
        """As one JSON object."""
        return records.to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Autograd:
        """What `to_json` wrote.

        Raises:
            ExplorerError: it is something else.
        """
        return records.from_json(cls, text, UNREADABLE)


class Curve(NamedTuple):
    """One network over its training.

    Args:
        steps: where it was measured, rising.
        accuracy: share of the held-out images that it gets right.
        unit: the typical one of the last hidden layer: of all units' medians its moves over the middle range.
        percentiles: the 15th, 50th and 85th of what goes into the unit's sigmoid, over the held-out images.
    """

    steps: tuple[int, ...]
    accuracy: Values
    unit: int
    percentiles: tuple[tuple[float, float, float], ...]

    @property
    def medians(self) -> Values:
        """The 50th percentiles."""
        return tuple(middle for _, middle, _ in self.percentiles)

    @property
    def wander(self) -> float:
        """The range that the median moves over."""
        return max(self.medians) - min(self.medians)

    @property
    def widths(self) -> Values:
        """From the 15th to the 85th percentile."""
        return tuple(high - low for low, _, high in self.percentiles)

    def at(self, share: float) -> int:
        """The place of the first measurement when this share of the training is done."""
        return next(index for index, step in enumerate(self.steps) if step >= share * self.steps[-1])

    def first(self, accuracy: float) -> int | None:
        """The step at which it first gets so many right; None where it never does."""
        return next((step for step, got in zip(self.steps, self.accuracy, strict=True) if got >= accuracy), None)


class Mnist(NamedTuple):
    """Both networks of the experiment, from the same weights on the same batches.

    Args:
        epochs: passes over the training images.
        seed: of weights and order.
        batch: images a step.
        rate: of SGD, without momentum.
        train, held_out: images.
        seconds: that it took.
        plain, normalised: without and with batch norm.
    """

    epochs: int
    seed: int
    batch: int
    rate: float
    train: int
    held_out: int
    seconds: float
    plain: Curve
    normalised: Curve

    def to_json(self) -> str:
        """As one JSON object."""
        return records.to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Mnist:
        """What `to_json` wrote.

        Raises:
            ExplorerError: it is something else.
        """
        return records.from_json(cls, text, UNREADABLE)


def parse_rate(text: str) -> float:
    """One of `RATES`.

    Raises:
        ExplorerError: it is none of them.
    """
    return numbers.among("rate", text, RATES)


def _several(value: float | Values) -> Values:
    return value if isinstance(value, tuple) else (value,)


def words(result: Mnist) -> Iterator[str]:
    """What the experiment shows, computed from its numbers."""
    yield from (_higher(result, share) for share in (0.1, 1.0))
    yield _reached(result)
    yield _wandered(result)
    yield _widened(result)


def _higher(result: Mnist, share: float) -> str:
    """Which one gets more right, by how much, and whether that is more than two standard deviations of the
    difference of two such shares.
    """
    index = result.plain.at(share)
    plain, normalised = result.plain.accuracy[index], result.normalised.accuracy[index]
    images = round((normalised - plain) * result.held_out)
    when = "At the end" if share == 1 else f"After a tenth of the training, {result.plain.steps[index]:,} steps,"
    if not images:
        return f"{when} both get {100 * plain:.1f} % right."
    chance = ceil(2 * sqrt(result.held_out * (plain * (1 - plain) + normalised * (1 - normalised))))
    return (
        f"{when} the network with BN gets {100 * normalised:.1f} % of the held-out images right and the one without "
        f"{100 * plain:.1f} %: {abs(images):,} of {result.held_out:,} {'more' if images > 0 else 'fewer'}"
        + (f", which shows no difference: chance alone does up to {chance}." if abs(images) < chance else ".")
    )


def _reached(result: Mnist) -> str:
    """How long the network with BN takes to be as good as the one without ever is."""
    best = max(result.plain.accuracy)
    with_bn, without = result.normalised.first(best), result.plain.first(best)
    sentence = f"{100 * best:.1f} %, the best that the network without BN ever reaches, it reaches at step {without:,}"
    return f"{sentence}; with BN it is " + ("never reached." if with_bn is None else f"reached at step {with_bn:,}.")


def _wandered(result: Mnist) -> str:
    """How far the medians move."""
    plain, normalised = result.plain.wander, result.normalised.wander
    ratio = plain / max(normalised, 1e-9)
    return (
        "Over the training, the median of what enters the typical sigmoid moves over a range of "
        f"{normalised:.2f} with BN and of {plain:.2f} without, {ratio:.2g} times that."
    )


def _widened(result: Mnist) -> str:
    """How the spread changes."""
    with_bn, without = (
        f"from {curve.widths[0]:.2f} to {curve.widths[-1]:.2f}" for curve in (result.normalised, result.plain)
    )
    return f"The width from its 15th to its 85th percentile goes {with_bn} with BN and {without} without."
