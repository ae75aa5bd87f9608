"""Where everything of a module's picture stands.

Chains stand side by side and flow downwards. A box is as wide as its layer has filters and as high as each
costs, on one scale for the network and its original, chosen so that the higher of the two fills the height.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from explorer.analysis.chains import Chain, Fork, Layer, Structure
from explorer.common import formats
from explorer.draw.flow import items, labels
from explorer.draw.flow.items import THIN, Branches, DrawnChain, Gone, Item
from explorer.draw.flow.labels import Area, Line
from explorer.draw.flow.picture import TYPE, Box, Handle, Picture, Ribbon, Text
from explorer.graph.ops import Concat, Input

BAR = 26.0
"""Height of a bar of channels."""
_SPLIT, _GAP, _CURVE, _SHARE, _EDGE, _BESIDE = 6.0, 16.0, 76.0, 24.0, 10.0, 14.0
_WIDEST, _NARROWEST = 152.0, 48.0
"""Bounds of the pixels that the widest ribbon takes."""
_ENOUGH = 0.6
"""Of the heights that boxes have beside the shortest labels, what they must keep beside the longest."""
_LEAST = 40.0
"""Pixels that the highest box has at the least."""
_SEAM = 0.5
"""Pixels by which a piece of a ribbon reaches into the next, so that no line shows between them."""
_STEPS = 12
"""In which the scale of the heights is found; four or five are usual."""


class Width(NamedTuple):
    """A width that can be changed: what a link calls it, and its bounds."""

    key: str
    least: int
    most: int


class _End(NamedTuple):
    """Where a chain has come to: the middle of its ribbon, the ribbon's width, how far down, and where words may
    stand beside it.
    """

    x: float
    width: float
    y: float
    beside: float


def picture(
    structure: Structure,
    original: Structure | None = None,
    *,
    width: float = 1240,
    height: float = 520,
    area: Area = "params",
    widths: Mapping[str, Width] | None = None,
    type_size: int = TYPE,
) -> Picture:
    """The picture of a module.

    Args:
        structure: the module as it is.
        original: what it is compared with; None for nothing.
        width: pixels that it has; it takes more where its words need more.
        height: pixels that it fills; it takes more where its words need more.
        area: what the area of a box stands for.
        widths: for each node whose width can be changed, how.
        type_size: pixels of the text.
    """
    layouts = (
        _Layout(structure, original, width, height, area, widths or {}, type_size, lines, beside)
        for lines, beside in ((3, True), (1, True), (2, True), (2, False))
    )
    full = next(layouts)
    if full.fits and full.down >= _ENOUGH * full.bound:
        return full.drawn()
    # A label of one line is the lowest: where it has the width, nothing else is lower, and the picture grows.
    for shorter in layouts:
        if shorter.width <= width + 0.5:
            return (full if full.fits and full.down >= _ENOUGH * shorter.down else shorter).drawn()
    return (full if full.fits else shorter).drawn()


class _Layout:
    """One way to lay a module out: with labels of so many lines, beside the boxes or under them."""

    def __init__(
        self,
        structure: Structure,
        original: Structure | None,
        width: float,
        height: float,
        area: Area,
        widths: Mapping[str, Width],
        type_size: int,
        lines: int,
        beside: bool,
    ) -> None:
        self.area, self.widths, self.type_size, self.lines, self.is_beside = area, widths, type_size, lines, beside
        self.line = round(1.25 * type_size)
        self.before = None if original is None else original.layers
        gone = Gone(structure, original)
        self.chain = self._chain(structure.chain, gone)
        columns = items.columns(self.chain)
        words = max((self._wide(item.lines) for item in items.each(self.chain)), default=0.0)
        shares = max((self._wide([_share(name, 1.0)]) for name in items.branch_names(self.chain)), default=0.0)
        # Where there is no room for the names of the branches, they have their shares alone.
        self.names_shares = shares <= width / columns - 2 * _EDGE - _BESIDE - _NARROWEST
        words = max(words, shares * self.names_shares)
        room = width / columns - 2 * _EDGE - (_BESIDE + words if beside else 0.0)
        self.widest = min(max(room, _NARROWEST), _WIDEST)
        need = self.widest + _BESIDE + words if beside else max(self.widest, words)
        self.column = max(width / columns, need + 2 * _EDGE)
        self.width = self.column * columns
        if items.has_shortcut(self.chain):
            self.widest = min(self.widest, items.SHORTCUT * self.column - 2 * _EDGE)
        old = () if original is None else self._chain(original.chain, None)
        flowing = [item for chain in (self.chain, old) for item in items.each(chain) if not item.is_join]
        self.across = self.widest / max([item.layer.out_shape[0] for item in flowing])
        self.chains, self.asked_height = (self.chain, old), height
        self.down = self._fitting()
        tall, _ = self._tall(self.chain, self.down)
        self.height = max(height, tall)
        self.slack = self.height - tall
        self.fits = self.width <= width + 0.5 and self.height <= height + 0.5
        self.ribbons: list[Ribbon] = []
        self.boxes: list[Box] = []
        self.texts: list[Text] = []
        self.handles: list[Handle] = []

    # How high everything is.

    @cached_property
    def bound(self) -> float:
        """What the scale would be without a word."""
        return self._fitting(words=False)

    def _fitting(self, *, words: bool = True) -> float:
        """Pixels for each unit of a filter's cost, so that the highest chain fills the height: a height grows with
        them in a convex line of straight pieces, which Newton's steps go down from above.
        """
        chains, height = self.chains, self.asked_height
        costs = [item.size.each for chain in chains for item in items.each(chain) if item.size]
        down = height / max([*costs, 1e-9])
        for _ in range(_STEPS):
            tall, slope = max(self._tall(chain, down, words=words) for chain in chains if chain)
            if tall <= height + 0.01:
                break
            if not slope:
                break
            down = max(down - (tall - height) / slope, 0.0)
        # Where the words take all of the height, the picture grows rather than its boxes vanish.
        return max(down, _LEAST / max([*costs, 1e-9]))

    def _tall(self, chain: DrawnChain, down: float, *, outer: bool = True, words: bool = True) -> tuple[float, float]:
        """How high a chain is at a scale, with its words or without, and by how much it grows with it."""
        height, slope = (_EDGE if outer else 0.0), 0.0
        for index, item in enumerate(chain):
            if isinstance(item, Branches):
                more, growth = max([self._tall(branch, down, outer=False, words=words) for branch in item.branches])
                height += more + (_GAP + _SPLIT) * items.is_split(chain, index)
                slope += growth
                if index + 1 < len(chain):
                    height += self._foot(item) + _CURVE
            elif item.is_input:
                height += BAR
            elif index and isinstance(chain[index - 1], Branches):
                height += self._join_height()
            else:
                slot = self._slot(item, down) if words else item.height(down)
                height += _GAP + slot
                if item.size and slot > max(self._words_height(item) * words, THIN):
                    slope += item.size.each
        return height, slope

    def _slot(self, item: Item, down: float) -> float:
        """Of a layer with its label."""
        box, words = item.height(down), self._words_height(item)
        return max(box, words) if self.is_beside else box + words

    def _words_height(self, item: Item) -> float:
        words = self.line * len(item.lines)
        return words if self.is_beside or not words else words + 4

    def _foot(self, fork: Branches) -> float:
        return _SHARE if self.is_beside and items.has_shares(fork) else 0.0

    def _join_height(self) -> float:
        return BAR if self.is_beside else BAR + self.line + 6

    # What stands at each layer.

    def _chain(self, chain: Chain, gone: Gone | None) -> DrawnChain:
        """A chain as it is drawn, and in it what is gone."""
        made: list[Item | Branches] = []
        for item in chain:
            if isinstance(item, Fork):
                made.append(Branches(tuple([self._chain(branch, gone) for branch in item.branches])))
                continue
            before, behind = ((), ()) if gone is None else gone.around(item)
            made += [self._item(layer, is_gone=True) for layer in before]
            made.append(self._item(item, is_gone=False))
            made += [self._item(layer, is_gone=True) for layer in behind]
        return tuple(made)

    def _item(self, layer: Layer, *, is_gone: bool) -> Item:
        size = labels.size(layer, self.area)
        return Item(layer, size, self._lines(layer, size, is_gone=is_gone), is_gone=is_gone)

    def _lines(self, layer: Layer, size: labels.Size | None, *, is_gone: bool) -> tuple[Line, ...]:
        op = layer.first.op
        if isinstance(op, Input) or len(layer.first.inputs) > 1:
            return ()
        if is_gone:
            less = labels.difference(0, labels.cost(layer.totals, self.area), self.area)
            title = f"{labels.kind(op)} · {formats.number(layer.out_shape[0])}"
            why = f"gone {less}".strip()
            if not self.is_beside:
                return ((title, "plain"),), ((why, "changed"),)
            return (((title, "plain"), (f" {why}", "changed")),)
        if size is None:
            words = labels.kind(op).split(" ", 0 if self.is_beside else 1)
            return tuple([((word, "pool" if op.family == "pool" else "plain"),) for word in words])
        original = self.before.get(layer.name) if self.before else None
        label = labels.label(layer, self.area, original, compares=self.before is not None)
        return label.lines(self.lines) if self.is_beside else label.under()

    def _wide(self, lines: Sequence[Line]) -> float:
        """Pixels that the widest of some lines takes, roughly."""
        return max((0.53 * self.type_size * sum(len(words) for words, _ in line) for line in lines), default=0.0)

    # Where it all stands.

    def drawn(self) -> Picture:
        """All of it, placed."""
        ends = self._place(self.chain, 0.0, self.width, 0.0, 0.0, None)
        for end in ends:  # a network that ends in one line
            self._ribbon(f"end {end.x:.0f}", end, end._replace(y=min(end.y + _EDGE, self.height)))
        parts = (tuple(self.ribbons), tuple(self.boxes), tuple(self.texts), tuple(self.handles))
        return Picture(round(self.width, 1), round(self.height, 1), *parts, self.type_size)

    def _axis(self, left: float, right: float) -> float:
        middle = (left + right) / 2
        is_narrow = right - left < 0.9 * self.column  # a shortcut's
        return middle if is_narrow or not self.is_beside else middle - self.column / 2 + _EDGE + self.widest / 2

    def _place(
        self, chain: DrawnChain, left: float, right: float, y: float, width: float, outer: Branches | None
    ) -> list[_End]:
        """Places a chain that begins at `y`, where it reads a ribbon of this width; where it ends."""
        x = self._axis(left, right)
        half = max([0.0, *(self._box_width(item) for item in chain if isinstance(item, Item))]) / 2
        beside = x + half + _BESIDE
        ends = [_End(x, width, y, beside)]
        for index, item in enumerate(chain):
            if isinstance(item, Branches):
                ends = self._place_fork(item, left, right, ends[0], is_split=items.is_split(chain, index))
            elif item.is_input:
                ends = [self._place_input(item.layer, x)]
            elif index and isinstance(previous := chain[index - 1], Branches):
                ends = [self._place_join(item.layer, previous, ends, (left + right) / 2, is_outer=outer is None)]
            else:
                ends = [self._place_layer(item, ends[0]._replace(x=x, beside=beside))]
        return ends

    def _box_width(self, item: Item) -> float:
        return 0.0 if item.is_input or item.is_join else item.layer.out_shape[0] * self.across

    def _place_input(self, layer: Layer, x: float) -> _End:
        self._box(layer.name, self.width / 2, 0.0, self.width, BAR, "bar")
        top = 0.7 * BAR
        shape = formats.size(layer.out_shape).replace("x", " × ")
        self._text(f"{layer.name} name", _EDGE, top, "start", (("input ", "strong"), (shape, "strong")))
        legend = (("width of a box: filters · height: ", "plain"), (_HEIGHT[self.area], "plain"), (" · ", "plain"))
        line: Line = (*legend, (f"area: {_AREA[self.area]}", "strong"))
        if self._wide([line]) + 250 > self.width:
            line = line[-1:]
        self._text(f"{layer.name} legend", self.width - _EDGE, top, "end", line)
        return _End(x, layer.out_shape[0] * self.across, BAR, x)

    def _place_fork(self, fork: Branches, left: float, right: float, end: _End, *, is_split: bool) -> list[_End]:
        y = end.y
        if is_split:
            self._ribbon(f"split {end.x:.0f} {end.y:.0f}", end, end._replace(y=y + _GAP))
            middle, wide = (left + right) / 2, right - left - 2 * _EDGE
            self._box(f"split {left:.0f} {y:.0f}", middle, y + _GAP, wide, _SPLIT, "bar")
            y += _GAP + _SPLIT
        unit, ends = (right - left) / items.columns((fork,)), []
        for branch in fork.branches:
            wide = unit * items.columns(branch)
            ends += self._place(branch, left, left + wide, y, end.width, fork)
            left += wide
        bottom = max(end.y for end in ends) + self._slack()
        for end in ends:
            self._ribbon(f"down {end.x:.0f} {end.y:.0f}", end, end._replace(y=bottom))
        return [end._replace(y=bottom) for end in ends]

    def _slack(self) -> float:
        """What the original is higher by: the first branches that end together are longer by it."""
        slack, self.slack = self.slack, 0.0
        return slack

    def _place_layer(self, item: Item, end: _End) -> _End:
        layer, gone = item.layer, item.is_gone
        slot, high, wide = self._slot(item, self.down), item.height(self.down), self._box_width(item)
        top = end.y + _GAP
        y = top + (slot - high) / 2 if self.is_beside else top
        name = f"gone {layer.name}" if gone else layer.name
        reads = end.width
        hands_on = reads if gone else wide
        box_top = end._replace(y=y)
        self._ribbon(f"before {name}", end, box_top._replace(y=max(y - _GAP, end.y)))
        self._ribbon(f"into {name}", end._replace(y=max(y - _GAP, end.y)), box_top._replace(width=hands_on))
        if gone or item.size is None:
            self._ribbon(f"through {name}", box_top._replace(width=hands_on), _End(end.x, hands_on, y + high, 0))
        self._ribbon(f"behind {name}", _End(end.x, hands_on, y + high, 0), _End(end.x, hands_on, top + slot, 0))
        self._words(name, item, end, y, high, wide)
        if gone:
            self._box(name, end.x, y, wide, high, "gone", layer.name)
        else:
            self._own_box(layer, end.x, y, wide, high)
        return end._replace(width=hands_on, y=top + slot)

    def _own_box(self, layer: Layer, x: float, y: float, wide: float, high: float) -> None:
        old = self.before.get(layer.name) if self.before else None
        self._ghost(layer, old, x, y + high / 2, wide, high)
        now = labels.cost(layer.totals, self.area)
        is_changed = self.before is not None and (old is None or labels.cost(old.totals, self.area) != now)
        self._box(layer.name, x, y, wide, high, labels.style(layer.first.op), layer.name, is_changed)
        if (width := self.widths.get(layer.name)) is not None:
            self.handles.append(
                Handle(
                    layer.name,
                    round(x + wide / 2, 1),
                    round(y + high / 2, 1),
                    width.key,
                    f"{layer.name}: filters",
                    layer.first.out_shape[0],
                    width.least,
                    width.most,
                    round(2 / self.across, 3),
                )
            )

    def _ghost(self, layer: Layer, old: Layer | None, x: float, y: float, wide: float, high: float) -> None:
        """The original behind a box of another size."""
        size = None if old is None else labels.size(old, self.area)
        if size is None:
            return
        old_wide, old_high = size.filters * self.across, max(size.each * self.down, THIN)
        if abs(old_wide - wide) + abs(old_high - high) > 1:
            self._box(f"ghost {layer.name}", x, y - old_high / 2, old_wide, old_high, "ghost", layer.name)

    def _words(self, name: str, item: Item, end: _End, y: float, high: float, wide: float) -> None:
        lines = item.lines
        if item.size is None and not item.is_gone and self.is_beside and self._wide(lines) + 8 < wide:
            self._text(name, end.x, y + high / 2 + 0.35 * self.type_size, "middle", lines[0])
            return
        x, anchor = (end.beside, "start") if self.is_beside else (end.x, "middle")
        first = y + high / 2 - self.line * len(lines) / 2 if self.is_beside else y + high + 2
        for index, line in enumerate(lines):
            self._text(f"{name} {index}", x, first + self.line * (index + 0.78), anchor, line)

    def _place_join(self, layer: Layer, fork: Branches, ends: Sequence[_End], x: float, *, is_outer: bool) -> _End:
        op, channels = layer.first.op, layer.out_shape[0]
        bottom = ends[0].y
        if self._foot(fork):
            self._shares(fork, ends)
        top = bottom + self._foot(fork) + _CURVE
        wide = channels * self.across
        edge = x - wide / 2
        for index, end in enumerate(ends):
            start = end._replace(y=bottom + self._foot(fork))
            self._ribbon(f"foot {layer.name} {index}", end, start)
            middle = edge + end.width / 2 if isinstance(op, Concat) else x
            self._ribbon(f"join {layer.name} {index}", start, _End(middle, end.width, top, 0))
            if isinstance(op, Concat):
                self._box(f"{layer.name} {index}", middle, top, end.width, BAR, "segment", layer.name)
                count = formats.number(round(end.width / self.across))
                if self._wide([((count, ""),)]) + 4 < end.width:
                    self._text(f"{layer.name} {index}", middle, top + 0.7 * BAR, "middle", ((count, "strong"),))
                edge += end.width
        if not isinstance(op, Concat):
            self._box(layer.name, x, top, max(wide, 60.0), BAR, "segment", layer.name)
        self._join_words(layer, ends, x, top, max(wide, 60.0), is_outer=is_outer)
        return _End(x, wide, top + self._join_height(), x + wide / 2 + _BESIDE)

    def _join_words(
        self, layer: Layer, ends: Sequence[_End], x: float, top: float, wide: float, *, is_outer: bool
    ) -> None:
        op, old = layer.first.op, self.before.get(layer.name) if self.before else None
        shape = formats.size(layer.out_shape).replace("x", " × ")
        more = layer.out_shape[0] - old.out_shape[0] if old is not None else 0
        line: Line = ((f"{labels.kind(op)} {shape}", "strong"),)
        line += ((f" {formats.signed(more)}", "changed"),) if more else ()
        if not self.is_beside:
            self._text(f"{layer.name} name", x, top + BAR + self.line, "middle", line)
            return
        self._text(f"{layer.name} name", x + wide / 2 + _BESIDE, top + 0.7 * BAR, "start", line)
        if isinstance(op, Concat) and is_outer:
            parts = " + ".join(formats.number(round(end.width / self.across)) for end in ends)
            words = f"{parts} channels side by side"
            self._text(f"{layer.name} sum", x - wide / 2 - _BESIDE, top + 0.7 * BAR, "end", ((words, "plain"),))

    def _shares(self, fork: Branches, ends: Sequence[_End]) -> None:
        """What each branch has of the whole, below it."""
        costs = [labels.cost(items.sums(branch), self.area) for branch in fork.branches]
        remaining = [*ends]
        for branch, cost in zip(fork.branches, costs, strict=True):
            mine, remaining = remaining[: items.ends(branch)], remaining[items.ends(branch) :]
            if name := items.branch_name(branch):
                line = _share(name, cost / max(sum(costs), 1))[0 if self.names_shares else 1 :]
                self._text(f"share {name}", mine[0].beside, mine[0].y + 0.7 * _SHARE, "start", line)

    # The pieces.

    def _box(
        self, id: str, x: float, y: float, wide: float, high: float, style: str, layer: str = "", changed: bool = False
    ) -> None:
        place = (round(x - wide / 2, 1), round(y, 1), round(wide, 1), round(high, 1))
        self.boxes.append(Box(id, *place, style, layer, changed))

    def _text(self, id: str, x: float, y: float, anchor: str, pieces: Line) -> None:
        self.texts.append(Text(id, round(x, 1), round(y, 1), anchor, pieces))

    def _ribbon(self, id: str, start: _End, end: _End) -> None:
        if end.y - start.y > 0.05:
            self.ribbons.append(Ribbon(id, _band(start, end)))


_HEIGHT = {"params": "weights of each", "macs": "multiply-adds of each", "activations": "positions of the map"}
_AREA = {"params": "parameters", "macs": "MACs", "activations": "activations"}


def _band(start: _End, end: _End) -> str:
    """From one width to another, in a curve where it changes its place."""
    a, b, c, d = start.x - start.width / 2, start.x + start.width / 2, end.x - end.width / 2, end.x + end.width / 2
    top, bottom = start.y, end.y + _SEAM
    if start.x == end.x:
        return f"M{a:.1f},{top:.1f}H{b:.1f}L{d:.1f},{bottom:.1f}H{c:.1f}Z"
    middle = (top + bottom) / 2
    right = f"C{b:.1f},{middle:.1f} {d:.1f},{middle:.1f} {d:.1f},{bottom:.1f}"
    left = f"C{c:.1f},{middle:.1f} {a:.1f},{middle:.1f} {a:.1f},{top:.1f}"
    return f"M{a:.1f},{top:.1f}H{b:.1f}{right}H{c:.1f}{left}Z"


def _share(name: str, share: float) -> Line:
    return (f"{name}: ", "plain"), (formats.percent(share, places=0), "strong")
