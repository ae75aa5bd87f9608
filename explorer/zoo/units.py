"""A convolution and what always comes with it."""

from __future__ import annotations

from collections.abc import Callable

from explorer.graph.graph import Builder
from explorer.graph.ops import BatchNorm2d, Conv2d, DepthwiseConv2d, ReLU

Unit = Callable[[Builder, str, Conv2d, str], str]
"""Adds a convolution and what belongs to it under a name; returns the name to feed onwards."""


def conv_relu(b: Builder, name: str, conv: Conv2d, x: str) -> str:
    """`name` and `name_relu`."""
    return b.add(f"{name}_relu", ReLU(), b.add(name, conv, x))


def conv_bn_relu(b: Builder, name: str, conv: Conv2d | DepthwiseConv2d, x: str, *, eps: float = 1e-5) -> str:
    """`name`, `name_bn` and `name_relu`."""
    return b.add(f"{name}_relu", ReLU(), b.add(f"{name}_bn", BatchNorm2d(eps), b.add(name, conv, x)))
