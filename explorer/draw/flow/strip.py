"""A network as a strip: a column for each module, by default parameters upwards and MACs downwards, the original as
a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from explorer.analysis.compare import by_module
from explorer.common import formats
from explorer.draw.flow.labels import Line
from explorer.draw.flow.picture import TYPE, Box, Picture, Text
from explorer.graph.ops import Concat
from explorer.graph.trace import NONE, NodeTrace, Totals, Trace, added

STEM = "stem"
"""What the layers before the first module are called, where they are more than two."""
_UP, _DOWN, _HEAD, _FOOT = 64.0, 34.0, 20.0, 22.0
_NARROWEST = 62.0
"""Pixels of a column, from which on the strip is wider than what it is drawn on."""


class _Column(NamedTuple):
    name: str
    modules: tuple[str, ...]
    now: Totals
    before: Totals
    last: NodeTrace | None
    last_before: NodeTrace | None


class _Bars(NamedTuple):
    """What a column is drawn by: its value above and below, and the original's."""

    up: int
    down: int
    up_before: int
    down_before: int
    words: str


class _Measure(NamedTuple):
    """What the columns of a strip stand for; where they are of one kind, above and below have one scale."""

    title: str
    bars: Callable[[_Column], _Bars]
    is_one: bool = False


def _cost(column: _Column) -> _Bars:
    now, before = column.now, column.before
    return _Bars(now.params, now.macs, before.params, before.macs, formats.short(now.params))


def _activations(column: _Column) -> _Bars:
    now = column.now.activations
    return _Bars(now, 0, column.before.activations, 0, formats.memory(now))


def _fields(column: _Column) -> _Bars:
    now, before = (_sees(row) for row in (column.last, column.last_before))
    return _Bars(now, 0, before, 0, formats.number(now) if now else "")


def _changes(column: _Column) -> _Bars:
    change = column.now.params - column.before.params
    words = f"{'−' if change < 0 else '+'}{formats.short(abs(change))}" if change else ""
    return _Bars(max(change, 0), max(-change, 0), max(change, 0), max(-change, 0), words)


MEASURES: Mapping[str, _Measure] = {
    "cost": _Measure("parameters and MACs", _cost),
    "activations": _Measure("activations", _activations),
    "field": _Measure("receptive field", _fields),
    "change": _Measure("change of parameters", _changes, is_one=True),
}
"""What the columns can stand for."""


def _sees(row: NodeTrace | None) -> int:
    """The side of the field that a module's output has, in pixels; 0 where it has no map."""
    return row.local_field[0] if row is not None and row.local_field and row.receptive_field else 0


class Scale(NamedTuple):
    """What the tallest column of several strips stands for, above and below."""

    up: int
    down: int


def scale(traces: Iterable[tuple[Trace, Trace]], by: str = "cost") -> Scale:
    """One scale for several networks, each with its original."""
    bars = [MEASURES[by].bars(column) for now, original in traces for column in _columns(now, original)]
    up = max([1, *(max(one.up, one.up_before) for one in bars)])
    down = max([1, *(max(one.down, one.down_before) for one in bars)])
    if not MEASURES[by].is_one:
        return Scale(up, down)
    # As many pixels for each parameter above as below.
    pixels = min(_UP / up, _DOWN / down)
    return Scale(round(_UP / pixels), round(_DOWN / pixels))


def strip(
    trace: Trace,
    original: Trace,
    *,
    width: float,
    opened: str = "",
    type_size: int = TYPE,
    most: Scale | None = None,
    by: str = "cost",
) -> Picture:
    """The strip of a network.

    Args:
        trace: the network.
        original: what it is compared with.
        width: pixels that it has; it takes more where it has many modules.
        opened: the module that is drawn below it.
        type_size: pixels of the text.
        most: the scale that it shares with others; its own where None.
        by: what the columns stand for, one of `MEASURES`.
    """
    columns, most = _columns(trace, original), most or scale([(trace, original)], by)
    line = round(1.25 * type_size)
    wide = max(width / max(len(columns), 1), _NARROWEST * type_size / TYPE)
    middle = _HEAD + _UP
    low = middle + line + 8
    height = low + _DOWN + _FOOT + line - TYPE
    ups, downs = _UP / most.up, _DOWN / most.down
    boxes: list[Box] = []
    texts: list[Text] = []
    for index, column in enumerate(columns):
        x, id = wide * index, column.modules[0]
        bar = min(0.58 * wide, 64.0)
        left = round(x + (wide - bar) / 2, 1)
        is_open = opened in column.modules
        boxes.append(Box(f"column {id}", round(x + 1, 1), 0, round(wide - 2, 1), round(height, 1), _frame(is_open), id))
        bars = MEASURES[by].bars(column)
        up, down = ups * bars.up, downs * bars.down
        kinds = ("mark", "mark") if MEASURES[by].is_one else ("kernel3", "kernel1")
        boxes.append(Box(f"up {id}", left, round(middle - up, 1), bar, round(up, 1), kinds[0], id))
        boxes.append(Box(f"down {id}", left, round(low, 1), bar, round(down, 1), kinds[1], id))
        if (bars.up, bars.down) != (bars.up_before, bars.down_before):
            ends = {"up": middle - ups * bars.up_before}
            if bars.down or bars.down_before:
                ends["down"] = low + downs * bars.down_before
            for kind, y in ends.items():
                boxes.append(Box(f"original {kind} {id}", left - 4, round(y - 1.2, 1), bar + 8, 2.4, "mark", id))
        center = round(x + wide / 2, 1)
        top = middle - max(up, ups * bars.up_before) - 5
        texts.append(Text(f"number {id}", center, round(top, 1), "middle", ((bars.words, "plain small"),)))
        texts.append(
            Text(f"name {id}", center, round(middle + 0.9 * line, 1), "middle", (_title(column, wide, type_size),))
        )
        texts.append(Text(f"map {id}", center, round(height - 6, 1), "middle", _map(column.last, wide, type_size)))
    size = round(wide * max(len(columns), 1), 1), round(height, 1)
    return Picture(*size, (), tuple(boxes), tuple(texts), (), type_size)


def _frame(is_open: bool) -> str:
    return "opened" if is_open else "column"


def _columns(trace: Trace, original: Trace) -> Sequence[_Column]:
    now, before = by_module(trace), by_module(original)
    # What costs nothing, such as a pool between two modules, belongs to the column before it.
    behind: dict[str, list[str]] = {}
    for name in {**before, **now}:
        if _counts(now.get(name, NONE)) or _counts(before.get(name, NONE)):
            behind[name] = [name]
        elif behind:
            behind[next(reversed(behind))].append(name)
    names = list(behind)
    last, last_before = ({name: rows[-1] for name, rows in one.modules.items()} for one in (trace, original))
    first = next((index for index, name in enumerate(names) if _branches(trace, name)), 0)
    groups = [tuple(names[:first])] if first > 2 else [(name,) for name in names[:first]]
    groups += [(name,) for name in names[first:]]
    return [
        _Column(
            STEM if len(group) > 1 else group[0],
            group,
            _sum(now, [one for name in group for one in behind[name]]),
            _sum(before, [one for name in group for one in behind[name]]),
            last.get(group[-1]),
            last_before.get(group[-1]),
        )
        for group in groups
    ]


_KIND = re.compile(r"^(inception_|mixed_|conv2d_|block(?=\d))")
"""What the modules of a network have in common in their names."""


def _counts(totals: Totals) -> bool:
    return totals.params + totals.macs > 0


def _sum(totals: Mapping[str, Totals], names: Sequence[str]) -> Totals:
    return added([totals[name] for name in names if name in totals])


def _branches(trace: Trace, name: str) -> bool:
    return any(isinstance(row.op, Concat) or len(row.inputs) > 1 for row in trace.modules.get(name, ()))


def _title(column: _Column, wide: float, type_size: int) -> tuple[str, str]:
    """The name as it fits: `3a` for `inception_3a`, the end of a long one."""
    name = _KIND.sub("", column.name)
    most = max(int(wide / (0.55 * type_size)), 3)
    return (name if len(name) <= most else f"…{name[-(most - 1) :]}", "strong")


def _map(row: NodeTrace | None, wide: float, type_size: int) -> Line:
    """The side of the map that a module makes, and what it sees."""
    if row is None:
        return (("", "plain small"),)
    if len(row.out_shape) < 2 or row.out_shape[1:] == (1, 1):
        return ((f"{row.out_shape[0]}", "plain small"),)
    side = f"{row.out_shape[1]}²" if row.out_shape[1] == row.out_shape[2] else f"{row.out_shape[1]}×{row.out_shape[2]}"
    field = _sees(row)
    words = f"{side} · sees {field}" if field else side
    return ((words if 0.49 * type_size * len(words) < wide - 2 else side, "plain small"),)
