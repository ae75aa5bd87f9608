"""Charts of the lessons: both ways along the variable that matters, and the six steps to Xception."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go

from explorer.common import formats
from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.lessons.cost.lesson import Count, Study, count_of, decimal
from explorer.lessons.cost.sweep import sweep
from explorer.lessons.inception_to_xception import Cost

COUNTS: dict[Count, str] = {"weights": "weights", "macs": "multiply-adds"}
_FEW = 16
"""Points up to which each is shown by itself."""
_LINE = 36
"""Height of a bar with its gap, in pixels: that of a link beside it."""


def along(study: Study, count: Count) -> go.Figure:
    """Lines of both ways over the swept variable, dots at its present value, a dashed line at the break-even."""
    points, letter = sweep(study), study.lesson.swept
    xs = [point.values[letter] for point in points]
    lines = [[count_of(getattr(point, way).totals, count) for point in points] for way in ("plain", "saving")]
    # What lies between values that are chosen from a few means nothing.
    apart = study.lesson.variable(letter).choices is not None
    low, high = min(map(min, lines)), max(map(max, lines))
    data: list[Any] = [
        _line(xs, ys, way.side.label, colour, dotted=apart)
        for ys, way, colour in zip(lines, (study.plain, study.saving), (colours.ORANGE, colours.BLUE), strict=True)
    ]
    here = xs.index(study.values[letter])
    data.append(_now(xs[here], [ys[here] for ys in lines]))
    title, balance = study.lesson.variable(letter).words, study.balance.value
    if balance is not None and xs[0] <= balance <= xs[-1]:
        data.append(_break_even(balance, low, high))
    elif balance is not None:
        title += f" (break-even beyond it, at {decimal(balance)})"
    return go.Figure(data, _layout(title, count, _decades(low, high) if study.lesson.logarithmic else {}, high))


def _line(xs: list[int], ys: list[int], name: str, colour: str, *, dotted: bool) -> dict[str, Any]:
    hover = [formats.number(y) for y in ys]
    return {
        "type": "scatter",
        "x": xs,
        "y": ys,
        "name": name,
        "mode": "lines+markers" if dotted or len(xs) <= _FEW else "lines",
        "line": {"color": colour, "dash": "dot"} if dotted else {"color": colour, "shape": "spline"},
        "hovertext": hover,
        "hovertemplate": "%{x}: %{hovertext}",
    }


def _now(x: int, ys: list[int]) -> dict[str, Any]:
    dots = {"size": 12, "color": [colours.ORANGE, colours.BLUE], "line": {"width": 2, "color": colours.GREY}}
    return {
        "type": "scatter",
        "x": [x] * len(ys),
        "y": ys,
        "name": f"now, {x:,}",
        "mode": "markers",
        "marker": dots,
        "hoverinfo": "skip",
    }


def _break_even(x: float, low: int, high: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [x, x],
        "y": [low / 2, high * 2],
        "name": f"break-even, {decimal(x)}",
        "mode": "lines",
        "line": {"color": colours.VERMILION, "dash": "dash", "width": 1.5},
        "hoverinfo": "skip",
    }


def _layout(title: str, count: Count, decades: dict[str, Any], high: int) -> dict[str, Any]:
    return {
        "height": 310,
        "margin": TIGHT,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"title": {"text": title}, **({"type": "log", "dtick": 1} if decades else {})},
        "yaxis": {"title": {"text": COUNTS[count]}, "range": [0, 1.08 * high], "tickformat": "~s", **decades},
    }


def _decades(low: int, high: int) -> dict[str, Any]:
    """A logarithmic axis with room at both ends; few decades get a tick at 2 and 5 as well."""
    ends = [log10(low) - 0.2, log10(high) + 0.2]
    return {"type": "log", "range": ends, "dtick": "D2" if ends[1] - ends[0] < 2 else 1}


def along_steps(costs: Sequence[Cost], count: Count) -> go.Figure:
    """The cost of each stop from Inception to Xception as bars, the first on top."""
    values = [count_of(cost.totals, count) for cost in costs]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": [f"{index}." for index in range(len(costs))],
        "text": [formats.number(value) if count == "weights" else formats.macs(value) for value in values],
        "marker": {"color": colours.BLUE},
        "hoverinfo": "skip",
    }
    layout = {
        "height": _LINE * len(costs),
        "margin": {**TIGHT, "t": 0, "b": 0},
        "bargap": 0.5,
        "xaxis": {"visible": False},
        "yaxis": {"autorange": "reversed"},
    }
    return go.Figure([bars], layout)
