"""Rewrites on convolutions: taken out, stacked, factorised, dilated, grouped, separated, normalised."""

from __future__ import annotations

from dataclasses import replace
from math import gcd

from explorer.edits.rewrites.rewrite import Edits, Value, activation, in_place, unit
from explorer.graph.graph import Node
from explorer.graph.ops import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Linear,
    MaxPool2d,
    Padding,
    Pair,
    completes,
    is_norm,
    is_pointwise,
    is_spatial,
    pair,
)
from explorer.graph.wiring import Wiring


def no_reduction(graph: Wiring, node: Node, value: Value) -> Edits:
    """Takes the 1x1 reductions and the pool projection out: the naive module (Szegedy et al. 2015,
    figure 2a).

    Given   x -> 1x1 (-> bn) -> relu -> kxk         and  x -> pool -> 1x1 (-> bn) -> relu -> concat
    Result  x -> kxk                                and  x -> pool -> concat

    The 1x1 must start one of several branches at `x`, or end a pool's branch at a concat. If it
    carries a stride, its neighbour takes it over.
    """
    if not is_pointwise(node.op):
        return {}
    links = unit(graph, node)
    followers = graph.consumers[links[-1].name]
    if len(followers) != 1:
        return {}
    source, follower = graph.by_name[node.inputs[0]], followers[0]
    gone: dict[str, tuple[Node, ...]] = {link.name: () for link in links}
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


def pool_project_3x3(graph: Wiring, node: Node, value: Value) -> Edits:
    """The projection behind a branch's pool looks at 3x3 (source 004, section 2.3, step 2).

    Given   x -> pool -> 1x1 (c) (-> bn) -> relu -> concat
    Result  x -> pool -> 3x3 (c) (-> bn) -> relu -> concat
    """
    if not is_pointwise(node.op):
        return {}
    source = graph.by_name[node.inputs[0]]
    followers = graph.consumers[unit(graph, node)[-1].name]
    behind_pool = isinstance(source.op, MaxPool2d | AvgPool2d) and len(graph.consumers[source.name]) == 1
    if not behind_pool or len(followers) != 1 or not isinstance(followers[0].op, Concat):
        return {}
    padding: Padding = "same" if node.op.padding == "same" else pair(1)
    return {node.name: (Node(node.name, replace(node.op, kernel_size=pair(3), padding=padding), node.inputs),)}


def dilate(graph: Wiring, node: Node, value: Value) -> Edits:
    """A dilated 3x3 for a 5x5: the same field with 9 of 25 weights (Yu and Koltun 2016, section 2).

    Given   x -> conv 5x5 (c)
    Result  x -> conv 3x3 with twice the dilation (c)
    """
    op = node.op
    if not isinstance(op, Conv2d) or op.kernel_size != (5, 5):
        return {}
    dilated = replace(op, kernel_size=pair(3), dilation=(2 * op.dilation[0], 2 * op.dilation[1]))
    return {node.name: (Node(node.name, dilated, node.inputs),)}


def stack_5x5(graph: Wiring, node: Node, value: Value) -> Edits:
    """Two 3x3 for a 5x5: the same field, a nonlinearity more (Szegedy et al. 2016, section 3.1).

    Given   x -> conv 5x5 (c)
    Result  x -> conv_1 3x3 (c) -> conv_1_relu -> conv 3x3 (c)

    The width between the two is the 5x5's own, as BN-Inception has it, and the nonlinearity is the one
    behind it, a ReLU where there is none. The stride stays with the second; an explicit padding is
    shared out, the dilation is kept.
    """
    op = node.op
    if not isinstance(op, Conv2d) or op.kernel_size != (5, 5):
        return {}
    first, second = _halves(op.padding)
    kind, between = activation(graph, node)
    stacked = replace(op, kernel_size=pair(3))
    return in_place(
        node,
        (f"{node.name}_1", replace(stacked, stride=(1, 1), padding=first)),
        (f"{node.name}_1_{kind}", between),
        (node.name, replace(stacked, padding=second)),
    )


def _halves(padding: Padding) -> tuple[Padding, Padding]:
    if padding == "same":
        return "same", "same"
    height, width = padding
    return (height - height // 2, width - width // 2), (height // 2, width // 2)


def factorize(graph: Wiring, node: Node, value: Value) -> Edits:
    """1xn and nx1 for nxn (Szegedy et al. 2016, section 3.2).

    Given   x -> conv nxn (c)
    Result  x -> conv_1xn 1xn (c) -> conv_1xn_relu -> conv nx1 (c)

    Stride, padding and dilation go with their axis; the nonlinearity is the convolution's own.
    """
    op = node.op
    if not isinstance(op, Conv2d) or op.kernel_size[0] != op.kernel_size[1] or op.kernel_size == (1, 1):
        return {}
    n, name = op.kernel_size[0], f"{node.name}_1x{op.kernel_size[0]}"
    rows: Padding = "same" if op.padding == "same" else (op.padding[0], 0)
    columns: Padding = "same" if op.padding == "same" else (0, op.padding[1])
    across = replace(op, kernel_size=(1, n), stride=(1, op.stride[1]), padding=columns, dilation=(1, op.dilation[1]))
    down = replace(op, kernel_size=(n, 1), stride=(op.stride[0], 1), padding=rows, dilation=(op.dilation[0], 1))
    kind, between = activation(graph, node)
    return in_place(node, (name, across), (f"{name}_{kind}", between), (node.name, down))


def grouped(graph: Wiring, node: Node, value: Value) -> Edits:
    """A convolution split into independent groups of channels (Xie et al. 2017, section 3; Chollet
    2017, section 1.1, for the way from one group to one a channel).

    Given   x (c) -> conv kxk (d)
    Result  x (c) -> conv kxk (d) in g groups

    Groups must divide both c and d: g is the largest number that does and is not above the one asked
    for. Asked for enough, it is one group a channel where c = d.
    """
    op = node.op
    if not is_spatial(op) or op.groups > 1 or node.name not in graph.shapes:
        return {}
    assert isinstance(value, int)
    common = gcd(graph.shapes[node.inputs[0]][0], op.out_channels)
    groups = next(g for g in range(min(value, common), 0, -1) if common % g == 0)
    return {node.name: (Node(node.name, replace(op, groups=groups), node.inputs),)} if groups > 1 else {}


def batch_norm(graph: Wiring, node: Node, value: Value) -> Edits:
    """BN behind a layer, before its nonlinearity; the bias goes, for BN's shift does its work
    (Ioffe and Szegedy 2015, section 3.2).

    Given   x -> conv with bias (-> bn) -> y        and  x -> linear -> activation
    Result  x -> conv without bias -> conv_bn -> y  and  x -> linear -> linear_bn -> activation

    A layer that has its BN already only loses the bias. The two halves of a separable convolution
    share one BN, and class scores have none.
    """
    op, followers = node.op, graph.consumers[node.name]
    only = followers[0].op if len(followers) == 1 else None
    if isinstance(op, Linear):
        if only is None or not completes(only):
            return {}
    elif not isinstance(op, Conv2d | DepthwiseConv2d) or (
        isinstance(op, DepthwiseConv2d) and only is not None and is_pointwise(only)
    ):
        return {}
    plain = Node(node.name, replace(op, bias=False), node.inputs)
    if only is not None and is_norm(only):
        return {node.name: (plain,)} if op.bias else {}
    norm = BatchNorm1d() if isinstance(op, Linear) else BatchNorm2d()
    return {node.name: (plain, Node(f"{node.name}_bn", norm, (node.name,)))}


def no_batch_norm(graph: Wiring, node: Node, value: Value) -> Edits:
    """BN taken out, and its shift given back to the layer as a bias: what a network is once its BN has been folded
    into its layers (Ioffe and Szegedy 2015, section 3.1), or was before it had any.

    Given   x -> conv without bias -> bn -> y       and  x -> bn -> y
    Result  x -> conv with bias -> y                and  x -> y
    """
    followers = graph.consumers[node.name]
    if isinstance(node.op, _WITH_BIAS):
        if len(followers) != 1 or not is_norm(followers[0].op):
            return {}
        return {node.name: (Node(node.name, replace(node.op, bias=True), node.inputs),), followers[0].name: ()}
    if not is_norm(node.op):
        return {}
    (source,) = node.inputs
    is_a_layers = isinstance(graph.by_name[source].op, _WITH_BIAS) and len(graph.consumers[source]) == 1
    return {} if is_a_layers else {node.name: ()}


_WITH_BIAS = (Conv2d, DepthwiseConv2d, Linear)


def separable(graph: Wiring, node: Node, value: Value) -> Edits:
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
    return in_place(node, (f"{node.name}_depthwise", depthwise), (node.name, pointwise))
