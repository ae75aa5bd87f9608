"""Modules as tables: for each branch, its nodes by name and what they compute.

What the later Inceptions share: convolutions without bias, each followed by BN and ReLU, that keep
the size of the map unless they are marked as valid (Szegedy et al. 2017, section 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from explorer.graph.graph import Builder
from explorer.graph.ops import AvgPool2d, Concat, Conv2d, MaxPool2d, pair
from explorer.zoo.units import conv_bn_relu

Step = Conv2d | MaxPool2d | AvgPool2d
Branch = Mapping[str, Step | Mapping[str, Step]]
"""Nodes one behind the other. A table in place of a node is a fork: all of its nodes read the same
map, and the concat that joins them bears the name.
"""
Branches = Mapping[str, Branch]
Stem = Mapping[str, Branch | Step]
"""Modules of one branch each, and pools by themselves."""

HALVE = MaxPool2d(pair(3), stride=pair(2))
"""3x3, stride 2, valid."""

_UNIT = partial(conv_bn_relu, eps=1e-3)


def same(width: int, height: int, across: int) -> Conv2d:
    """A convolution of `height` x `across` that keeps the size of its map."""
    return Conv2d(width, (height, across), padding=(height // 2, across // 2), bias=False)


def valid(width: int, height: int, across: int, stride: int = 1) -> Conv2d:
    """A convolution of `height` x `across` without padding."""
    return Conv2d(width, (height, across), stride=pair(stride), bias=False)


def chain(b: Builder, x: str, steps: Branch, prefix: str) -> str:
    """Adds the nodes of one branch under `prefix`, from `x` on; returns the last."""
    for name, step in steps.items():
        path = f"{prefix}.{name}"
        if isinstance(step, Mapping):
            fork = [chain(b, x, {tine: op}, prefix) for tine, op in step.items()]
            x = b.add(path, Concat(), *fork)
        elif isinstance(step, Conv2d):
            x = _UNIT(b, path, step, x)
        else:
            x = b.add(path, step, x)
    return x


def joined(b: Builder, x: str, branches: Branches, prefix: str) -> str:
    """Adds a module under `prefix`: all branches from `x` on, joined by `prefix.concat`."""
    ends = [chain(b, x, steps, f"{prefix}.{branch}") for branch, steps in branches.items()]
    return b.add(f"{prefix}.concat", Concat(), *ends)


def stem(b: Builder, modules: Stem) -> str:
    """Adds the modules one behind the other to the newest node; returns the last node."""
    for name, steps in modules.items():
        if isinstance(steps, Mapping):
            chain(b, b.last, steps, name)
        else:
            b.add(name, steps)
    return b.last
