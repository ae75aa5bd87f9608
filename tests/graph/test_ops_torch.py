"""Every op and random networks held against torch, number by number."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph, Node
from explorer.graph.ops import (
    OPS,
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    ChannelMax,
    ChannelMean,
    Concat,
    ConcatColumns,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    Gate,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Input,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Multiply,
    Op,
    Pair,
    ReLU,
    Shape,
    Sigmoid,
    SumColumns,
    Tanh,
    pair,
)
from explorer.graph.trace import trace
from tests.helpers.random_graphs import graphs, kernels, pairs
from tests.helpers.torch_tools import count, randomized

pytestmark = pytest.mark.usefixtures("one_thread")

MAP = (6, 9, 7)
EXAMPLES: dict[type[Op], list[tuple[Op, tuple[Shape, ...]]]] = {
    Input: [(Input(MAP), ())],
    Conv2d: [
        (Conv2d(32, pair(5), padding=pair(2)), ((16, 12, 10),)),
        (Conv2d(4, (1, 7), padding=(0, 3), bias=False), (MAP,)),
        (Conv2d(4, (3, 2), stride=(2, 1), padding="same"), (MAP,)),
        (Conv2d(9, pair(3), dilation=(2, 3), padding=(2, 3), groups=3), (MAP,)),
        (Conv2d(4, pair(3), stride=pair(2), dilation=pair(2), padding="same"), (MAP,)),
        (Conv2d(4, pair(1), padding=pair(3)), (MAP,)),
    ],
    DepthwiseConv2d: [
        (DepthwiseConv2d(pair(3), padding=pair(1)), (MAP,)),
        (DepthwiseConv2d((3, 1), stride=pair(2), padding="same", depth_multiplier=8, bias=False), ((3, 8, 8),)),
    ],
    MaxPool2d: [
        (MaxPool2d(pair(3), stride=pair(2), padding=pair(1)), (MAP,)),
        (MaxPool2d((2, 3), stride=(1, 2), padding="same"), (MAP,)),
        (MaxPool2d(pair(2), padding="same"), (MAP,)),
    ],
    AvgPool2d: [
        (AvgPool2d(pair(7)), (MAP,)),
        (AvgPool2d(pair(3), stride=pair(2), padding=pair(1)), (MAP,)),
        (AvgPool2d((3, 2), stride=pair(2), padding="same"), (MAP,)),
    ],
    GlobalAvgPool2d: [(GlobalAvgPool2d(), (MAP,))],
    GlobalMaxPool2d: [(GlobalMaxPool2d(), (MAP,))],
    BatchNorm1d: [(BatchNorm1d(), ((10,),)), (BatchNorm1d(1e-3), ((1,),))],
    BatchNorm2d: [(BatchNorm2d(), (MAP,)), (BatchNorm2d(1e-3), ((1, 1, 1),))],
    LocalResponseNorm: [(LocalResponseNorm(), (MAP,)), (LocalResponseNorm(4, 0.1, 0.5, 2.0), ((1, 2, 3),))],
    ReLU: [(ReLU(), (MAP,)), (ReLU(), ((10,),))],
    Sigmoid: [(Sigmoid(), (MAP,)), (Sigmoid(), ((10,),))],
    Tanh: [(Tanh(), (MAP,)), (Tanh(), ((10,),))],
    Dropout: [(Dropout(0.4), (MAP,)), (Dropout(), ((10,),))],
    Concat: [(Concat(), (MAP,)), (Concat(), (MAP, (1, 9, 7), (2, 9, 7)))],
    Add: [(Add(), (MAP, MAP)), (Add(), ((10,), (10,), (10,))), (Add(0.17), (MAP, MAP))],
    Multiply: [(Multiply(), (MAP, MAP, MAP))],
    Gate: [(Gate(), (MAP, (6, 1, 1))), (Gate(), (MAP, (1, 9, 7)))],
    ChannelMean: [(ChannelMean(), (MAP,))],
    ChannelMax: [(ChannelMax(), (MAP,))],
    ConcatColumns: [(ConcatColumns(), ((4, 1, 1), (4, 1, 1))), (ConcatColumns(), ((4, 1, 3),))],
    SumColumns: [(SumColumns(), (MAP,)), (SumColumns(), ((4, 1, 2),))],
    Flatten: [(Flatten(), (MAP,)), (Flatten(), ((4, 1, 1),))],
    Linear: [(Linear(5), ((10,),)), (Linear(1, bias=False), ((1,),))],
}


def test_every_op_has_examples() -> None:
    assert set(EXAMPLES) == set(OPS)
    assert all(type(op) is kind for kind, examples in EXAMPLES.items() for op, _ in examples)


def around(op: Op, *shapes: Shape) -> Graph:
    """A network of one image that is cut, by convolutions and the like, to the op's inputs."""
    if isinstance(op, Input):
        return Graph((Node("input", op),), ("input",))
    # A vector is a flattened map of its length.
    maps = [shape if len(shape) == 3 else (*shape, 1, 1) for shape in shapes]
    image = (maps[0][0], *(max(sizes) for sizes in list(zip(*maps, strict=True))[1:]))
    nodes = [Node("input", Input(image))]
    for number, shape in enumerate(shapes):
        source: Op = Flatten()
        if len(shape) == 3:
            source = Conv2d(shape[0], (image[1] - shape[1] + 1, image[2] - shape[2] + 1), bias=False)
        nodes.append(Node(f"input_{number}", source, ("input",)))
    nodes.append(Node("op", op, tuple(f"input_{number}" for number in range(len(shapes)))))
    return Graph(tuple(nodes), ("op",))


@pytest.mark.parametrize(
    ("op", "shapes"), [pytest.param(*example, id=f"{example[0]}") for kind in EXAMPLES.values() for example in kind]
)
def test_rules_agree_with_torch(op: Op, shapes: tuple[Shape, ...]) -> None:
    graph = around(op, *shapes)
    row = trace(graph).rows[-1]
    module = GraphModule(graph).eval()
    values = module.run(torch.rand(2, *graph.input_shape))
    assert row.in_shapes == shapes
    assert tuple(values[row.name].shape) == (2, *row.out_shape)
    if isinstance(op, Input):
        assert (row.params, row.statistics, row.macs) == (0, 0, 0)
        return
    layer = dict(module.steps())["op"]
    with FlopCounterMode(display=False) as counter:
        layer(*(values[name][:1] for name in row.inputs))
    buffers = dict(layer.named_buffers())
    assert row.params == count(layer)
    assert row.statistics == sum(buffers[name].numel() for name in buffers if "running" in name)
    assert 2 * row.macs == counter.get_total_flops()


@pytest.mark.slow
@settings(max_examples=300)
@given(graphs())
def test_random_networks_agree_with_torch(graph: Graph) -> None:
    traced = trace(graph)
    rows, totals = traced.rows, traced.totals
    module = randomized(graph)
    layers = dict(module.steps())
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        values = module.run(torch.rand(1, *graph.input_shape))
    for row in rows:
        assert tuple(values[row.name].shape) == (1, *row.out_shape)
        if not isinstance(row.op, Input):
            assert row.params == count(layers[row.name])
            buffers = dict(layers[row.name].named_buffers())
            assert row.statistics == sum(buffers[name].numel() for name in buffers if "running" in name)
        assert evaluated(row.formula) == row.params
        assert evaluated(row.macs_formula) == row.macs
    assert 2 * totals.macs == counter.get_total_flops()
    assert totals.params == sum(row.params for row in rows) == count(module)
    assert totals.statistics == sum(row.statistics for row in rows)
    assert totals.macs == sum(row.macs for row in rows)
    assert totals.activations == sum(values[row.name].numel() for row in rows if row.inputs)


def evaluated(formula: str) -> int:
    """A formula's value, if it is plain arithmetic."""
    assert re.fullmatch(r"[0-9*+() ]+", formula)
    return eval(formula, {"__builtins__": {}})


# What each op computes, worked out here in plain arithmetic.


def local_response(x: Tensor, op: LocalResponseNorm) -> Tensor:
    """Channel by channel, as Krizhevsky et al. 2012 write it."""
    squares, channels = x**2, x.shape[1]
    sums = [
        squares[:, max(0, c - op.size // 2) : min(channels, c - op.size // 2 + op.size)].sum(1) for c in range(channels)
    ]
    return x / (op.k + op.alpha / op.size * torch.stack(sums, 1)) ** op.beta


def normalised(x: Tensor, layer: nn.Module) -> Tensor:
    """BN at inference, on vectors."""
    return (x - layer.running_mean) / (layer.running_var + layer.eps).sqrt() * layer.weight + layer.bias


COMPUTED: dict[type[Op], Callable[..., Tensor]] = {
    Sigmoid: lambda op, layer, x: 1 / (1 + (-x).exp()),
    Tanh: lambda op, layer, x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
    LocalResponseNorm: lambda op, layer, x: local_response(x, op),
    BatchNorm1d: lambda op, layer, x: normalised(x, layer),
    GlobalMaxPool2d: lambda op, layer, x: x.flatten(2).sort(2).values[:, :, -1, None, None],
    Add: lambda op, layer, first, *others: first + op.alpha * sum(others),
    Gate: lambda op, layer, x, gate: torch.stack(
        [x[:, c] * (gate[:, c] if gate.shape[1] > 1 else gate[:, 0]) for c in range(x.shape[1])], 1
    ),
    ChannelMean: lambda op, layer, x: sum(x.split(1, 1)) / x.shape[1],
    ChannelMax: lambda op, layer, x: x.sort(1).values[:, -1:],
    ConcatColumns: lambda op, layer, *xs: torch.stack([column for x in xs for column in x.unbind(3)], 3),
    SumColumns: lambda op, layer, x: sum(x.split(1, 3)),
}


@pytest.mark.parametrize(
    ("op", "shapes"), [pytest.param(*example, id=f"{example[0]}") for kind in COMPUTED for example in EXAMPLES[kind]]
)
def test_values(op: Op, shapes: tuple[Shape, ...]) -> None:
    graph = around(op, *shapes)
    module = randomized(graph).double()
    values = module.run(torch.randn(2, *graph.input_shape, dtype=torch.float64))
    row = trace(graph).rows[-1]
    expected = COMPUTED[type(op)](op, dict(module.steps())["op"], *(values[name] for name in row.inputs))
    torch.testing.assert_close(values["op"], expected)


# TensorFlow's "same", worked out here by padding the map itself.


def padded(x: Tensor, kernel_size: Pair, stride: Pair, dilation: Pair, value: float) -> Tensor:
    """The map with the pixels around it that tf.nn's "SAME" asks for."""
    around: list[int] = []
    for size, kernel, step, spread in zip(x.shape[2:], kernel_size, stride, dilation, strict=True):
        outputs = (size + step - 1) // step
        missing = max(0, (outputs - 1) * step + (kernel - 1) * spread + 1 - size)
        around = [missing // 2, missing - missing // 2, *around]
    return F.pad(x, around, value=value)


maps = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12))


def result(op: Op, x: Tensor) -> tuple[Tensor, GraphModule]:
    graph = Graph((Node("input", Input(tuple(x.shape[1:]))), Node("op", op, ("input",))), ("op",))
    module = GraphModule(graph).double().eval()
    with torch.inference_mode():
        return module(x), module


@settings(max_examples=150)
@given(maps, kernels, pairs, pairs, st.integers(1, 3))
def test_same_convolution(shape: Shape, kernel_size: Pair, stride: Pair, dilation: Pair, times: int) -> None:
    x = torch.rand(2, *shape, dtype=torch.float64)
    ours, module = result(Conv2d(shape[0] * times, kernel_size, stride, "same", dilation, groups=shape[0]), x)
    weight, bias = module.parameters()
    wide = padded(x, kernel_size, stride, dilation, 0)
    torch.testing.assert_close(ours, F.conv2d(wide, weight, bias, stride, 0, dilation, shape[0]))
    assert ours.shape[2:] == tuple(-(-size // step) for size, step in zip(shape[1:], stride, strict=True))


@settings(max_examples=150)
@given(maps, kernels, pairs)
def test_same_max_pool(shape: Shape, kernel_size: Pair, stride: Pair) -> None:
    # Negative, so that a zero among the padding would win.
    x = -1 - torch.rand(2, *shape, dtype=torch.float64)
    wide = padded(x, kernel_size, stride, (1, 1), -torch.inf)
    assert torch.equal(result(MaxPool2d(kernel_size, stride, "same"), x)[0], F.max_pool2d(wide, kernel_size, stride))


@settings(max_examples=150)
@given(maps, kernels, pairs)
def test_same_average_pool_leaves_padding_out(shape: Shape, kernel_size: Pair, stride: Pair) -> None:
    x = torch.rand(2, *shape, dtype=torch.float64)
    sums, pixels = (
        F.avg_pool2d(padded(values, kernel_size, stride, (1, 1), 0), kernel_size, stride, divisor_override=1)
        for values in (x, torch.ones_like(x))
    )
    torch.testing.assert_close(result(AvgPool2d(kernel_size, stride, "same"), x)[0], sums / pixels)


@given(maps, pairs, pairs)
def test_average_pool_counts_explicit_padding_as_zeros(shape: Shape, half: Pair, stride: Pair) -> None:
    x = torch.rand(2, *shape, dtype=torch.float64)
    kernel_size = (2 * half[0], 2 * half[1])
    wide = F.pad(x, [half[1], half[1], half[0], half[0]])
    ours, _ = result(AvgPool2d(kernel_size, stride, half), x)
    torch.testing.assert_close(ours, F.avg_pool2d(wide, kernel_size, stride))


# Numbers that the sources print.


def test_1x1_reduction_of_source_000() -> None:
    maps = (128, 100, 100)
    five = Conv2d(32, pair(5), padding="same", bias=False)
    one = Conv2d(32, pair(1), bias=False)
    assert five.params(maps) == 102_400
    assert one.params(maps) + five.params(one.out_shape(maps)) == 29_696
    assert five.out_shape(one.out_shape(maps)) == five.out_shape(maps) == (32, 100, 100)
