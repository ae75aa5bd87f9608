"""What each layer of a module's branches sees of the module's own input, as squares in each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from xml.etree.ElementTree import Element

from explorer.common import formats
from explorer.draw.svg import document, element
from explorer.graph.graph import module_of
from explorer.graph.ops import Input, Pair
from explorer.graph.trace import NodeTrace, Trace

SIDE = 84
"""Of one branch's picture, in pixels."""
_GAP, _HEAD, _FOOT = 18, 20, 18
_HEIGHT, _IN_A_ROW = _HEAD + SIDE + _FOOT, 4
_FEWEST_CELLS = 7
_MOST_CELLS = 41
"""Where a field is wider, cells stand for more than one place of the input."""


class Branch(NamedTuple):
    """One branch and the distinct fields of its layers, the smallest first.

    Args:
        name: of the branch.
        fields: (height, width) in places of the module's input, each with the layer that has it first.
    """

    name: str
    fields: tuple[tuple[str, Pair], ...]


def branches(trace: Trace) -> tuple[Branch, ...]:
    """The branches of a traced module, each with what its layers see of the module's input."""
    members: dict[str, list[NodeTrace]] = {}
    for row in trace.rows:
        if len(row.inputs) == 1 and not row.auxiliary:
            members.setdefault(module_of(row.name), []).append(row)
    return tuple(Branch(name, fields) for name, rows in members.items() if (fields := _fields(rows)))


def _fields(rows: Sequence[NodeTrace]) -> tuple[tuple[str, Pair], ...]:
    names: dict[Pair, str] = {}
    for row in rows:
        if row.local_field is not None and not row.op.elementwise and not isinstance(row.op, Input):
            names.setdefault(row.local_field, row.name)
    return tuple(sorted(((name, field) for field, name in names.items()), key=lambda pair: pair[1]))


@lru_cache(maxsize=64)  # most edits leave the fields as they are
def picture(branches: tuple[Branch, ...]) -> str:
    """The branches side by side, each on the same grid of input places, as one SVG."""
    widest = max((max(field) for branch in branches for _, field in branch.fields), default=1)
    cells = min(max(widest + 2 + widest % 2, _FEWEST_CELLS), _MOST_CELLS) | 1
    span = max(1.0, (widest + 2) / cells)
    columns = [_branch(branch, index, cells, span) for index, branch in enumerate(branches)]
    rows = -(-len(branches) // _IN_A_ROW)
    return document(min(len(branches), _IN_A_ROW) * (SIDE + _GAP), rows * _HEIGHT, *columns)


def _branch(branch: Branch, index: int, cells: int, span: float) -> Element:
    row, column = divmod(index, _IN_A_ROW)
    left, cell = column * (SIDE + _GAP) + _GAP / 2, SIDE / cells
    middle = (left + SIDE / 2, _HEAD + SIDE / 2)
    colours = ("sky", "blue", "green", "orange", "vermilion", "purple")
    squares = [
        _square(middle, height / span * cell, width / span * cell, colours[order % len(colours)])
        for order, (_, (height, width)) in reversed([*enumerate(branch.fields)])
    ]
    words = ", ".join(formats.pair(field) for _, field in branch.fields)
    return element(
        "g",
        _ground(left, cells, cell),
        *squares,
        element("text", branch.name, x=middle[0], y=13, text_anchor="middle", class_="title"),
        element("text", words, x=middle[0], y=_HEAD + SIDE + 14, text_anchor="middle", class_="muted"),
        transform=f"translate(0 {row * _HEIGHT})",
    )


def _square(middle: tuple[float, float], height: float, width: float, colour: str) -> Element:
    x, y = middle[0] - width / 2, middle[1] - height / 2
    return element("rect", x=x, y=y, width=width, height=height, class_=colour)


def _ground(left: float, cells: int, cell: float) -> Element:
    """The input as a grid of places, with a drawing on it to see the squares against: a ring and a bar."""
    marks = [
        element("rect", x=left + x * cell, y=_HEAD + y * cell, width=cell, height=cell, class_="grey", stroke_width=0)
        for y in range(cells)
        for x in range(cells)
        if _is_dark(x / (cells - 1), y / (cells - 1))
    ]
    lines = "".join(
        f"M{left + i * cell:.1f},{_HEAD}v{SIDE}M{left:.1f},{_HEAD + i * cell:.1f}h{SIDE}" for i in range(cells + 1)
    )
    grid = element("path", d=lines, class_="grey line", stroke_opacity=0.25)
    return element("g", *marks, grid)


def _is_dark(x: float, y: float) -> bool:
    radius = ((x - 0.5) ** 2 + (y - 0.42) ** 2) ** 0.5
    return 0.2 < radius < 0.33 or (0.46 < x < 0.54 and y > 0.7)
