"""Receptive fields measured by gradient."""

from __future__ import annotations

from math import lcm

import torch
from torch import Tensor

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph
from explorer.graph.ops import (
    AvgPool2d,
    ChannelMax,
    ChannelMean,
    Input,
    LocalResponseNorm,
    MaxPool2d,
    Op,
    ReLU,
    Sigmoid,
    Tanh,
)
from explorer.graph.trace import Lanes, NodeTrace, partial_trace, trace

Interval = tuple[int, int]


def positive(graph: Graph) -> GraphModule:
    """The network as averages and sums of what its windows see."""
    nodes = tuple(node._replace(op=smooth(node.op)) for node in graph.nodes)
    module = GraphModule(Graph(nodes, graph.outputs)).double().eval()
    for name, parameter in module.named_parameters():
        # Weights add up to one, so that values neither grow nor vanish.
        parameter.data.fill_(0 if name.endswith("bias") else 1 / max(1, parameter[0].numel()))
    return module


def smooth(op: Op) -> Op:
    """An op of the same field that passes some gradient from all that it sees, and none below zero."""
    match op:
        case MaxPool2d():
            return AvgPool2d(op.kernel_size, op.stride, op.padding)
        case ChannelMax():
            return ChannelMean()
        # Large values saturate, and a normalisation has gradients below zero.
        case Sigmoid() | Tanh() | LocalResponseNorm():
            return ReLU()
    return op


def measured(output: Tensor, image: Tensor, row: int, column: int) -> tuple[Interval, Interval]:
    """First and last image row and column that one output element has a gradient on."""
    (gradient,) = torch.autograd.grad(output[0, :, row, column].sum(), image, retain_graph=True)
    seen = gradient[0].sum(0) > 0
    assert not gradient.lt(0).any()
    down, across = (seen.any(dim).nonzero().flatten().tolist() for dim in (1, 0))
    return (down[0], down[-1]), (across[0], across[-1])


def span(lanes: Lanes, position: int) -> Interval:
    """First and last pixel that the element at this position sees, by the trace."""
    return (
        min(first + position * jump for first, _, jump in lanes),
        max(last + position * jump for _, last, jump in lanes),
    )


def whole(lanes: Lanes, outputs: int, pixels: int) -> list[int]:
    """Positions whose field lies within the image."""
    spans = {position: span(lanes, position) for position in range(outputs)}
    return [position for position, (first, last) in spans.items() if first >= 0 and last < pixels]


def spatial(graph: Graph) -> list[NodeTrace]:
    """Nodes that see a part of the image only."""
    return [row for row in trace(graph).rows if row.field is not None]


def roomy(graph: Graph) -> Graph | None:
    """The network on an image so large that each field fits in; None where it needs the size it has.

    The image grows by a multiple of every jump, so that all maps grow alike.
    """
    rows = spatial(graph)
    jumps = lcm(*(jump for row in rows for lanes in row.field or () for _, _, jump in lanes))
    most = max(max(row.receptive_field or (0, 0)) for row in rows)
    more = -(-(most + jumps) // jumps) * jumps
    channels, height, width = graph.input_shape
    image = Input((channels, height + more, width + more))
    nodes = tuple(node._replace(op=image) if isinstance(node.op, Input) else node for node in graph.nodes)
    larger = Graph(nodes, graph.outputs)
    return larger if more <= 200 and partial_trace(larger)[1] is None else None
