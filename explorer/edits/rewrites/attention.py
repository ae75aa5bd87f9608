"""Rewrites that put a gate behind a module."""

from __future__ import annotations

from collections.abc import Callable

from explorer.edits.rewrites.modules import is_module_end
from explorer.edits.rewrites.rewrite import Edits, Value, row
from explorer.graph.graph import Node
from explorer.graph.ops import (
    Add,
    ChannelMax,
    ChannelMean,
    Concat,
    ConcatColumns,
    Conv2d,
    Gate,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    ReLU,
    Sigmoid,
    SumColumns,
    pair,
)
from explorer.graph.wiring import Wiring


def squeeze_excite(graph: Wiring, node: Node, value: Value) -> Edits:
    """A gate for each channel, from the mean of all (Hu et al. 2018, section 3).

    Given   x -> branches -> join (c, h, w) -> y
    Result  x -> branches -> join -> join_se -> y,  where join_se multiplies join by
            join -> global average -> 1x1 (c / r) -> relu -> 1x1 (c) -> sigmoid

    In a residual module the gate stands on the branch, before the shortcut is added. No biases, as in
    the paper's count 2/r * c^2.
    """
    return _gated(graph, node, value, _channel_gate)


def _channel_gate(x: str, channels: int, reduction: int) -> tuple[Node, ...]:
    weights = row(
        (x,),
        (f"{x}_se_pool", GlobalAvgPool2d()),
        *_perceptron(f"{x}_se", channels, reduction),
        (f"{x}_se_sigmoid", Sigmoid()),
    )
    return *weights, Node(f"{x}_se", Gate(), (x, weights[-1].name))


def _perceptron(name: str, channels: int, reduction: int) -> tuple[tuple[str, Conv2d | ReLU], ...]:
    return (
        (f"{name}_reduce", Conv2d(max(1, channels // reduction), pair(1), bias=False)),
        (f"{name}_reduce_relu", ReLU()),
        (f"{name}_expand", Conv2d(channels, pair(1), bias=False)),
    )


def cbam(graph: Wiring, node: Node, value: Value) -> Edits:
    """A gate for each channel and then one for each place (Woo et al. 2018, section 3).

    Given   x -> branches -> join (c, h, w) -> y
    Result  x -> branches -> join -> join_channel -> join_spatial -> y,  where
            join_channel multiplies join by sigmoid(mlp(average) + mlp(maximum)), and
            join_spatial multiplies that by sigmoid(7x7(mean and maximum over its channels))

    The perceptron, c -> c / r -> c, is one for both vectors: its parameters count once, its MACs twice.
    """
    return _gated(graph, node, value, _cbam_gates)


def _cbam_gates(x: str, channels: int, reduction: int) -> tuple[Node, ...]:
    channel, spatial = f"{x}_channel", f"{x}_spatial"
    return (
        Node(f"{channel}_avg", GlobalAvgPool2d(), (x,)),
        Node(f"{channel}_max", GlobalMaxPool2d(), (x,)),
        *row(
            (f"{channel}_avg", f"{channel}_max"),
            (f"{channel}_both", ConcatColumns()),
            *_perceptron(channel, channels, reduction),
            (f"{channel}_sum", SumColumns()),
            (f"{channel}_sigmoid", Sigmoid()),
        ),
        Node(channel, Gate(), (x, f"{channel}_sigmoid")),
        Node(f"{spatial}_mean", ChannelMean(), (channel,)),
        Node(f"{spatial}_max", ChannelMax(), (channel,)),
        *row(
            (f"{spatial}_mean", f"{spatial}_max"),
            (f"{spatial}_both", Concat()),
            (f"{spatial}_conv", Conv2d(1, pair(7), padding=pair(3), bias=False)),
            (f"{spatial}_sigmoid", Sigmoid()),
        ),
        Node(spatial, Gate(), (channel, f"{spatial}_sigmoid")),
    )


def _gated(graph: Wiring, node: Node, value: Value, gates: Callable[[str, int, int], tuple[Node, ...]]) -> Edits:
    if not is_module_end(graph, node) or node.name not in graph.shapes:
        return {}
    assert isinstance(value, int)
    target = graph.by_name[_branch(graph, node)] if isinstance(node.op, Add) and len(node.inputs) == 2 else node
    made = gates(target.name, graph.shapes[target.name][0], value)
    suffix = made[-1].name.removeprefix(target.name)
    # A second time would gate the gated.
    is_gated = target.name.endswith(suffix) or made[-1].name in graph.by_name
    return {} if is_gated else {target.name: (target, *made)}


def _branch(graph: Wiring, add: Node) -> str:
    """Of a residual module's two inputs the one with more behind it; the other is the shortcut."""
    return max(add.inputs, key=lambda name: graph.depths[name])
