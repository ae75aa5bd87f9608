"""The batch-norm transform of one channel and its gradient, step by step.

Ioffe and Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift": algorithm 1 and the chain rule of section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, sqrt
from typing import NamedTuple

from explorer.lessons.batchnorm import numbers

Values = tuple[float, ...]

LEAST, MOST = 2, 6
"""Values in a batch that is worked through by hand; of a single one there is no spread."""
BOUND = 100.0
"""The largest absolute value in it, and of a gradient that comes from above."""
GAMMAS, BETAS = 5.0, 20.0
"""The largest absolute scale and shift."""
EPSILONS = (1e-8, 1e-5, 1e-3, 0.01, 0.1, 1.0)
"""torch's default is 1e-5, TensorFlow's 1e-3."""
EPSILON = 1e-5
AGREES = 1e-9
"""Double precision: below this, two ways to the same number agree."""
START: Values = (2.0, 4.0, 5.0, 7.0, 12.0)
UPSTREAM: Values = (1.0, 0.0, -2.0, 0.5, 0.0)
"""The batch and the gradient by its outputs that the page opens with."""


class Forward(NamedTuple):
    """Every step of the transform of m values.

    Args:
        x: the values.
        gamma, beta, epsilon: scale, shift, and what is added to the variance.
        mean: of the values.
        deviations: the values less their mean.
        variance: the mean of the squared deviations, divided by m.
        deviation: the square root of variance plus epsilon.
        normalised: the deviations over that.
        y: scaled and shifted.
    """

    x: Values
    gamma: float
    beta: float
    epsilon: float
    mean: float
    deviations: Values
    variance: float
    deviation: float
    normalised: Values
    y: Values


class Backward(NamedTuple):
    """The gradient of a loss by everything in the transform, in the order of section 3.

    Args:
        y: by the outputs, which is what comes from above.
        normalised: by the normalised values.
        variance: by the batch's variance.
        mean: by the batch's mean.
        x: by the values.
        gamma, beta: by scale and shift.
    """

    y: Values
    normalised: Values
    variance: float
    mean: float
    x: Values
    gamma: float
    beta: float


def forward(x: Sequence[float], gamma: float = 1.0, beta: float = 0.0, epsilon: float = EPSILON) -> Forward:
    """The transform (algorithm 1).

    Args:
        x: at least one value.
        gamma: scale.
        beta: shift.
        epsilon: above 0.
    """
    mean = average(x)
    deviations = tuple(value - mean for value in x)
    variance = average([value**2 for value in deviations])
    deviation = sqrt(variance + epsilon)
    normalised = tuple(value / deviation for value in deviations)
    y = tuple(gamma * value + beta for value in normalised)
    return Forward(
        x=tuple(x),
        gamma=gamma,
        beta=beta,
        epsilon=epsilon,
        mean=mean,
        deviations=deviations,
        variance=variance,
        deviation=deviation,
        normalised=normalised,
        y=y,
    )


def backward(of: Forward, upstream: Sequence[float]) -> Backward:
    """The gradient by the chain rule (section 3).

    Args:
        of: the transform.
        upstream: the gradient by each of its outputs.
    """
    m = len(of.x)
    normalised = tuple(value * of.gamma for value in upstream)
    variance = dot(normalised, of.deviations) * -0.5 * of.deviation**-3
    mean = -fsum(normalised) / of.deviation - 2 * variance * fsum(of.deviations) / m
    x = tuple(
        by / of.deviation + variance * 2 * away / m + mean / m
        for by, away in zip(normalised, of.deviations, strict=True)
    )
    return Backward(
        y=tuple(upstream),
        normalised=normalised,
        variance=variance,
        mean=mean,
        x=x,
        gamma=dot(upstream, of.normalised),
        beta=fsum(upstream),
    )


def average(values: Sequence[float]) -> float:
    """The mean."""
    return fsum(values) / len(values)


def dot(first: Iterable[float], second: Iterable[float]) -> float:
    """The sum of the products of pairs."""
    return fsum(a * b for a, b in zip(first, second, strict=True))


def fitted(upstream: Sequence[float], count: int) -> Values:
    """A gradient for so many outputs: what it lacks is 0, what it has too many goes."""
    return (*upstream[:count], *[0.0] * (count - len(upstream)))


def parse_values(name: str, text: str) -> Values:
    """The values of a batch.

    Raises:
        ExplorerError: they are not such a list.
    """
    return numbers.reals(name, text, LEAST, MOST, BOUND)


def parse_upstream(name: str, text: str) -> Values:
    """The gradients by the outputs, of which there may be fewer than outputs.

    Raises:
        ExplorerError: they are not such a list.
    """
    return numbers.reals(name, text, 0, MOST, BOUND)


def parse_epsilon(text: str) -> float:
    """One of `EPSILONS`.

    Raises:
        ExplorerError: it is none of them.
    """
    return numbers.among("epsilon", text, EPSILONS)
