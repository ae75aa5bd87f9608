"""Batch norm behind a layer whose weights are scaled and which gets a bias: BN((aW)u + b) beside BN(Wu).

Ioffe and Szegedy 2015, sections 3.2 and 3.3.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import NamedTuple

from explorer.lessons.batchnorm import numbers
from explorer.lessons.batchnorm.transform import Forward, Values, backward, dot, forward

SCALES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0,
          1000.0)  # fmt: skip
"""Absolute values that the weights may be multiplied by."""
SHIFT = 10
"""The largest absolute bias."""
INPUTS = ((1.0, 2.0), (3.0, 1.0), (2.0, 4.0), (5.0, 2.0), (4.0, 5.0), (0.0, 3.0))
"""u: six samples of two features each."""
WEIGHTS = (0.8, -0.5)
"""W: one unit."""
UPSTREAM = (1.0, -1.0, 0.5, 2.0, 0.0, -0.5)
"""The gradient by the six outputs of the batch norm."""


class Layer(NamedTuple):
    """The unit with its batch norm behind it.

    Args:
        weights: of the unit.
        z: its outputs, one a sample.
        normalised: the batch norm of those, with every step.
        by_weights: the gradient by each weight.
        by_bias: the gradient by the unit's bias.
    """

    weights: Values
    z: Values
    normalised: Forward
    by_weights: Values
    by_bias: float


class Comparison(NamedTuple):
    """The unit as it is, and with its weights scaled by `a` and the bias `b`."""

    a: float
    b: float
    plain: Layer
    scaled: Layer

    @property
    def sign(self) -> int:
        """Of a: minus one mirrors the outputs."""
        return -1 if self.a < 0 else 1

    @property
    def moved(self) -> float:
        """How far the farthest output of the unit moves."""
        return _farthest(self.scaled.z, self.plain.z)

    @property
    def moved_normalised(self) -> float:
        """How far the farthest output of the batch norm moves, but for the sign of a."""
        return _farthest(self.scaled.normalised.y, [self.sign * y for y in self.plain.normalised.y])

    @property
    def ratio(self) -> float:
        """The length of the gradient by aW over that by W, which is 1/|a| but for epsilon."""
        return _length(self.scaled.by_weights) / _length(self.plain.by_weights)

    @property
    def step_ratio(self) -> float:
        """How much a step of the same rate turns the scaled weights, relative to the plain ones."""
        return self.ratio / abs(self.a)


@lru_cache(maxsize=1024)
def compare(a: float, b: float) -> Comparison:
    """Both.

    Args:
        a: not 0.
        b: the bias.
    """
    return Comparison(a, b, layer(1.0, 0.0), layer(a, b))


@lru_cache(maxsize=1024)
def layer(a: float, b: float) -> Layer:
    """The unit with weights aW and the bias b, and the gradient of the loss `UPSTREAM` x outputs."""
    weights = tuple(a * weight for weight in WEIGHTS)
    z = tuple(dot(weights, u) + b for u in INPUTS)
    normalised = forward(z)
    by_z = backward(normalised, UPSTREAM).x
    by_weights = tuple(dot(by_z, feature) for feature in zip(*INPUTS, strict=True))
    return Layer(weights, z, normalised, by_weights, sum(by_z))


def parse_scale(text: str) -> float:
    """One of `SCALES`.

    Raises:
        ExplorerError: it is none of them.
    """
    return numbers.among("a", text, SCALES)


def _farthest(first: Values, second: Values | list[float]) -> float:
    return max(abs(a - b) for a, b in zip(first, second, strict=True))


def _length(values: Values) -> float:
    return sqrt(dot(values, values))
