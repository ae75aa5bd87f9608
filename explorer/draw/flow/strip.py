"""A network as a strip: a column for each module, parameters upwards, MACs downwards, the original as a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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


class Scale(NamedTuple):
    """What the tallest column of several strips stands for.

    Args:
        params: parameters of the tallest above.
        macs: MACs of the tallest below.
    """

    params: int
    macs: int


def scale(traces: Iterable[tuple[Trace, Trace]]) -> Scale:
    """One scale for several networks, each with its original."""
    columns = [column for now, original in traces for column in _columns(now, original)]
    both = [totals for column in columns for totals in (column.now, column.before)]
    return Scale(max([1, *(totals.params for totals in both)]), max([1, *(totals.macs for totals in both)]))


def strip(
    trace: Trace,
    original: Trace,
    *,
    width: float,
    opened: str = "",
    type_size: int = TYPE,
    most: Scale | None = None,
) -> Picture:
    """The strip of a network.

    Args:
        trace: the network.
        original: what it is compared with.
        width: pixels that it has; it takes more where it has many modules.
        opened: the module that is drawn below it.
        type_size: pixels of the text.
        most: the scale that it shares with others; its own where None.
    """
    columns, most = _columns(trace, original), most or scale([(trace, original)])
    line = round(1.25 * type_size)
    wide = max(width / max(len(columns), 1), _NARROWEST * type_size / TYPE)
    middle = _HEAD + _UP
    low = middle + line + 8
    height = low + _DOWN + _FOOT + line - TYPE
    params, macs = _UP / most.params, _DOWN / most.macs
    boxes: list[Box] = []
    texts: list[Text] = []
    for index, column in enumerate(columns):
        x, id = wide * index, column.modules[0]
        bar = min(0.58 * wide, 64.0)
        left = round(x + (wide - bar) / 2, 1)
        is_open = opened in column.modules
        boxes.append(Box(f"column {id}", round(x + 1, 1), 0, round(wide - 2, 1), round(height, 1), _frame(is_open), id))
        up, down = params * column.now.params, macs * column.now.macs
        is_changed = column.now != column.before
        boxes.append(Box(f"params {id}", left, round(middle - up, 1), bar, round(up, 1), "kernel3", id))
        boxes.append(Box(f"macs {id}", left, round(low, 1), bar, round(down, 1), "kernel1", id))
        if is_changed:
            for kind, y in (
                ("params", middle - params * column.before.params),
                ("macs", low + macs * column.before.macs),
            ):
                boxes.append(Box(f"original {kind} {id}", left - 4, round(y - 1.2, 1), bar + 8, 2.4, "mark", id))
        center = round(x + wide / 2, 1)
        number = formats.short(column.now.params)
        top = middle - max(up, params * column.before.params) - 5
        texts.append(Text(f"number {id}", center, round(top, 1), "middle", ((number, "plain small"),)))
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
    names = [name for name in {**before, **now} if _counts(now.get(name, NONE)) or _counts(before.get(name, NONE))]
    last = {name: rows[-1] for name, rows in trace.modules.items()}
    first = next((index for index, name in enumerate(names) if _branches(trace, name)), 0)
    groups = [tuple(names[:first])] if first > 2 else [(name,) for name in names[:first]]
    groups += [(name,) for name in names[first:]]
    return [
        _Column(
            STEM if len(group) > 1 else group[0],
            group,
            _sum(now, group),
            _sum(before, group),
            last.get(group[-1]),
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
    field = row.local_field
    sees = f" · sees {field[0]}" if field and row.receptive_field else ""
    words = side + sees
    return ((words if 0.49 * type_size * len(words) < wide - 2 else side, "plain small"),)
