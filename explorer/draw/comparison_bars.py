"""What networks cost beside each other: bars on a linear scale, each in pieces by the network's modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import NamedTuple
from xml.etree.ElementTree import Element

from explorer.analysis.compare import by_module
from explorer.common import formats
from explorer.draw import colours
from explorer.draw.svg import document, element
from explorer.graph.trace import Totals, Trace


class Quantity(NamedTuple):
    """A number of a network: its title, what it is of a module, and how it is written."""

    title: str
    value: Callable[[Totals], int]
    write: Callable[[int], str]


QUANTITIES = (
    Quantity("Parameters", lambda totals: totals.params, formats.number),
    Quantity("MACs", lambda totals: totals.macs, formats.macs),
    Quantity("Activations", lambda totals: totals.activations, formats.memory),
)
_COLUMN, _BAR, _ROW, _HEAD, _HIGH = 410.0, 250.0, 48.0, 24.0, 20.0
_TEXT = "font-size:14px"
_SHADES = (1.0, 0.72)
"""Of the pieces in turn, so that each is told from the next."""


def bars(traces: Mapping[str, Trace]) -> str:
    """A column for each quantity, and in it a bar for each network, the first the measure of the others.

    Args:
        traces: by the networks' labels.
    """
    parts = [part for index, quantity in enumerate(QUANTITIES) for part in _column(index * _COLUMN, quantity, traces)]
    return document(len(QUANTITIES) * _COLUMN - 10, _HEAD + _ROW * len(traces), *parts)


def _column(left: float, quantity: Quantity, traces: Mapping[str, Trace]) -> list[Element]:
    values = [quantity.value(trace.totals) for trace in traces.values()]
    unit = _BAR / max([1, *values])
    parts = [element("text", quantity.title, x=left, y=15, class_="title", style=_TEXT)]
    for row, (label, trace) in enumerate(traces.items()):
        top = _HEAD + _ROW * row
        parts.append(element("text", _short(label), x=left, y=top + 14, style=_TEXT))
        x = left
        for (name, totals), shade in zip(by_module(trace).items(), cycle(_SHADES), strict=False):
            wide = unit * quantity.value(totals)
            style = f"fill-opacity:{shade};stroke:none"
            place = {"x": x, "y": top + 20, "width": wide, "height": _HIGH}
            hint = element("title", f"{name}: {quantity.write(quantity.value(totals))}")
            parts.append(element("rect", hint, class_=colours.CYCLE[row], style=style, **place))
            x += wide
        ratio = formats.ratio(values[0], values[row]) if row else ""
        words = f"{quantity.write(values[row])} {ratio}".strip()
        parts.append(element("text", words, x=x + 8, y=top + 35, style=f"{_TEXT};font-weight:600"))
    return parts


def _short(label: str) -> str:
    return label if len(label) <= 44 else f"{label[:43]}…"
