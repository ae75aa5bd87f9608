"""The tensors of a lesson as a picture: a row for each way, maps and filters as blocks, vectors as bars.

Blocks are drawn in proportion: sides of maps among each other, windows among each other, and the channels
of both; what would be too thin to see is drawn as thin as can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element

from explorer.common import formats
from explorer.draw import colours
from explorer.draw.svg import document, element
from explorer.graph.ops import Conv2d, DepthwiseConv2d, Flatten, Linear, Op, Shape
from explorer.graph.trace import NodeTrace
from explorer.lessons.cost.choices import several
from explorer.lessons.cost.lesson import Count, Study, Way, filter_depth, written

_CELL, _ROW, _WIDE = 96.0, 158.0, 530.0
"""Room of one block and of one way, and the widest picture, in pixels."""
_MAP, _WINDOW, _DEPTH, _BAR = 52.0, 30.0, 52.0, 84.0
"""The longest side of a map and of a window, the deepest block, the longest bar, in pixels."""
_LEAST = 3.0
_MIDDLE, _LABELS = 70, 124
"""Heights within a row: of the blocks' middle and of their first label."""


class _Block(NamedTuple):
    """One thing in the row.

    Args:
        face: its height and width in pixels.
        depth: in pixels; nothing for a bar.
        colour: a name of the palette.
        labels: lines below it.
        window: shares of its height and width that the next window covers.
        linked: whether every value of the block before it feeds every one of its own.
    """

    face: tuple[float, float]
    depth: float
    colour: str
    labels: tuple[str, ...]
    window: tuple[float, float] | None = None
    linked: bool = False

    def shrunk(self, by: float) -> _Block:
        """The same in less room."""
        height, width = self.face
        return self._replace(face=(height * by, width * by), depth=self.depth * by)


class _Scale(NamedTuple):
    """What the largest of each kind measures."""

    side: int
    window: int
    channels: int
    features: int


def tensors(study: Study, count: Count) -> str:
    """The picture as SVG."""
    rows = [_row(way, _scale(study), count) for way in (study.plain, study.saving)]
    most = max(len(blocks) for _, blocks in rows)
    cell = min(_CELL, _WIDE / most)
    drawn: list[Element] = []
    for index, (way, blocks) in enumerate(rows):
        title = f"{way.side.label}: {written(way.totals, count)}{' weights' if count == 'weights' else ''}"
        drawn += [element("text", title, x=4, y=index * _ROW + 16, class_="title")]
        drawn += _drawn([block.shrunk(cell / _CELL) for block in blocks], index * _ROW, cell)
    return document(cell * most, _ROW * len(rows), *drawn)


def alt_text(study: Study, count: Count) -> str:
    """The same in words."""
    rows = [_row(way, _scale(study), count) for way in (study.plain, study.saving)]
    return " ".join(f"{way.side.label}: {'; '.join(', '.join(block.labels) for block in row)}." for way, row in rows)


def _scale(study: Study) -> _Scale:
    rows = [*study.plain.trace.rows, *study.saving.trace.rows]
    maps = [row.out_shape for row in rows if len(row.out_shape) == 3]
    windows = [max(row.op.kernel_size) for row in rows if isinstance(row.op, Conv2d | DepthwiseConv2d)]
    features = [row.out_shape[0] for row in rows if len(row.out_shape) == 1]
    return _Scale(
        max(shape[1] for shape in maps),
        max(windows, default=1),
        max(shape[0] for shape in maps),
        max(features, default=1),
    )


def _row(way: Way, scale: _Scale, count: Count) -> tuple[Way, list[_Block]]:
    blocks: list[_Block] = []
    for row in way.trace.rows:
        if isinstance(row.op, Conv2d | DepthwiseConv2d):
            height, width = (min(1.0, size / row.in_shapes[0][1]) for size in row.op.kernel_size)
            blocks[-1] = blocks[-1]._replace(window=(height, width))
            blocks.append(_filters(row, row.op, scale, count))
        if not (isinstance(row.op, Flatten) and row.in_shapes[0][1:] == (1, 1)):
            blocks.append(_tensor(row, scale, count))
    return way, blocks


def _filters(row: NodeTrace, op: Conv2d | DepthwiseConv2d, scale: _Scale, count: Count) -> _Block:
    seen = filter_depth(row)
    height, width = (max(_LEAST, _WINDOW * size / scale.window) for size in op.kernel_size)
    size = f"{formats.pair(op.kernel_size)}x{seen}"
    labels = (size, several(row.out_shape[0], "filter"), written(row, count))
    return _Block((height, width), _depth(seen, scale), _colour(op), labels)


def _tensor(row: NodeTrace, scale: _Scale, count: Count) -> _Block:
    shape = row.out_shape
    if len(shape) == 3:
        side = max(_LEAST, _MAP * shape[1] / scale.side)
        pooled = "grey" if row.name == "input" or row.params else _colour(row.op)
        return _Block((side, side), _depth(shape[0], scale), pooled, (formats.size(shape), *_said(row.op, shape)))
    height = max(_LEAST, _BAR * shape[0] / scale.features)
    linked = isinstance(row.op, Linear)
    labels = (several(shape[0], "value"), written(row, count) if linked else "flattened")
    return _Block((height, 12.0), 0.0, _colour(row.op) if linked else "grey", labels, linked=linked)


def _said(op: Op, shape: Shape) -> tuple[str, ...]:
    return ("means",) if shape[1:] == (1, 1) and op.whole_image else ()


def _depth(channels: int, scale: _Scale) -> float:
    return max(_LEAST, _DEPTH * channels / scale.channels)


def _colour(op: Op) -> str:
    """The name of an op's colour, which is a class of the picture."""
    return next(name for name, colour in colours.PALETTE.items() if colour == colours.colour(op))


def _drawn(blocks: list[_Block], top: float, cell: float) -> Iterable[Element]:
    for index, block in enumerate(blocks):
        centre, middle = cell * (index + 0.5), top + _MIDDLE
        if block.linked:
            yield _link(blocks[index - 1], block, centre - cell, centre, middle)
        elif index:
            yield element("text", "→", x=cell * index, y=middle + 4, text_anchor="middle", class_="muted")
        yield from _cuboid(block, centre, middle)
        for line, label in enumerate(block.labels):
            quiet = {"class_": "muted"} if line else {}
            yield element("text", label, x=centre, y=top + _LABELS + 14 * line, text_anchor="middle", **quiet)


def _cuboid(block: _Block, centre: float, middle: float) -> Iterable[Element]:
    """A block seen from the front, its depth going up to the right at half its length."""
    height, width = block.face
    slant = block.depth / 2
    left, top = centre - (width + slant) / 2, middle - (height - slant) / 2
    right, bottom = left + width, top + height
    yield element("rect", x=left, y=top, width=width, height=height, class_=block.colour)
    if slant:
        roof = [(left, top), (left + slant, top - slant), (right + slant, top - slant), (right, top)]
        flank = [(right, top), (right + slant, top - slant), (right + slant, bottom - slant), (right, bottom)]
        yield from (_polygon(corners, block.colour) for corners in (roof, flank))
    if block.window:
        tall, wide = (max(2.0, share * width) for share in block.window)
        x, y = left + (width - wide) / 2, top + (height - tall) / 2
        yield element("rect", x=x, y=y, width=wide, height=tall, class_="blue")


def _link(before: _Block, block: _Block, start: float, end: float, middle: float) -> Element:
    """Every value of one bar to every value of the next."""
    left = start + before.face[1] / 2 + before.depth / 4 + 3
    right = end - block.face[1] / 2 - 3
    first, second = (before.face[0] + before.depth / 2) / 2, block.face[0] / 2
    corners = [(left, middle - first), (right, middle - second), (right, middle + second), (left, middle + first)]
    return _polygon(corners, "orange")


def _polygon(corners: list[tuple[float, float]], colour: str) -> Element:
    return element("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners), class_=colour)
