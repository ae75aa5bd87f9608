"""Values of single layers, changed one by one: `branch5x5.conv.kernel_size=7`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.lookup import unknown_name
from explorer.graph.graph import Graph, Node
from explorer.graph.ops import (
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Linear,
    MaxPool2d,
    Multiply,
    Op,
    Pair,
    is_activation,
    pair,
)

Value = int | str

KINDS: Mapping[str, Op] = {
    "max": MaxPool2d(pair(1)),
    "avg": AvgPool2d(pair(1)),
    "concat": Concat(),
    "add": Add(),
    "multiply": Multiply(),
}
"""What a pool or a join can be, by the word for it; a pool keeps its window."""
_WORDS = {type(kind): word for word, kind in KINDS.items()}
POOLS, JOINS = (MaxPool2d, AvgPool2d), (Concat, Add, Multiply)
_WINDOWED = (Conv2d, DepthwiseConv2d, *POOLS)
_SIZES = ("kernel_size", "stride", "dilation")
_PAIR = re.compile(r"(\d{1,4})x(\d{1,4})")


class Field(NamedTuple):
    """A value of a layer that can be changed.

    Args:
        ops: the ops that have it.
        parse: text or number to the value as it is written.
        help: what it is, in a sentence.
    """

    ops: tuple[type[Op], ...]
    parse: Callable[[str, object], Value]
    help: str


def _number(most: int) -> Callable[[str, object], Value]:
    return lambda name, value: limits.whole_number(name, value, 1, most)


def _size(name: str, value: object) -> Value:
    """A side, or two as `1x7`; a square is written as its side."""
    match = _PAIR.fullmatch(value) if isinstance(value, str) else None
    try:
        written = match.groups() if match else (value,)
        sides = [limits.whole_number(name, side, 1, limits.MAX_WINDOW) for side in written]
    except ExplorerError as error:
        raise ExplorerError(f"{error}, or two such as 1x7") from None
    return _written((sides[0], sides[-1]))


def _kind(name: str, value: object) -> Value:
    if not isinstance(value, str) or value not in KINDS:
        raise ExplorerError(f"{name} is {quoted(value)}: it must be one of {', '.join(KINDS)}")
    return value


FIELDS: Mapping[str, Field] = {
    "out_channels": Field((Conv2d,), _number(limits.MAX_LAYER_WIDTH), "filters of the convolution"),
    "out_features": Field((Linear,), _number(limits.MAX_LAYER_WIDTH), "features that the linear layer makes"),
    "kernel_size": Field(_WINDOWED, _size, "side of the window; the padding follows, so that the map keeps its size"),
    "stride": Field(_WINDOWED, _size, "steps of the window; 2 halves the map"),
    "dilation": Field((Conv2d, DepthwiseConv2d), _size, "distance between neighbouring weights; 1 for no holes"),
    "groups": Field((Conv2d,), _number(limits.MAX_CHANNELS), "independent convolutions that the channels are split to"),
    "depth_multiplier": Field((DepthwiseConv2d,), _number(64), "filters for each channel"),
    "kind": Field((*POOLS, *JOINS), _kind, "max or avg for a pool; concat, add or multiply for a join"),
}
"""Everything that can be changed in a layer."""

WIDTHS = ("out_channels", "out_features")
"""The values of layers that are widths."""


def fields(op: Op) -> dict[str, Value]:
    """What can be changed in a layer, with its value as it is written."""
    return {
        name: _WORDS[type(op)] if name == "kind" else _written(getattr(op, name))
        for name, field in FIELDS.items()
        if isinstance(op, field.ops)
    }


def kinds(op: Op) -> tuple[str, ...]:
    """What a pool or a join can become, itself among them."""
    family = POOLS if isinstance(op, POOLS) else JOINS
    return tuple(word for word, kind in KINDS.items() if isinstance(kind, family))


def _written(value: int | Pair) -> Value:
    if isinstance(value, int):
        return value
    return value[0] if value[0] == value[1] else f"{value[0]}x{value[1]}"


def parse_value(key: str, value: object) -> Value | None:
    """The value of `NODE.FIELD` as it is written; None where the key names no field.

    Raises:
        ExplorerError: the field does not take the value.
    """
    node, _, name = key.rpartition(".")
    return FIELDS[name].parse(key, value) if node and name in FIELDS else None


def with_values(graph: Graph, values: Iterable[tuple[str, Value]]) -> Graph:
    """The graph with values of some layers changed.

    Raises:
        ExplorerError: there is no such layer, or it has no such value.
    """
    wanted: dict[str, dict[str, Value]] = {}
    nodes: dict[str, Node] = {}
    for key, value in values:
        name, _, field = key.rpartition(".")
        node = nodes[name] = layer(graph, name)
        if field not in FIELDS or not isinstance(node.op, FIELDS[field].ops):
            raise unknown_name(f"value of {name} ({type(node.op).__name__}) called", field, fields(node.op))
        wanted.setdefault(name, {})[field] = value
    return graph.replace({name: (_changed(nodes[name], values),) for name, values in wanted.items()})


def _changed(node: Node, values: Mapping[str, Value]) -> Node:
    """The layer with all of its values at once: the padding follows the window and the dilation together."""
    plain = {name: value for name, value in values.items() if name not in ("kind", *_SIZES)}
    sizes = {name: _pair(value) for name, value in values.items() if name in _SIZES}
    try:
        op: Any = _of_kind(node.op, str(values["kind"])) if "kind" in values else node.op
        return node._replace(op=replace(_resized(op, sizes) if sizes else op, **plain))
    except ExplorerError as error:
        raise ExplorerError(f"{node.name} ({type(node.op).__name__}): {error}", node=node.name) from None


def _of_kind(op: Op, word: str) -> Op:
    if word not in kinds(op):
        raise ExplorerError(f"it can be {' or '.join(kinds(op))}, not {word}")
    made = KINDS[word]
    if type(made) is type(op):
        return op
    if isinstance(made, POOLS) and isinstance(op, POOLS):
        return replace(made, kernel_size=op.kernel_size, stride=op.stride, padding=op.padding)
    return made


def _pair(value: Value) -> Pair:
    if isinstance(value, int):
        return pair(value)
    height, width = value.split("x")
    return int(height), int(width)


def _resized(op: Any, sizes: Mapping[str, Pair]) -> Op:
    """The op with another window. Padding that kept the size of the map goes on keeping it."""
    changes: dict[str, Any] = {**sizes}
    if op.padding != "same" and ("kernel_size" in sizes or "dilation" in sizes):
        before = {"kernel_size": op.kernel_size, "dilation": getattr(op, "dilation", (1, 1))}
        after = {**before, **sizes}
        axes = zip(*before.values(), op.padding, after["kernel_size"], after["dilation"], strict=True)
        changes["padding"] = tuple(_padding(*axis) for axis in axes)
    made: Op = replace(op, **changes)
    return made


def _padding(old_kernel: int, old_dilation: int, old: int, kernel: int, dilation: int) -> int:
    keeps = 2 * old >= old_dilation * (old_kernel - 1)
    return dilation * (kernel - 1) // 2 if keeps else old


def layer(graph: Graph, name: str) -> Node:
    """The node of this name.

    Raises:
        ExplorerError: there is none.
    """
    node = graph.node(name)
    if node is None:
        raise unknown_name("layer", name, names(graph))
    return node


def names(graph: Graph) -> list[str]:
    """The layers that a person would name."""
    return [node.name for node in graph.nodes if not is_activation(node.op) and node.inputs]
