"""Attention: gates, and what they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Family, Function, Op, Record, Shape, require_map


@dataclass(frozen=True)
class Gate(Op):
    """A map times its gate: `(C, H, W)` and one factor a channel, `(C, 1, 1)`, or one a place,
    `(1, H, W)` (Hu et al. 2018, "Squeeze-and-Excitation"; Woo et al. 2018, "CBAM").
    """

    family: ClassVar[Family] = "join"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = 2

    def out_shape(self, *inputs: Shape) -> Shape:
        values, gate = inputs
        require_map(values)
        channels, height, width = values
        if gate not in ((channels, 1, 1), (1, height, width)):
            raise ExplorerError(f"the gate of {values} must be {(channels, 1, 1)} or {(1, height, width)}, not {gate}")
        return values

    def record(self, *inputs: Shape) -> Record:
        return Function("mul", variadic=False)


@dataclass(frozen=True)
class _ChannelPool(Op):
    """One value a place out of all its channels, `(C, H, W)` to `(1, H, W)`."""

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return 1, *inputs[0][1:]


@dataclass(frozen=True)
class ChannelMean(_ChannelPool):
    """The mean over the channels, `(C, H, W)` to `(1, H, W)` (Woo et al. 2018, section 3.2)."""

    def record(self, *inputs: Shape) -> Record:
        return Function("mean", variadic=False, kwargs=(("dim", 1), ("keepdim", True)))

    def describe(self) -> str:
        return "Mean over channels"


@dataclass(frozen=True)
class ChannelMax(_ChannelPool):
    """The largest of the channels, `(C, H, W)` to `(1, H, W)` (Woo et al. 2018, section 3.2)."""

    def record(self, *inputs: Shape) -> Record:
        return Function("amax", variadic=False, kwargs=(("dim", 1), ("keepdim", True)))

    def describe(self) -> str:
        return "Max over channels"


@dataclass(frozen=True)
class _Columns(Op):
    """Works along the width, where each column stands for a vector of its own and no longer for a place."""

    whole_image: ClassVar[bool] = True


@dataclass(frozen=True)
class ConcatColumns(_Columns):
    """Vectors side by side, `(C, 1, W1), (C, 1, W2), ...` to `(C, 1, W1 + W2 + ...)`.

    A 1x1 convolution behind it is a layer that all of them share: its weights are there once and work
    once a column, as in CBAM's shared perceptron (Woo et al. 2018, section 3.1).
    """

    max_inputs: ClassVar[int | None] = None

    def out_shape(self, *inputs: Shape) -> Shape:
        channels = inputs[0][0]
        if any(len(shape) != 3 or shape[:2] != (channels, 1) for shape in inputs):
            shapes = " and ".join(str(shape) for shape in dict.fromkeys(inputs))
            raise ExplorerError(f"columns to set side by side must be of shape ({channels}, 1, any), not {shapes}")
        return channels, 1, sum(shape[2] for shape in inputs)

    def record(self, *inputs: Shape) -> Record:
        return Function("cat", variadic=True, kwargs=(("dim", 3),))

    def describe(self) -> str:
        return "Columns side by side"


@dataclass(frozen=True)
class SumColumns(_Columns):
    """The sum over the width, `(C, H, W)` to `(C, H, 1)`."""

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return *inputs[0][:2], 1

    def record(self, *inputs: Shape) -> Record:
        return Function("sum", variadic=False, kwargs=(("dim", 3), ("keepdim", True)))

    def describe(self) -> str:
        return "Sum of columns"
