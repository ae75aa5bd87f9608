"""Element-wise ops with nothing to count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Family, Layer, Op, Record, Shape


@dataclass(frozen=True)
class ReLU(Op):
    """`max(x, 0)` (Nair and Hinton 2010)."""

    family: ClassVar[Family] = "activation"

    def record(self, *inputs: Shape) -> Record:
        return (Layer("ReLU"),)


@dataclass(frozen=True)
class Sigmoid(Op):
    """`1 / (1 + exp(-x))`, between 0 and 1: a saturating activation, or a gate."""

    family: ClassVar[Family] = "activation"

    def record(self, *inputs: Shape) -> Record:
        return (Layer("Sigmoid"),)


@dataclass(frozen=True)
class Tanh(Op):
    """The hyperbolic tangent, between -1 and 1 (LeCun et al. 1998, section II.B)."""

    family: ClassVar[Family] = "activation"

    def record(self, *inputs: Shape) -> Record:
        return (Layer("Tanh"),)


@dataclass(frozen=True)
class Dropout(Op):
    """While training, zeroes each value with probability `p` and scales the rest by `1 / (1 - p)`
    (Srivastava et al. 2014).
    """

    family: ClassVar[Family] = "dropout"

    p: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.p < 1:
            raise ExplorerError(f"p is {self.p}: a dropout probability is at least 0 and below 1")

    def record(self, *inputs: Shape) -> Record:
        return (Layer("Dropout", (), (("p", self.p),)),)

    def describe(self) -> str:
        return f"Dropout {self.p}"
