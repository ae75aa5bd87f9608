"""What a batch's statistics are worth: as estimates of all images', kept over batches, and taken wrongly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

from explorer.lessons.batchnorm import numbers
from explorer.lessons.batchnorm.transform import EPSILON, Values, forward

LEAST, MOST = 2, 32
"""Values in a batch."""
MOMENTA = (0.01, 0.03, 0.1, 0.3, 1.0)
"""How much of a new batch goes into the running statistics; torch's default is 0.1."""
BATCHES, STEPS, MATES = 4_000, 100, 200
"""Batches that estimates are the mean of, that running statistics are kept over, and that one value is put into."""
START, LARGEST = 9, 20
"""The value whose outputs are compared, at first and at most."""
_SIZE, _SHAPE, _SCALE = 1_000, 4.0, 1.5
_SEED = 0


class Statistics(NamedTuple):
    """A mean and a variance."""

    mean: float
    variance: float


FRESH = Statistics(0.0, 1.0)
"""What a layer starts with (torch)."""


class Estimate(NamedTuple):
    """What batches of m values say of the variance of all.

    Args:
        m: values in a batch.
        biased: the mean over many batches of the variance divided by m.
        expected: what that must be, (m - 1)/m of the variance of all, as every draw is independent.
    """

    m: int
    biased: float
    expected: float

    @property
    def corrected(self) -> float:
        """With the factor m/(m - 1)."""
        return self.biased * self.m / (self.m - 1)


class Step(NamedTuple):
    """The running statistics after a batch.

    Args:
        batch: what the batch says, its variance with the factor m/(m - 1).
        kept: what is kept.
    """

    batch: Statistics
    kept: Statistics


class Answers(NamedTuple):
    """One value's output, by the statistics that it is normalised with.

    Args:
        right: by those of all, as at inference.
        among: by those of its batch, one answer for each choice of batch mates.
        fresh: by those that a layer starts with.
    """

    right: float
    among: Values
    fresh: float

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the largest answer among different batch mates."""
        return min(self.among), max(self.among)


@lru_cache(maxsize=1)
def population() -> Values:
    """Numbers that stand for one channel over all images: positive and skewed, as after a ReLU."""
    rng = random.Random(_SEED)
    return tuple(round(rng.gammavariate(_SHAPE, _SCALE), 2) for _ in range(_SIZE))


@lru_cache(maxsize=1)
def true() -> Statistics:
    """Of the population."""
    return _statistics(population())


@lru_cache(maxsize=1)
def estimates() -> tuple[Estimate, ...]:
    """One for each size of a batch, from the same draws: a batch of m is the first m of one of `MOST`."""
    sums = [0.0] * (MOST + 1)
    rng = random.Random(_SEED)
    for _ in range(BATCHES):
        mean = squares = 0.0
        for m, value in enumerate(rng.choices(population(), k=MOST), start=1):
            # Welford 1962: the sum of squared deviations, one value at a time.
            away = value - mean
            mean += away / m
            squares += away * (value - mean)
            sums[m] += squares / m
    variance = true().variance
    return tuple(Estimate(m, sums[m] / BATCHES, variance * (m - 1) / m) for m in range(LEAST, MOST + 1))


def estimate(m: int) -> Estimate:
    """That of one size."""
    return estimates()[m - LEAST]


def update(kept: Statistics, batch: Sequence[float], momentum: float) -> Statistics:
    """The running statistics after one more batch, by torch's convention: (1 - momentum) of what was kept and
    momentum of the new, whose variance has the factor m/(m - 1).

    Args:
        kept: so far.
        batch: at least two values.
        momentum: from 0 to 1.
    """
    return _mixed(kept, _corrected(batch), momentum)


@lru_cache(maxsize=128)
def history(m: int, momentum: float) -> tuple[Step, ...]:
    """The running statistics of a fresh layer over `STEPS` random batches."""
    rng, kept, steps = random.Random(_SEED), FRESH, []
    for _ in range(STEPS):
        batch = rng.choices(population(), k=m)
        kept = update(kept, batch, momentum)
        steps.append(Step(_corrected(batch), kept))
    return tuple(steps)


def remaining(momentum: float, batches: int) -> float:
    """The share of the start that is still in the running statistics after so many batches."""
    return float((1 - momentum) ** batches)


@lru_cache(maxsize=128)
def answers(value: float, m: int) -> Answers:
    """What becomes of one value, scaled by 1 and shifted by 0, in `MATES` batches of m."""
    rng = random.Random(_SEED)
    mates = [rng.choices(population(), k=m - 1) for _ in range(MATES)]
    among = tuple(forward([value, *others]).y[0] for others in mates)
    return Answers(_normalised(value, true()), among, _normalised(value, FRESH))


def _statistics(values: Sequence[float]) -> Statistics:
    of = forward(values)
    return Statistics(of.mean, of.variance)


def _corrected(batch: Sequence[float]) -> Statistics:
    statistics, m = _statistics(batch), len(batch)
    return statistics._replace(variance=statistics.variance * m / (m - 1))


def _mixed(old: Statistics, new: Statistics, momentum: float) -> Statistics:
    return Statistics(*((1 - momentum) * a + momentum * b for a, b in zip(old, new, strict=True)))


def _normalised(value: float, by: Statistics) -> float:
    return (value - by.mean) / sqrt(by.variance + EPSILON)


def parse_momentum(text: str) -> float:
    """One of `MOMENTA`.

    Raises:
        ExplorerError: it is none of them.
    """
    return numbers.among("momentum", text, MOMENTA)
