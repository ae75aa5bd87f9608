"""Normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Family, Layer, Op, Record, Shape, options, require_map, require_positive


@dataclass(frozen=True)
class _BatchNorm(Op):
    """What both share: trainable are scale and shift; the running mean and variance are statistics.

    Args:
        eps: added to the variance.
    """

    family: ClassVar[Family] = "normalisation"

    eps: float = 1e-5

    def params(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0]

    def statistics(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0]

    def record(self, *inputs: Shape) -> Record:
        kind = type(self).__name__
        return (Layer(kind, (inputs[0][0],), options(kind, eps=self.eps)),)

    @property
    def suffix(self) -> str:
        return "bn"

    def describe(self) -> str:
        return "BN"


@dataclass(frozen=True)
class BatchNorm2d(_BatchNorm):
    """Normalises each channel of a map over batch and positions, then scales and shifts it
    (Ioffe and Szegedy 2015, algorithms 1 and 2, section 3.2).
    """

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return inputs[0]


@dataclass(frozen=True)
class BatchNorm1d(_BatchNorm):
    """Normalises each feature of a vector over the batch, then scales and shifts it
    (Ioffe and Szegedy 2015, algorithms 1 and 2).
    """

    def out_shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ExplorerError("it takes a vector: a map is normalised by BatchNorm2d")
        return inputs[0]


@dataclass(frozen=True)
class LocalResponseNorm(Op):
    """Divides each value by `(k + alpha / size * s) ** beta`, where s is the sum of squares over
    `size` neighbouring channels at its place (Krizhevsky et al. 2012, section 3.3; there alpha is
    not divided by the size).
    """

    family: ClassVar[Family] = "normalisation"

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def __post_init__(self) -> None:
        require_positive(size=self.size)

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return inputs[0]

    def record(self, *inputs: Shape) -> Record:
        values = options("LocalResponseNorm", alpha=self.alpha, beta=self.beta, k=self.k)
        return (Layer("LocalResponseNorm", (self.size,), values),)

    def describe(self) -> str:
        return f"LRN over {self.size}"
