"""Normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.ops.base import Layer, Op, Record, Shape, options, require_map


@dataclass(frozen=True)
class BatchNorm2d(Op):
    """Normalises each channel over batch and positions, then scales and shifts it
    (Ioffe and Szegedy 2015, algorithms 1 and 2). Trainable are scale and shift; the running mean
    and variance are statistics.

    Args:
        eps: added to the variance.
    """

    counted: ClassVar[bool] = True

    eps: float = 1e-5

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return inputs[0]

    def params(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0]

    def statistics(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0]

    def record(self, *inputs: Shape) -> Record:
        return (Layer("BatchNorm2d", (inputs[0][0],), options("BatchNorm2d", eps=self.eps)),)

    def describe(self) -> str:
        return "BN"
