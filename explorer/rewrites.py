"""Verbs: functions from graph to graph, each a local edit at every node that it matches.

A verb's expansion keeps the name of the node that carries on its role, so that before and after
line up, and names its helpers after it: `conv_1`, `conv_1_relu`, `conv_bn`, `conv_depthwise`. The
input graph is left alone; a verb that matches nothing returns an equal graph. Whatever order they
are asked for in, verbs are applied in the order of `VERBS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from explorer.graph import Graph, Node, prefixes, under
from explorer.ops import (
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    MaxPool2d,
    Padding,
    Pair,
    ReLU,
    is_pointwise,
    is_spatial,
    pair,
)
from explorer.suggest import unknown

Edits = Mapping[str, tuple[Node, ...]]
"""Node names and what takes each one's place; see `Graph.replace`."""


class Verb(NamedTuple):
    """A rewrite that can be switched on.

    Args:
        id: how a command line and a URL call it.
        title: how a page calls it.
        summary: what it does and what it is good for, in a sentence.
        expand: the edits at one node; empty where the verb does not apply.
    """

    id: str
    title: str
    summary: str
    expand: Callable[[Graph, Node], Edits]


def _no_reduction(graph: Graph, node: Node) -> Edits:
    """Takes the 1x1 reductions and the pool projection out: the naive module (Szegedy et al. 2015,
    figure 2a).

    Given   x -> 1x1 (-> bn) -> relu -> kxk         and  x -> pool -> 1x1 (-> bn) -> relu -> concat
    Result  x -> kxk                                and  x -> pool -> concat

    The 1x1 must start one of several branches at `x`, or end a pool's branch at a concat. If it
    carries a stride, its neighbour takes it over.
    """
    if not is_pointwise(node.op):
        return {}
    chain = _unit(graph, node)
    followers = graph.consumers[chain[-1].name]
    if len(followers) != 1:
        return {}
    source, follower = graph.by_name[node.inputs[0]], followers[0]
    gone: dict[str, tuple[Node, ...]] = {link.name: () for link in chain}
    branches = len(graph.consumers[source.name]) > 1
    if branches and is_spatial(follower.op):
        return {**gone, **_with_stride(follower, node.op.stride)}
    # A pool that feeds several branches stands before the module, and its 1x1 branch is no projection.
    if not branches and isinstance(source.op, MaxPool2d | AvgPool2d) and isinstance(follower.op, Concat):
        return {**gone, **_with_stride(source, node.op.stride)}
    return {}


def _with_stride(node: Node, factor: Pair) -> Edits:
    if factor == (1, 1):
        return {}
    assert isinstance(node.op, Conv2d | MaxPool2d | AvgPool2d)
    stride = (node.op.stride[0] * factor[0], node.op.stride[1] * factor[1])
    return {node.name: (Node(node.name, replace(node.op, stride=stride), node.inputs),)}


def _unit(graph: Graph, node: Node) -> list[Node]:
    """The node and the normalisation and activation that only it feeds."""
    chain = [node]
    while True:
        followers = graph.consumers[chain[-1].name]
        if len(followers) != 1 or not isinstance(followers[0].op, BatchNorm2d | ReLU):
            return chain
        chain.append(followers[0])


def _stack_5x5(graph: Graph, node: Node) -> Edits:
    """Two 3x3 for a 5x5: the same field, a nonlinearity more (Szegedy et al. 2016, section 3.1).

    Given   x -> conv 5x5 (c)
    Result  x -> conv_1 3x3 (c) -> conv_1_relu -> conv 3x3 (c)

    The width between the two is the 5x5's own, as BN-Inception has it. The stride stays with the
    second; an explicit padding is shared out, the dilation is kept.
    """
    op = node.op
    if not isinstance(op, Conv2d) or op.kernel_size != (5, 5):
        return {}
    first, second = _halves(op.padding)
    stacked = replace(op, kernel_size=pair(3))
    return _chain(
        node,
        (f"{node.name}_1", replace(stacked, stride=(1, 1), padding=first)),
        (f"{node.name}_1_relu", ReLU()),
        (node.name, replace(stacked, padding=second)),
    )


def _halves(padding: Padding) -> tuple[Padding, Padding]:
    if padding == "same":
        return "same", "same"
    height, width = padding
    return (height - height // 2, width - width // 2), (height // 2, width // 2)


def _factorize(graph: Graph, node: Node) -> Edits:
    """1xn and nx1 for nxn (Szegedy et al. 2016, section 3.2).

    Given   x -> conv nxn (c)
    Result  x -> conv_1xn 1xn (c) -> conv_1xn_relu -> conv nx1 (c)

    Stride, padding and dilation go with their axis.
    """
    op = node.op
    if not isinstance(op, Conv2d) or op.kernel_size[0] != op.kernel_size[1] or op.kernel_size == (1, 1):
        return {}
    n, name = op.kernel_size[0], f"{node.name}_1x{op.kernel_size[0]}"
    rows: Padding = "same" if op.padding == "same" else (op.padding[0], 0)
    columns: Padding = "same" if op.padding == "same" else (0, op.padding[1])
    across = replace(op, kernel_size=(1, n), stride=(1, op.stride[1]), padding=columns, dilation=(1, op.dilation[1]))
    down = replace(op, kernel_size=(n, 1), stride=(op.stride[0], 1), padding=rows, dilation=(op.dilation[0], 1))
    return _chain(node, (name, across), (f"{name}_relu", ReLU()), (node.name, down))


def _batch_norm(graph: Graph, node: Node) -> Edits:
    """BN behind a convolution, before its nonlinearity; the bias goes, for BN's shift does its work
    (Ioffe and Szegedy 2015, section 3.2).

    Given   x -> conv with bias (-> bn) -> y
    Result  x -> conv without bias -> conv_bn -> y

    A convolution that has its BN already only loses the bias.
    """
    op = node.op
    if not isinstance(op, Conv2d | DepthwiseConv2d):
        return {}
    plain = Node(node.name, replace(op, bias=False), node.inputs)
    followers = graph.consumers[node.name]
    if len(followers) == 1 and isinstance(followers[0].op, BatchNorm2d):
        return {node.name: (plain,)} if op.bias else {}
    return {node.name: (plain, Node(f"{node.name}_bn", BatchNorm2d(), (node.name,)))}


def _separable(graph: Graph, node: Node) -> Edits:
    """Depthwise and pointwise for a full kxk: space and channels apart (Chollet 2017, section 1.2).

    Given   x -> conv kxk (c)
    Result  x -> conv_depthwise kxk, one filter a channel -> conv 1x1 (c)

    Nothing stands between the two, and only the pointwise half keeps the bias.
    """
    op = node.op
    if not is_spatial(op) or op.groups > 1:
        return {}
    depthwise = DepthwiseConv2d(op.kernel_size, op.stride, op.padding, op.dilation, bias=False)
    pointwise = Conv2d(op.out_channels, pair(1), bias=op.bias)
    return _chain(node, (f"{node.name}_depthwise", depthwise), (node.name, pointwise))


def _chain(node: Node, *links: tuple[str, Conv2d | DepthwiseConv2d | ReLU]) -> Edits:
    """One node replaced by several in a row."""
    nodes: list[Node] = []
    for name, op in links:
        nodes.append(Node(name, op, (nodes[-1].name,) if nodes else node.inputs))
    return {node.name: tuple(nodes)}


VERBS: dict[str, Verb] = {
    verb.id: verb
    for verb in (
        Verb(
            "no_reduction",
            "No 1x1 reductions",
            "The naive module: its 1x1 reductions and its pool projection taken out.",
            _no_reduction,
        ),
        Verb("stack_5x5", "5x5 as two 3x3", "Each 5x5 convolution becomes two of 3x3 with a ReLU between.", _stack_5x5),
        Verb("factorize", "n x n as 1 x n, n x 1", "Each square convolution becomes a row and a column.", _factorize),
        Verb(
            "batch_norm",
            "Batch norm",
            "Every convolution is followed by batch normalisation and loses its bias.",
            _batch_norm,
        ),
        Verb(
            "separable",
            "Separable convolutions",
            "Each k x k convolution becomes a depthwise k x k and a pointwise 1x1.",
            _separable,
        ),
    )
}
"""In the order in which they are applied: first what removes convolutions, then what splits them,
then BN behind each piece, last the separable form, whose two halves share one BN.
"""


class Rewrite(NamedTuple):
    """A verb and the prefix that it is kept to (the whole network where empty)."""

    verb: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"{self.verb}@{self.prefix}" if self.prefix else self.verb


def in_order(rewrites: Iterable[Rewrite]) -> tuple[Rewrite, ...]:
    """The rewrites without repetition, in the order in which they apply."""
    order = {verb: place for place, verb in enumerate(VERBS)}
    return tuple(sorted(dict.fromkeys(rewrites), key=lambda rewrite: (order[rewrite.verb], rewrite.prefix)))


def apply(graph: Graph, rewrites: Iterable[Rewrite]) -> Graph:
    """Applies verbs, each to every node under its prefix, in the order of `VERBS`.

    Args:
        graph: left unchanged.
        rewrites: in any order.

    Raises:
        ExplorerError: no such verb, no such prefix in `graph`.
    """
    rewrites = tuple(rewrites)
    for verb, prefix in rewrites:
        if verb not in VERBS:
            raise unknown("rewrite", verb, VERBS)
        _require_prefix(graph, prefix)
    for verb, prefix in in_order(rewrites):
        edits: dict[str, tuple[Node, ...]] = {}
        for node in graph.nodes:
            if under(prefix, node.name):
                edits |= VERBS[verb].expand(graph, node)
        graph = graph.replace(edits)
    return graph


def _require_prefix(graph: Graph, prefix: str) -> None:
    names = [node.name for node in graph.nodes]
    if not any(under(prefix, name) for name in names):
        raise unknown("module", prefix, [name for name in prefixes(names) if name != "input"], most=20)
