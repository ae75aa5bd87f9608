"""From maps to class scores."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Family, Layer, Op, Record, Shape, options, require_positive


@dataclass(frozen=True)
class Flatten(Op):
    """A map as one vector, `(C, H, W)` to `(C * H * W,)`."""

    whole_image: ClassVar[bool] = True

    def out_shape(self, *inputs: Shape) -> Shape:
        return (prod(inputs[0]),)

    def record(self, *inputs: Shape) -> Record:
        return (Layer("Flatten"),)


@dataclass(frozen=True)
class Linear(Op):
    """A fully connected layer, `(in_features,)` to `(out_features,)`."""

    family: ClassVar[Family] = "linear"
    whole_image: ClassVar[bool] = True

    out_features: int
    bias: bool = True

    def __post_init__(self) -> None:
        require_positive(out_features=self.out_features)

    def out_shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ExplorerError("it takes a vector: flatten the map first")
        return (self.out_features,)

    def params(self, *inputs: Shape) -> int:
        return (inputs[0][0] + self.bias) * self.out_features

    def macs(self, out_shape: Shape, *inputs: Shape) -> int:
        return inputs[0][0] * self.out_features

    def record(self, *inputs: Shape) -> Record:
        return (Layer("Linear", (inputs[0][0], self.out_features), options("Linear", bias=self.bias)),)

    def describe(self) -> str:
        return f"Linear, {self.out_features}"
