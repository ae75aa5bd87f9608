"""A network at the size of a stamp: what it does from left to right, branches one above the other, and
below it where its MACs are.

A column is a step along the longest way, a box an op in the colour of its family; normalisation,
activation and what only reshapes is left out. Modules that stand one after the other with the same
structure, whatever their widths, are drawn once with their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from xml.etree.ElementTree import Element

from explorer.draw import colours
from explorer.draw.svg import document, element
from explorer.graph.graph import module_of
from explorer.graph.trace import NodeTrace
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec

WIDTH, HEIGHT = 216, 96
"""Natural size in pixels."""
_BRANCHES, _LABELS, _BARS = 62, 73, 95
"""Where the boxes end, the numbers of repeats stand, and the bars stand."""
_BAR = 18
"""Height of the tallest bar."""
_GAP, _MARGIN, _WIDEST, _TALLEST, _LABEL = 3.0, 4.0, 11.0, 14.0, 15.0
LEFT_OUT = (colours.GREY,)
"""Colours of what is not drawn: normalisation, activation and what only reshapes."""
COLOURS = {colour: name for name, colour in colours.PALETTE.items()}
"""The name of each colour, which is its class."""


class Block(NamedTuple):
    """One op of a module.

    Args:
        colour: a name of `colours.PALETTE`.
        sources: places in the module of the parts that feed it; -1 for what enters the module.
        column: steps from where the module begins.
        lanes: the first and the last of the branches that it stands for, counted from the top.
        joins: whether it has several inputs; it is then drawn across its lanes.
    """

    colour: str
    sources: tuple[int, ...]
    column: int
    lanes: tuple[int, int]
    joins: bool


class Segment(NamedTuple):
    """Modules of one structure that stand one after the other.

    Args:
        parts: those of one of them.
        times: how many modules.
        macs: of all of them.
    """

    parts: tuple[Block, ...]
    times: int
    macs: int

    @property
    def columns(self) -> int:
        """Steps along its longest way."""
        return 1 + max(part.column for part in self.parts)

    @property
    def lanes(self) -> int:
        """Branches side by side, at the most."""
        return 1 + max(part.lanes[1] for part in self.parts)


@lru_cache(maxsize=64)
def thumbnail(spec: Spec) -> str:
    """The picture as SVG, in the classes of `explorer.draw.svg`.

    Raises:
        ExplorerError: the network is not valid.
    """
    return document(WIDTH, HEIGHT, *_drawn(segments(spec)))


def segments(spec: Spec) -> tuple[Segment, ...]:
    """What the picture shows.

    Raises:
        ExplorerError: the network is not valid.
    """
    rows = [row for row in valid(spec).rows if not row.auxiliary]
    modules = [(_parts(module), sum(row.macs for row in module)) for module in _modules(spec, rows)]
    shown = [(parts, macs) for parts, macs in modules if parts]
    alike = [list(group) for _, group in groupby(shown, key=lambda module: module[0])]
    return tuple(Segment(group[0][0], len(group), sum(macs for _, macs in group)) for group in alike)


def _modules(spec: Spec, rows: Sequence[NodeTrace]) -> Iterable[list[NodeTrace]]:
    """The rows by module; one goes on until its branches have met, whatever they are called."""
    spine, module, name = build(spec).spine, list[NodeTrace](), ""
    for row in rows:
        here = module_of(row.name)
        if module and here != name and module[-1].name in spine:
            yield module
            module = []
        module.append(row)
        name = here
    yield module


def _parts(rows: Sequence[NodeTrace]) -> tuple[Block, ...]:
    """The ops of a module that are drawn, with the place of each."""
    columns: dict[str, int] = {}
    parts: list[Block] = []
    for row in rows:
        sources = tuple(dict.fromkeys(columns.get(name, -1) for name in row.inputs))
        colour = colours.colour(row.op)
        if colour in LEFT_OUT:
            columns[row.name] = sources[0] if sources else -1
            continue
        column = 1 + max((parts[source].column for source in sources if source >= 0), default=-1)
        lanes = _lanes(parts, sources, column)
        columns[row.name] = len(parts)
        parts.append(Block(COLOURS[colour], sources, column, lanes, len(row.inputs) > 1))
    return tuple(parts)


def _lanes(parts: Sequence[Block], sources: Sequence[int], column: int) -> tuple[int, int]:
    """Those of all that feeds it; where they are taken, and for what begins a branch, the next free one."""
    fed = [parts[source].lanes for source in sources if source >= 0]
    if fed:
        lanes = min(first for first, _ in fed), max(last for _, last in fed)
        beside = [part.lanes for part in parts if part.column == column]
        if all(last < lanes[0] or lanes[1] < first for first, last in beside):
            return lanes
    # A branch begins below all others; a second one that leaves a part begins below the first.
    lane = max((part.lanes[1] for part in parts if part.column == column or not fed), default=-1) + 1
    return lane, lane


def _drawn(segments: Sequence[Segment]) -> Iterable[Element]:
    step, widths = _widths(segments)
    most = max((segment.macs for segment in segments), default=0) or 1
    left = (WIDTH - sum(widths) - _GAP * (len(segments) - 1)) / 2
    for segment, width in zip(segments, widths, strict=True):
        inner = left + (width - step * segment.columns) / 2
        yield from (_box(part, segment, inner, step) for part in segment.parts)
        if segment.times > 1:
            yield element("text", f"×{segment.times}", x=left + width / 2, y=_LABELS, text_anchor="middle")
        tall = _BAR * segment.macs / most
        yield element("rect", x=left, y=_BARS - tall, width=width, height=tall, class_="grey solid")
        left += width + _GAP


def _widths(segments: Sequence[Segment]) -> tuple[float, list[float]]:
    """The width of a column, and of each segment: a number of repeats needs room under it."""
    room = WIDTH - 2 * _MARGIN - _GAP * (len(segments) - 1)
    step = min(_WIDEST, room / sum(segment.columns for segment in segments))
    narrow = [segment for segment in segments if segment.times > 1 and step * segment.columns < _LABEL]
    others = sum(segment.columns for segment in segments if segment not in narrow)
    if others:
        step = min(step, (room - _LABEL * len(narrow)) / others)
    return step, [max(step * segment.columns, _LABEL if segment.times > 1 else 0) for segment in segments]


def _box(part: Block, segment: Segment, left: float, step: float) -> Element:
    lane = min(_TALLEST, _BRANCHES / segment.lanes)
    first, last = part.lanes
    # A join spans its branches; what follows it stands in their middle.
    height = lane * (last - first + 1) if part.joins else lane
    middle = _BRANCHES / 2 + lane * ((first + last + 1) / 2 - segment.lanes / 2)
    return element(
        "rect",
        x=left + step * (part.column + 0.08),
        y=middle - height / 2 + 1,
        width=0.84 * step,
        height=height - 2,
        rx=min(1.5, step / 4),
        class_=f"{part.colour} solid",
    )
