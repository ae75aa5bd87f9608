"""The vocabulary of every network here: one class an op, one file a family.

Adding an op is one class in one of these files and its name below; the tests walk `OPS` and demand
an example that they can hold against torch.
"""

from explorer.graph.ops.activation import Dropout, ReLU, Sigmoid, Tanh
from explorer.graph.ops.attention import ChannelMax, ChannelMean, ConcatColumns, Gate, SumColumns
from explorer.graph.ops.base import (
    Family,
    Function,
    Input,
    Layer,
    Op,
    Pair,
    Record,
    Shape,
    Window,
    completes,
    is_activation,
    is_norm,
    pair,
)
from explorer.graph.ops.conv import Conv2d, DepthwiseConv2d, is_pointwise, is_spatial
from explorer.graph.ops.head import Flatten, Linear
from explorer.graph.ops.join import Add, Concat, Multiply
from explorer.graph.ops.norm import BatchNorm1d, BatchNorm2d, LocalResponseNorm
from explorer.graph.ops.pool import AvgPool2d, GlobalAvgPool2d, GlobalMaxPool2d, MaxPool2d
from explorer.graph.ops.window import Padding

OPS: tuple[type[Op], ...] = (
    Input,
    Conv2d,
    DepthwiseConv2d,
    MaxPool2d,
    AvgPool2d,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    BatchNorm1d,
    BatchNorm2d,
    LocalResponseNorm,
    ReLU,
    Sigmoid,
    Tanh,
    Dropout,
    Concat,
    Add,
    Multiply,
    Gate,
    ChannelMean,
    ChannelMax,
    ConcatColumns,
    SumColumns,
    Flatten,
    Linear,
)

__all__ = [
    "OPS",
    "Add",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "ChannelMax",
    "ChannelMean",
    "Concat",
    "ConcatColumns",
    "Conv2d",
    "DepthwiseConv2d",
    "Dropout",
    "Family",
    "Flatten",
    "Function",
    "Gate",
    "GlobalAvgPool2d",
    "GlobalMaxPool2d",
    "Input",
    "Layer",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "Multiply",
    "Op",
    "Padding",
    "Pair",
    "ReLU",
    "Record",
    "Shape",
    "Sigmoid",
    "SumColumns",
    "Tanh",
    "Window",
    "completes",
    "is_activation",
    "is_norm",
    "is_pointwise",
    "is_spatial",
    "pair",
]
