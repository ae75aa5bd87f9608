"""What each module of a network, or each branch of a module, costs beside another: bars as SVG.

It follows a drag, which a plotted figure is too slow for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from explorer.analysis.compare import by_module
from explorer.common import formats
from explorer.draw.svg import document, element, written
from explorer.graph.trace import NONE, Totals, Trace

ROW = 22
"""Height of one bar with its gap, in pixels."""
_HEAD, _NAMES, _COLUMN, _WORDS = 22, 100, 118, 66


class Column(NamedTuple):
    """One quantity: its title, what it is of a module, how it is written, and its colour in `colours.PALETTE`."""

    title: str
    value: Callable[[Totals], int]
    write: Callable[[int], str]
    colour: str


COLUMNS = (
    Column("Parameters", lambda totals: totals.params, formats.number, "blue"),
    Column("MACs", lambda totals: totals.macs, formats.short, "orange"),
    Column("Activations", lambda totals: totals.activations, formats.memory, "green"),
)


def by_module_beside(trace: Trace, other: Trace) -> str:
    """A row for each module that has something to count, a bar for each quantity, and a tick where the other
    network's bar would end.
    """
    now, before = by_module(trace), by_module(other)
    names = [name for name in {**before, **now} if _counts(now.get(name, NONE)) or _counts(before.get(name, NONE))]
    parts = [_name(row, name) for row, name in enumerate(names)]
    for index, column in enumerate(COLUMNS):
        parts += _column(index, column, names, now, before)
    return document(_NAMES + len(COLUMNS) * _COLUMN, _HEAD + ROW * len(names) + 4, *parts)


def _counts(totals: Totals) -> bool:
    return totals.params + totals.macs > 0


# Most of them stay as they are while a hand moves: what is drawn is kept as text.
@lru_cache(maxsize=8192)
def _name(row: int, name: str) -> str:
    short = name if len(name) < 16 else f"…{name[-14:]}"
    return written(element("text", short, x=_NAMES - 6, y=_HEAD + ROW * (row + 0.68), text_anchor="end"))


def _column(
    index: int, column: Column, names: Sequence[str], now: Mapping[str, Totals], before: Mapping[str, Totals]
) -> list[str]:
    left = float(_NAMES + index * _COLUMN)
    new = [column.value(now.get(name, NONE)) for name in names]
    old = [column.value(before.get(name, NONE)) for name in names]
    unit = (_COLUMN - _WORDS) / max([*new, *old, 1])
    title = written(element("text", column.title, x=left, y=14, class_="title"))
    return [title, *(_bar(left, row, unit, *pair, column) for row, pair in enumerate(zip(new, old, strict=True)))]


@lru_cache(maxsize=8192)
def _bar(left: float, row: int, unit: float, new: int, old: int, column: Column) -> str:
    top = float(_HEAD + ROW * row)
    size = {"width": max(unit * new, 1.0), "height": ROW - 6}
    bar = element("rect", x=left, y=top + 3, class_=f"{column.colour} solid", **size)
    words = element("text", column.write(new), x=left + unit * max(new, old) + 5, y=top + ROW * 0.68)
    if new == old:
        return written(element("g", bar, words))
    end = left + unit * old
    tick = element("path", d=f"M{end:.1f},{top + 1:.1f}v{ROW - 2}", class_="grey line", stroke_width=2.5)
    return written(element("g", bar, tick, words))
