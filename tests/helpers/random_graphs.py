"""Random valid networks, built op by op: what does not fit is left out.

Strategies are kept for each shape: to make one takes longer than to draw from it.
"""

from __future__ import annotations

from functools import cache
from math import gcd

from hypothesis import strategies as st

from explorer.common.errors import ExplorerError
from explorer.graph.graph import Graph, Node
from explorer.graph.ops import (
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
    Padding,
    Pair,
    ReLU,
    Shape,
    Sigmoid,
    SumColumns,
    Tanh,
)

MOST_CHANNELS = 24
# Groups with numbers, groups in groups, and names that Python, torch or the source want for themselves.
GROUPS = (
    "",
    "",
    "",
    "stem.",
    "block_1.",
    "block_2.",
    "block_1.branch.",
    "block_2.branch.",
    "true.",
    "class.x.",
    "fuse.",
)
NAMES = (
    "conv",
    "x",
    "forward",
    "weight",
    "in",
    "torch",
    "self",
    "append",
    "l",
    "chain",
    "graph",
    "network",
    "a_b",
    "O",
)

sides = st.integers(4, 24)
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
strides = st.sampled_from([(1, 1)] * 5 + [(2, 2), (2, 2), (1, 2), (2, 1), (3, 2)])
kernels = st.sampled_from([(1, 1), (2, 2), (3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (2, 3), (1, 5), (4, 1)])
widths = st.integers(1, 6)
norms = [BatchNorm2d(), BatchNorm2d(1e-3), LocalResponseNorm(), LocalResponseNorm(3, 0.5, 0.5, 2.0)]
small = st.sampled_from([*norms, ReLU(), ReLU(), Sigmoid(), Tanh(), Dropout(0.25)])
"""Ops that leave the shape alone."""
on_vectors = st.builds(Linear, widths, st.booleans()) | st.sampled_from(
    [ReLU(), Sigmoid(), Tanh(), Dropout(), BatchNorm1d(), BatchNorm1d(1e-3)]
)
sizes, kinds = st.integers(1, 12), st.integers(0, 10)
joining = st.sampled_from([Concat(), Add(), Multiply(), Add(0.17), Add(0.5)])
heads_of_maps = st.sampled_from([[GlobalAvgPool2d()], [GlobalMaxPool2d(), Flatten()], [Flatten()]])
names = st.builds(str.__add__, st.sampled_from(GROUPS), st.sampled_from(NAMES))


@cache
def one_of(*values: object) -> st.SearchStrategy[object]:
    """Any of these."""
    return st.sampled_from(values)


@cache
def some_of(*values: str) -> st.SearchStrategy[list[str]]:
    """One to three of these, each as often as it comes."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


@cache
def paddings(kernel_size: Pair, dilation: Pair = (1, 1)) -> st.SearchStrategy[Padding]:
    """None, half the window, anything up to half of it, "same"."""
    half = tuple((k - 1) * d // 2 for k, d in zip(kernel_size, dilation, strict=True))
    most = tuple(k // 2 for k in kernel_size)
    some = st.tuples(st.integers(0, most[0]), st.integers(0, most[1]))
    return st.just((0, 0)) | st.just("same") | (st.just(half) if half <= most else some) | some


dilations = st.just((1, 1)) | pairs


@st.composite
def convs(draw: st.DrawFn, shape: Shape) -> Op:
    kernel_size, dilation = draw(kernels), draw(dilations)
    out_channels = draw(widths)
    groups = draw(one_of(*(n for n in range(1, 7) if gcd(shape[0], out_channels) % n == 0)))
    padding = draw(paddings(kernel_size, dilation))
    return Conv2d(out_channels, kernel_size, draw(strides), padding, dilation, groups, draw(st.booleans()))


@st.composite
def depthwise_convs(draw: st.DrawFn, shape: Shape) -> Op:
    kernel_size, dilation = draw(kernels), draw(dilations)
    padding, times = draw(paddings(kernel_size, dilation)), draw(one_of(1, 2))
    return DepthwiseConv2d(kernel_size, draw(strides), padding, dilation, times, draw(st.booleans()))


@st.composite
def pools(draw: st.DrawFn, shape: Shape) -> Op:
    kernel_size = draw(kernels)
    return draw(one_of(MaxPool2d, AvgPool2d))(kernel_size, draw(strides), draw(paddings(kernel_size)))


@cache
def ops_on(shape: Shape) -> st.SearchStrategy[Op]:
    """Ops with one input of this shape; not all fit."""
    if len(shape) == 1:
        return on_vectors
    return st.one_of(convs(shape), convs(shape), convs(shape), depthwise_convs(shape), pools(shape), small)


@st.composite
def joins(draw: st.DrawFn, shapes: dict[str, Shape], first: str) -> tuple[Op, tuple[str, ...]]:
    """A join at a node with others that it can be joined with, itself if need be."""
    op = draw(joining)
    start = 1 if isinstance(op, Concat) else 0
    partners = [name for name, shape in shapes.items() if len(shape) == 3 and shape[start:] == shapes[first][start:]]
    others = draw(some_of(*partners))
    return op, (first, *others)


@st.composite
def forks(draw: st.DrawFn, shape: Shape) -> tuple[Conv2d, Conv2d]:
    """Two convolutions of one map to one size, one by its stride and one by its window."""
    stride = draw(one_of((2, 2), (1, 2), (3, 2)))
    one = Conv2d(2, draw(kernels), stride, draw(one_of((0, 0), (1, 1), "same")))
    _, height, width = one.out_shape(shape)
    return one, Conv2d(2, (max(1, shape[1] - height + 1), max(1, shape[2] - width + 1)))


@st.composite
def graphs(draw: st.DrawFn, heads: bool = True) -> Graph:
    """A network of some twelve nodes and a head.

    Args:
        draw: given by hypothesis.
        heads: whether there may be global pooling, columns, vectors and several outputs.
    """
    image = (draw(one_of(1, 2, 3, 4)), draw(sides), draw(sides))
    nodes, shapes = [Node("input", Input(image))], {"input": image}

    def add(op: Op, *inputs: str) -> str:
        """The new node's name; what already fed it where the op does not fit."""
        try:
            shape = op.out_shape(*(shapes[name] for name in inputs))
        except ExplorerError:
            return inputs[0]
        if shape[0] > MOST_CHANNELS and len(shape) == 3:
            return inputs[0]
        name = draw(names)
        name = name if name not in shapes else f"{name}_{len(nodes)}"
        nodes.append(Node(name, op, inputs))
        shapes[name] = shape
        return name

    def gate(source: str) -> str:
        """What gates a map: its channels pooled at each place, or each channel pooled over the map."""
        if not heads or draw(st.booleans()):
            return add(Conv2d(1, (3, 3), padding=(1, 1)), add(draw(one_of(ChannelMean(), ChannelMax())), source))
        columns = add(ConcatColumns(), add(GlobalAvgPool2d(), source), add(GlobalMaxPool2d(), source))
        return add(SumColumns(), add(Conv2d(shapes[source][0], (1, 1)), columns))

    for _ in range(draw(sizes)):
        source = draw(one_of(*(node.name for node in nodes[-3:])))
        kind = draw(kinds)
        if kind < 3:
            op, inputs = draw(joins(shapes, source))
            add(op, *inputs)
        elif kind == 3 and len(shapes[source]) == 3:
            add(Gate(), source, add(Sigmoid(), gate(source)))
        elif kind == 4 and heads:
            add(draw(one_of(SumColumns(), ConcatColumns(), GlobalMaxPool2d())), source)
        elif kind == 5 and min(shapes[source][1:], default=0) > 5:
            ends = [add(op, source) for op in draw(forks(shapes[source]))]
            add(draw(one_of(Concat(), Add(), Multiply())), *ends)
        else:
            add(draw(ops_on(shapes[source])), source)
    if heads and draw(st.booleans()):
        for op in draw(heads_of_maps):
            add(op, nodes[-1].name)
        if len(shapes[nodes[-1].name]) == 1:
            add(Linear(draw(widths), draw(st.booleans())), nodes[-1].name)
    outputs = [nodes[-1].name]
    if heads and draw(one_of(*range(5))) == 0:
        outputs = draw(some_of(*(node.name for node in nodes)))
    return Graph(tuple(nodes), tuple(outputs))
