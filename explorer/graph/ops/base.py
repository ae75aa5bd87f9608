"""What an op is: a frozen value with the rules for shape, cost, window and torch layers.

Shapes are `(channels, height, width)` for maps and `(features,)` for vectors, without the batch.
Pairs are `(height, width)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from explorer.common.errors import ExplorerError

Shape = tuple[int, ...]
Pair = tuple[int, int]
Argument = int | float | bool | Pair | tuple[int, int, int, int]
Family = Literal[
    "convolution", "depthwise", "pool", "join", "normalisation", "linear", "activation", "dropout", "other"
]
"""What kind of op it is, for whoever treats all of a kind alike."""


class Window(NamedTuple):
    """The sliding window of an op on one map, every field a `(height, width)` pair."""

    kernel_size: Pair
    stride: Pair
    before: Pair
    """Padding above and left of the map."""
    after: Pair
    """Padding below and right of the map; differs from `before` where TF "same" is asymmetric."""
    dilation: Pair
    out_size: Pair
    """Size of the map that it makes."""


class Layer(NamedTuple):
    """One `torch.nn` layer: its class name and arguments. The module is built from this record and
    the exported source is printed from it.
    """

    kind: str
    args: tuple[Argument, ...] = ()
    kwargs: tuple[tuple[str, Argument], ...] = ()


class Function(NamedTuple):
    """One `torch` function over all inputs of a node.

    A variadic function takes its inputs as one list (`torch.cat([a, b])`). Any other is applied to
    one input by itself, to several pair by pair from the left (`torch.add(torch.add(a, b), c)`).
    """

    name: str
    variadic: bool
    kwargs: tuple[tuple[str, Argument], ...] = ()


Record = tuple[Layer, ...] | Function


@dataclass(frozen=True)
class Op:
    """An operation of a network. The defaults describe an element-wise op such as ReLU: the shape
    of its input, nothing to count, a 1x1 window.

    What kind of op it is stands on its class, as its `family`; `counted` and `elementwise` follow from the
    rules that the class has of its own.
    """

    family: ClassVar[Family] = "other"
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int | None] = 1
    """None for any number."""
    whole_image: ClassVar[bool] = False
    """Whether one output element sees the whole map, as behind global pooling."""
    elementwise: ClassVar[bool] = False
    """Whether it works on each value by itself, with nothing to count: one input, same shape, same
    field. Derived."""
    counted: ClassVar[bool] = False
    """Whether it has anything to count: parameters, statistics or MACs. Derived."""

    def __init_subclass__(cls) -> None:
        """Derives what follows from the rules that a class has of its own."""
        cls.counted = _overrides(cls, "params", "statistics", "macs")
        cls.elementwise = cls.min_inputs == cls.max_inputs == 1 and not (
            cls.counted or cls.whole_image or _overrides(cls, "out_shape", "window")
        )

    # The counting rules are plain arithmetic with `*`, `+` and `//` on plain numbers: a formula is
    # the same rule run on numbers that remember (see `explorer.graph.formula`).

    def out_shape(self, *inputs: Shape) -> Shape:
        """Shape of the output.

        Raises:
            ExplorerError: the cause, when the inputs do not suit the op.
        """
        return inputs[0]

    def params(self, *inputs: Shape) -> int:
        """Trainable values: weights, biases, BN scale and shift."""
        return 0

    def statistics(self, *inputs: Shape) -> int:
        """Values kept but not trained: BN running mean and variance."""
        return 0

    def macs(self, out_shape: Shape, *inputs: Shape) -> int:
        """Multiply-adds of convolutions and linear layers, bias excluded."""
        return 0

    def window(self, shape: Shape) -> Window | None:
        """The sliding window on a map of this shape; None for element-wise ops (1x1)."""
        return None

    def record(self, *inputs: Shape) -> Record:
        """The torch layers or function that compute this op on these inputs."""
        raise NotImplementedError

    @property
    def suffix(self) -> str:
        """The end of the name of a node that completes a layer: `relu`, `bn`."""
        return type(self).__name__.lower()

    def describe(self) -> str:
        """A few words for a diagram or a table: `Conv 5x5, 32`."""
        return type(self).__name__


def _overrides(cls: type[Op], *rules: str) -> bool:
    return any(getattr(cls, rule) is not getattr(Op, rule) for rule in rules)


def is_norm(op: Op) -> bool:
    """Whether it normalises, and then scales and shifts by trained values, as BN does: a bias before it has
    nothing to do.
    """
    return op.family == "normalisation" and op.counted


def is_activation(op: Op) -> bool:
    """Whether it is a nonlinearity, value by value."""
    return op.family == "activation"


def completes(op: Op) -> bool:
    """Whether it belongs to the layer that it follows: its normalisation, its activation."""
    return is_norm(op) or is_activation(op)


@dataclass(frozen=True)
class Input(Op):
    """The image that enters the network."""

    min_inputs: ClassVar[int] = 0
    max_inputs: ClassVar[int | None] = 0

    shape: Shape

    def out_shape(self, *inputs: Shape) -> Shape:
        return self.shape


def pair(size: int) -> Pair:
    """A square `(height, width)` pair."""
    return (size, size)


def text(size: Pair) -> str:
    """A pair as people write it: `3x3`, `1x7`."""
    return f"{size[0]}x{size[1]}"


def require_map(shape: Shape) -> None:
    """Raises ExplorerError unless the shape is `(channels, height, width)`."""
    if len(shape) != 3:
        raise ExplorerError(f"it takes a map (channels, height, width), not a vector of {shape[0]} features")


def require_positive(**values: int | Pair) -> None:
    """Raises ExplorerError, with name and value, for any number below 1."""
    for name, value in values.items():
        if (min(value) if isinstance(value, tuple) else value) < 1:
            raise ExplorerError(f"{name} is {value}: it must be at least 1")


_POOL: Mapping[str, Argument] = {"padding": 0, "ceil_mode": False}
DEFAULTS: Mapping[str, Mapping[str, Argument]] = {
    "Conv2d": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True},
    "Linear": {"bias": True},
    "BatchNorm1d": {"eps": 1e-5},
    "BatchNorm2d": {"eps": 1e-5},
    "LocalResponseNorm": {"alpha": 1e-4, "beta": 0.75, "k": 1.0},
    "MaxPool2d": _POOL,
    "AvgPool2d": {**_POOL, "count_include_pad": True},
}
"""torch's own values of the arguments that a record may leave out, by layer."""


def options(kind: str, **values: Argument) -> tuple[tuple[str, Argument], ...]:
    """Keyword arguments of a layer that differ from torch's defaults. Square pairs are written as one
    number, as torch users do.
    """
    written = {name: squeeze(value) for name, value in values.items()}
    return tuple((name, value) for name, value in written.items() if value != DEFAULTS[kind][name])


def squeeze(value: Argument) -> Argument:
    """`(3, 3)` as `3`; anything else unchanged."""
    return value[0] if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1] else value
