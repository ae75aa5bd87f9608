"""Layers and branches put in and taken out, one change after the other.

`-branch_pool` takes a layer or a branch out, `branch3x3.second:conv3x3:64@branch3x3.conv` puts a layer behind
another, and `branch_new.conv:conv1x1:64>concat` starts a branch that ends in a join.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.lookup import unknown_name
from explorer.edits.layers.values import JOINS, layer, names
from explorer.edits.rewrites.rewrite import row, unit
from explorer.graph.graph import Graph, Node, under
from explorer.graph.ops import AvgPool2d, Conv2d, DepthwiseConv2d, MaxPool2d, Op

_LAYER = re.compile(r"(conv|depthwise|maxpool|avgpool)(\d{1,3})x(\d{1,3})(?::(\d{1,9}))?")
_CHANGE = re.compile(r"([^:@>]+):([^@>]+)([@>])([^:@>]+)")
_PART = r"[A-Za-z][A-Za-z0-9_]{0,55}"
_NAME = re.compile(rf"{_PART}(\.{_PART})*")


class Change(NamedTuple):
    """One change of the structure.

    Args:
        name: of the layer or the branch.
        layer: `conv3x3`, `depthwise3x3`, `maxpool3x3` or `avgpool3x3`; empty where it is taken out.
        width: filters of a convolution.
        after: the layer that it is put behind.
        join: the join that a new branch ends in.
    """

    name: str
    layer: str = ""
    width: int | None = None
    after: str = ""
    join: str = ""

    def __str__(self) -> str:
        if not self.layer:
            return f"-{self.name}"
        width = "" if self.width is None else f":{self.width}"
        return f"{self.name}:{self.layer}{width}{f'@{self.after}' if self.after else f'>{self.join}'}"


def parse_change(value: object) -> Change:
    """`-NAME`, `NAME:LAYER@AFTER` or `NAME:LAYER>JOIN`, LAYER being `conv3x3:64` or `maxpool3x3`.

    Raises:
        ExplorerError: it is none of them.
    """
    if isinstance(value, Change):
        return value
    text = value if isinstance(value, str) else ""
    if text.startswith("-") and _NAME.fullmatch(text[1:]):
        return Change(text[1:])
    match = _CHANGE.fullmatch(text)
    if match is None or not _NAME.fullmatch(match[1]) or not _NAME.fullmatch(match[4]):
        raise ExplorerError(
            f"the change of layers is {quoted(value)}: it must be -NAME, NAME:LAYER@AFTER or NAME:LAYER>JOIN, "
            "such as branch3x3.second:conv3x3:64@branch3x3.conv"
        )
    layer, width = _parse_layer(match[2])
    return Change(match[1], layer, width, **{"after" if match[3] == "@" else "join": match[4]})


def _parse_layer(text: str) -> tuple[str, int | None]:
    match = _LAYER.fullmatch(text)
    if match is None or (match[1] == "conv") != (match[4] is not None):
        raise ExplorerError(
            f"the layer is {quoted(text)}: it must be conv3x3:64, depthwise3x3, maxpool3x3 or avgpool3x3, "
            "with any window and number of filters"
        )
    sides = [limits.whole_number("the side of the window", side, 1, limits.MAX_WINDOW) for side in match.groups()[1:3]]
    width = (
        None if match[4] is None else limits.whole_number("the number of filters", match[4], 1, limits.MAX_LAYER_WIDTH)
    )
    return f"{match[1]}{sides[0]}x{sides[1]}", width


def append_change(changes: Iterable[Change], change: Change, base: Graph) -> tuple[Change, ...]:
    """The changes with one behind them. What takes out only what was put in leaves no trace of either.

    Args:
        changes: so far.
        change: the new one.
        base: the network before any of them.
    """
    before = tuple(changes)
    kept = tuple(earlier for earlier in before if not (earlier.layer and under(change.name, earlier.name)))
    ours = {earlier.name for earlier in before} - {one.name for one in kept}
    is_undone = (
        not change.layer
        and ours
        and not any(under(change.name, name) for name in base.by_name)
        and not any(earlier.after in ours for earlier in kept)
    )
    return kept if is_undone else (*before, change)


def with_changes(graph: Graph, changes: Iterable[Change]) -> Graph:
    """The graph with layers taken out and put in, one change after the other.

    Raises:
        ExplorerError: a change names a layer that is not there, or a name that is taken, or leaves a join
            without branches.
    """
    for change in changes:
        graph = _added(graph, change) if change.layer else _removed(graph, change.name)
    return graph


def _added(graph: Graph, change: Change) -> Graph:
    if taken := next((name for name in graph.by_name if under(change.name, name) or under(name, change.name)), ""):
        raise ExplorerError(f"there is a layer {taken} already: a new one needs another name than {change.name}")
    if change.after:
        end = unit(graph, layer(graph, change.after))[-1]
        return graph.replace({end.name: (end, *_unit(graph, change, end.name))})
    join = layer(graph, change.join)
    if not isinstance(join.op, JOINS):
        raise ExplorerError(f"{join.name} ({type(join.op).__name__}) joins no branches: a branch ends in a join")
    made = _unit(graph, change, _fork(graph, join))
    return graph.replace({join.name: (*made, join._replace(inputs=(*join.inputs, made[-1].name)))})


def _fork(graph: Graph, join: Node) -> str:
    """Where the branches of a join begin; its only branch begins where its module does."""
    start = graph.by_name[graph.dominators[join.name]]
    if len(join.inputs) == 1:
        module = join.name.rpartition(".")[0]
        while len(start.inputs) == 1 and under(module, start.name) and len(graph.consumers[start.name]) == 1:
            start = graph.by_name[start.inputs[0]]
    return start.name


def _unit(graph: Graph, change: Change, source: str) -> tuple[Node, ...]:
    """The new layer with what stands behind the convolutions of this network: BN, an activation."""
    match = _LAYER.fullmatch(change.layer)
    assert match is not None
    window = (int(match[2]), int(match[3]))
    keep = (window[0] // 2, window[1] // 2)
    if match[1] in ("maxpool", "avgpool"):
        pool = {"maxpool": MaxPool2d, "avgpool": AvgPool2d}[match[1]]
        return row((source,), (change.name, pool(window, padding=keep)))
    model = next((node for node in graph.nodes if isinstance(node.op, Conv2d)), None)
    behind = [node.op for node in unit(graph, model)[1:]] if model else []
    bias = model is None or (isinstance(model.op, Conv2d) and model.op.bias)
    conv: Op = (
        Conv2d(change.width or 1, window, padding=keep, bias=bias)
        if match[1] == "conv"
        else DepthwiseConv2d(window, padding=keep, bias=bias)
    )
    links = [(change.name, conv), *((f"{change.name}_{op.suffix}", op) for op in behind)]
    return row((source,), *links)


def _removed(graph: Graph, name: str) -> Graph:
    if name in graph.by_name:
        node = layer(graph, name)
        if len(node.inputs) != 1:
            kind = type(node.op).__name__
            raise ExplorerError(f"{name} ({kind}) cannot be taken out: only a layer that reads one map can")
        return graph.replace({link.name: () for link in unit(graph, node)})
    branch = {node.name for node in graph.nodes if under(name, node.name)}
    if not branch:
        known = names(graph)
        raise unknown_name(
            "layer or branch",
            name,
            dict.fromkeys([*(layer_name.rpartition(".")[0] or layer_name for layer_name in known), *known]),
        )
    kept = tuple(
        node._replace(inputs=tuple(source for source in node.inputs if source not in branch))
        for node in graph.nodes
        if node.name not in branch
    )
    for node in kept:
        if not node.inputs and graph.by_name[node.name].inputs:
            raise ExplorerError(f"{name} cannot be taken out: nothing else feeds {node.name}")
    return Graph(kept, tuple(output for output in graph.outputs if output not in branch) or (kept[-1].name,))
