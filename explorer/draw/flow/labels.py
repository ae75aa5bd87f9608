"""What stands beside a layer, and how large its box is."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Literal, NamedTuple

from explorer.analysis.chains import Layer
from explorer.common import formats
from explorer.graph.formula import formula, remember
from explorer.graph.ops import AvgPool2d, Conv2d, DepthwiseConv2d, MaxPool2d, Op, Pair, Shape
from explorer.graph.trace import Totals

Area = Literal["params", "macs", "activations"]
AREAS: tuple[Area, ...] = ("params", "macs", "activations")
"""What the area of a box may stand for."""

Piece = tuple[str, str]
Line = tuple[Piece, ...]


class Size(NamedTuple):
    """A box: its filters, and what each of them costs."""

    filters: int
    each: float


def size(layer: Layer, area: Area) -> Size | None:
    """The box of a layer: as wide as it has filters, as high as each of them costs, so that its area is what the
    layer costs, its bias aside. None for what has no weights.
    """
    row, op = layer.first, layer.first.op
    if op.family not in ("convolution", "depthwise", "linear"):
        return None
    filters = row.out_shape[0]
    if area == "macs":
        return Size(filters, row.macs / filters)
    if area == "activations":
        return Size(filters, float(prod(row.out_shape[1:])))
    bias = filters if getattr(op, "bias", False) else 0
    return Size(filters, (row.params - bias) / filters)


def cost(totals: Totals, area: Area) -> int:
    """The number that an area stands for."""
    return {"params": totals.params, "macs": totals.macs, "activations": totals.activations}[area]


def written(value: int, area: Area) -> str:
    """Such a number, as it is written."""
    return formats.number(value) if area == "params" else formats.short(value)


def style(op: Op) -> str:
    """What a box is painted as."""
    if isinstance(op, Conv2d):
        side = max(op.kernel_size)
        return "kernel1" if side == 1 else "kernel3" if side <= 3 else "kernel5"
    return op.family if op.family in ("depthwise", "linear", "pool") else "plain"


def kind(op: Op) -> str:
    """A layer in a word or two: `3×3`, `depthwise 3×3`, `3×3 max pool`."""
    if isinstance(op, Conv2d | DepthwiseConv2d):
        depthwise = "depthwise " if isinstance(op, DepthwiseConv2d) else ""
        dilation = f", dilation {_times(op.dilation)}" if op.dilation != (1, 1) else ""
        groups = f", {op.groups} groups" if isinstance(op, Conv2d) and op.groups > 1 else ""
        return f"{depthwise}{_sides(op.kernel_size)}{_stride(op.stride)}{dilation}{groups}"
    if isinstance(op, MaxPool2d | AvgPool2d):
        name = "max" if isinstance(op, MaxPool2d) else "average"
        return f"{_sides(op.kernel_size)} {name} pool{_stride(op.stride)}"
    return _WORDS.get(type(op).__name__, op.describe())


_WORDS = {
    "Linear": "linear",
    "GlobalAvgPool2d": "global average pool",
    "GlobalMaxPool2d": "global max pool",
    "Add": "add",
    "Multiply": "multiply",
    "Concat": "concat",
    "Gate": "gate",
    "Flatten": "flatten",
}


def _sides(window: Pair) -> str:
    return f"{window[0]}×{window[1]}"


def _times(steps: Pair) -> str:
    return str(steps[0]) if steps[0] == steps[1] else _sides(steps)


def _stride(stride: Pair) -> str:
    return "" if stride == (1, 1) else f", stride {_times(stride)}"


class Label(NamedTuple):
    """The words at a layer with weights.

    Args:
        kind: what it is.
        filters: how many it has.
        number: what it costs.
        difference: by how much that changed; empty where it did not.
        arithmetic: how the number was made.
    """

    kind: str
    filters: int
    number: str
    difference: str
    arithmetic: str

    def lines(self, most: int) -> tuple[Line, ...]:
        """In three lines, in two, without the arithmetic, or in one."""
        filters = f" · {formats.number(self.filters)}{' filters' if most == 3 else ''}"
        title: Line = ((self.kind, "strong"), (filters, "plain"))
        difference: Line = ((f" {self.difference}", "changed"),) if self.difference else ()
        number: Line = ((self.number, "strong"), *difference)
        if most == 1:
            return ((*title, (" ", "plain"), *number),)
        return (
            (title, number, ((self.arithmetic, "plain small"),)) if most == 3 and self.arithmetic else (title, number)
        )

    def under(self) -> tuple[Line, ...]:
        """In short lines, to stand under a box."""
        title: Line = ((self.kind, "strong"), (f" · {formats.number(self.filters)}", "plain"))
        lines: tuple[Line, ...] = (title, ((self.number, "strong"),))
        return (*lines, ((self.difference, "changed"),)) if self.difference else lines


def label(layer: Layer, area: Area, original: Layer | None, *, compares: bool) -> Label:
    """What stands beside a layer with weights.

    Args:
        layer: the layer.
        area: which of its numbers.
        original: the same layer in the original; None where there is none.
        compares: whether there is an original at all.
    """
    now = cost(layer.totals, area)
    return Label(
        kind(layer.first.op),
        layer.first.out_shape[0],
        written(now, area),
        difference(now, None if original is None else cost(original.totals, area), area) if compares else "",
        arithmetic(layer, area),
    )


def difference(now: int, before: int | None, area: Area) -> str:
    """By how much a number changed, signed; `new` where there was none."""
    if before is None:
        return "new"
    if now == before:
        return ""
    return f"{'+' if now > before else '−'}{written(abs(now - before), area)}"


def arithmetic(layer: Layer, area: Area) -> str:
    """How the number was made: `(3·3·96 + 1)·128`, a term for each of the layer's nodes that counts."""
    if area == "activations":
        shape = "·".join(map(str, layer.first.out_shape))
        return f"{len(layer.rows)}·{shape}" if layer.rows[1:] else shape
    terms = [_term(row.op, row.in_shapes, row.out_shape, area) for row in layer.rows if row.op.counted]
    return " + ".join(term for term in terms if term != "0")


# While a hand moves one width, most layers stay what they are.
@lru_cache(maxsize=8192)
def _term(op: Op, in_shapes: tuple[Shape, ...], out_shape: Shape, area: Area) -> str:
    count = remember(op).params(*remember(in_shapes)) if area == "params" else 0
    if area == "macs":
        count = remember(op).macs(remember(out_shape), *remember(in_shapes))
    return formula(count).replace("*", "·")
