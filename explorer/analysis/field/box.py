"""The rectangle of the image that one element of a map sees, and those of the nodes before it."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from explorer.graph.graph import Graph
from explorer.graph.ops import Pair
from explorer.graph.trace import Lanes, NodeTrace, Trace

Element = Pair
"""(row, column) of an element in a map."""


class Box(NamedTuple):
    """A rectangle in input pixels, first and last included; below zero and past the image lies padding."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Pair:
        """(height, width) in pixels."""
        return self.bottom - self.top + 1, self.right - self.left + 1

    @property
    def area(self) -> int:
        """In pixels."""
        return self.size[0] * self.size[1]

    def within(self, image: Pair) -> Box | None:
        """The part that lies in an image of this (height, width); None where none does."""
        height, width = image
        box = Box(max(self.top, 0), max(self.left, 0), min(self.bottom, height - 1), min(self.right, width - 1))
        return box if box.top <= box.bottom and box.left <= box.right else None


def shares(seen: Box, image: Pair) -> tuple[float, float]:
    """How much of an image of this (height, width) is seen, and how much of what is seen is padding."""
    inside = seen.within(image)
    area = inside.area if inside else 0
    return area / (image[0] * image[1]), 1 - area / seen.area


def central(row: NodeTrace) -> Element:
    """The element in the middle of a map, the lower right of the middle ones."""
    return row.out_shape[1] // 2, row.out_shape[2] // 2


def nearest(row: NodeTrace, element: Element) -> Element:
    """The element, or the nearest that there is in a map."""
    return min(max(element[0], 0), row.out_shape[1] - 1), min(max(element[1], 0), row.out_shape[2] - 1)


def box(row: NodeTrace, element: Element) -> Box | None:
    """What an element sees by the paths that stay maps, before clipping to the image; None for a node
    that sees the image only as a whole.
    """
    if row.field is None:
        return None
    (top, bottom), (left, right) = (_span(lanes, index) for lanes, index in zip(row.field, element, strict=True))
    return Box(top, left, bottom, right)


def _span(lanes: Lanes, index: int) -> Pair:
    ends = [(first + index * jump, last + index * jump) for first, last, jump in lanes]
    return min(first for first, _ in ends), max(last for _, last in ends)


class Nested(NamedTuple):
    """What a node before another sees at the same place of the image."""

    name: str
    box: Box


def branches(graph: Graph, trace: Trace, name: str, element: Element) -> tuple[Nested, ...]:
    """What each branch of the nearest join at or above a node sees by itself, in the order of its inputs."""
    rows = trace.by_name
    join = graph.by_name[name]
    while len(join.inputs) == 1 and join.op.elementwise:
        join = graph.by_name[join.inputs[0]]
    seen = box(rows[name], element)
    if len(join.inputs) < 2 or seen is None:
        return ()
    return _aligned([rows[source] for source in dict.fromkeys(join.inputs)], seen)


def before(graph: Graph, trace: Trace, name: str, element: Element, most: int = 12) -> tuple[Nested, ...]:
    """What the nodes see that every way to a node goes through, at the same place of the image: the last
    of each size, the smallest first, evenly thinned out to `most`.
    """
    rows = trace.by_name
    seen = box(rows[name], element)
    if seen is None:
        return ()
    chain: list[NodeTrace] = []
    while name in graph.dominators:
        name = graph.dominators[name]
        chain.insert(0, rows[name])
    nested = _aligned(chain, seen)
    last = [inner for inner, after in pairwise(nested) if inner.box.size != after.box.size] + list(nested[-1:])
    kept = [inner for inner in last if inner.box.size not in ((1, 1), seen.size)]
    step = -(-len(kept) // most) or 1
    return tuple(kept[::-1][::step][::-1])


def _aligned(rows: list[NodeTrace], seen: Box) -> tuple[Nested, ...]:
    """For each row the element whose field lies nearest to the middle of what is seen."""
    boxes = ((row.name, box(row, _beneath(row, seen))) for row in rows if row.field is not None)
    return tuple(Nested(name, box) for name, box in boxes if box is not None)


def _beneath(row: NodeTrace, seen: Box) -> Element:
    first = box(row, (0, 0))
    second = box(row, (1, 1))
    assert first is not None
    assert second is not None
    down = _place(seen.top + seen.bottom, first.top + first.bottom, second.top + second.bottom)
    across = _place(seen.left + seen.right, first.left + first.right, second.left + second.right)
    return nearest(row, (down, across))


def _place(middle: int, first: int, second: int) -> int:
    """The place whose doubled middle is nearest, where those of places 0 and 1 are known."""
    return round((middle - first) / (second - first)) if second > first else 0
