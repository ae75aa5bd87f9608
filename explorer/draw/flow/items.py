"""The layers of a module as they are drawn: chains with what is gone in them, and what follows from their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from explorer.analysis.chains import Layer, Structure
from explorer.draw.flow import labels
from explorer.draw.flow.labels import Line
from explorer.graph.ops import Input
from explorer.graph.trace import Totals, added

FRAME, THIN = 24.0, 3.0
"""Heights of the frame of what has no weights, and the least one of a box."""
SHORTCUT = 0.5
"""Of a column that a chain without layers takes."""


class Item:
    """A layer as it is drawn.

    Args:
        layer: the layer.
        size: of its box; None for a frame.
        lines: its words.
        is_gone: whether only the original has it.
    """

    def __init__(self, layer: Layer, size: labels.Size | None, lines: tuple[Line, ...], *, is_gone: bool) -> None:
        self.layer, self.size, self.lines, self.is_gone = layer, size, lines, is_gone
        self.is_input = isinstance(layer.first.op, Input)
        self.is_join = len(layer.first.inputs) > 1

    def height(self, down: float) -> float:
        """Of the box, with so many pixels for each unit of a filter's cost."""
        return FRAME if self.size is None else max(self.size.each * down, THIN)


class Branches(NamedTuple):
    """Chains side by side."""

    branches: tuple[DrawnChain, ...]


DrawnChain = tuple["Item | Branches", ...]


def each(chain: DrawnChain) -> Iterator[Item]:
    """All items of a chain, those of its branches included."""
    for item in chain:
        if isinstance(item, Item):
            yield item
        else:
            for branch in item.branches:
                yield from each(branch)


def is_split(chain: DrawnChain, index: int) -> bool:
    """Whether a fork splits what a layer hands on; otherwise its branches read what its own chain begins with."""
    before = chain[index - 1] if index else None
    return isinstance(before, Item) and not before.is_input


def has_shortcut(chain: DrawnChain) -> bool:
    """Whether a chain has a branch without a layer."""
    return not chain or any(isinstance(item, Branches) and any(map(has_shortcut, item.branches)) for item in chain)


def columns(chain: DrawnChain) -> float:
    """How many columns a chain takes."""
    if not chain:
        return SHORTCUT
    return max(sum(map(columns, item.branches)) if isinstance(item, Branches) else 1.0 for item in chain)


def ends(chain: DrawnChain) -> int:
    """In how many ribbons it ends."""
    return sum(map(ends, chain[-1].branches)) if chain and isinstance(chain[-1], Branches) else 1


def has_shares(fork: Branches) -> bool:
    """Whether a fork's branches have names to tell their shares by."""
    return any(branch_name(branch) for branch in fork.branches)


_BRANCH = re.compile(r"branch_?(pool|\d+x\d+)(dbl)?")


def branch_name(chain: DrawnChain) -> str:
    """What a branch is called, where its layers have a name in common: `3×3 branch`; empty where it has no name."""
    names = {item.layer.name.partition(".")[0] for item in each(chain) if "." in item.layer.name}
    name = names.pop() if len(names) == 1 else ""
    match = _BRANCH.fullmatch(name)
    return f"{'double ' if match[2] else ''}{match[1].replace('x', '×')} branch" if match else name


def branch_names(chain: DrawnChain) -> Iterator[str]:
    """What the branches of a chain are called."""
    for item in chain:
        if isinstance(item, Branches):
            for branch in item.branches:
                yield from filter(None, [branch_name(branch)])
                yield from branch_names(branch)


def sums(chain: DrawnChain) -> Totals:
    """What the layers of a chain cost, without those that are gone."""
    return added([item.layer.totals for item in each(chain) if not item.is_gone])


class Gone:
    """What an original has and the network has not: each layer stands before the layer that followed it, or behind the
    one that it followed.
    """

    def __init__(self, structure: Structure, original: Structure | None) -> None:
        now = structure.layers
        self._before: dict[str, list[Layer]] = {}
        self._behind: dict[str, list[Layer]] = {}
        for run in original.chains if original is not None else ():
            for index, layer in enumerate(run):
                if layer.name in now or len(layer.first.inputs) > 1:
                    continue
                following = next((other.name for other in run[index + 1 :] if other.name in now), "")
                previous = next((other.name for other in reversed(run[:index]) if other.name in now), "")
                if following:
                    self._before.setdefault(following, []).append(layer)
                elif previous:
                    self._behind.setdefault(previous, []).append(layer)

    def around(self, layer: Layer) -> tuple[Sequence[Layer], Sequence[Layer]]:
        """What was before a layer of the network, and behind it."""
        return self._before.get(layer.name, ()), self._behind.get(layer.name, ())
