"""Feature fusion: where branches meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Family, Function, Op, Record, Shape, require_map


@dataclass(frozen=True)
class Concat(Op):
    """Stacks maps along the channels: `(C1, H, W), (C2, H, W), ...` to `(C1 + C2 + ..., H, W)`
    (Szegedy et al. 2015, figure 2).
    """

    family: ClassVar[Family] = "join"
    max_inputs: ClassVar[int | None] = None

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        _, height, width = inputs[0]
        channels = 0
        for shape in inputs:
            if shape[1:] != (height, width):
                raise ExplorerError(f"maps to concatenate must have the same height and width, not {_sizes(inputs)}")
            channels += shape[0]
        return channels, height, width

    def record(self, *inputs: Shape) -> Record:
        return Function("cat", variadic=True, kwargs=(("dim", 1),))


@dataclass(frozen=True)
class Add(Op):
    """Adds inputs of one shape, element by element (He et al. 2016, section 3.2).

    Args:
        alpha: what each input after the first is multiplied by, as in a scaled residual
            (Szegedy et al. 2017, section 3.3).
    """

    family: ClassVar[Family] = "join"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    alpha: float = 1.0

    def out_shape(self, *inputs: Shape) -> Shape:
        return _same_shape("add", inputs)

    def record(self, *inputs: Shape) -> Record:
        return Function("add", variadic=False, kwargs=(("alpha", self.alpha),) if self.alpha != 1 else ())

    def describe(self) -> str:
        return "Add" if self.alpha == 1 else f"Add, x{self.alpha}"


@dataclass(frozen=True)
class Multiply(Op):
    """Multiplies inputs of one shape, element by element."""

    family: ClassVar[Family] = "join"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def out_shape(self, *inputs: Shape) -> Shape:
        return _same_shape("multiply", inputs)

    def record(self, *inputs: Shape) -> Record:
        return Function("mul", variadic=False)


def _same_shape(verb: str, inputs: tuple[Shape, ...]) -> Shape:
    if any(shape != inputs[0] for shape in inputs):
        shapes = " and ".join(str(shape) for shape in dict.fromkeys(inputs))
        raise ExplorerError(f"inputs to {verb} must have the same shape, not {shapes}")
    return inputs[0]


def _sizes(inputs: tuple[Shape, ...]) -> str:
    return " and ".join(dict.fromkeys("x".join(map(str, shape[1:])) or "a vector" for shape in inputs))
