"""Charts of several runs: their curves on one another, and what accuracy costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.draw.charts.run import AXIS, HEIGHT, axis, listed, name, written
from explorer.runs.events import Validation
from explorer.runs.measures import MEASURES
from explorer.runs.table import OVER, PRICES, RunSummary

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def overlay(lines: Mapping[str, Sequence[Validation]], what: str, over: str) -> go.Figure:
    """Loss or accuracy on the held-out images, a line a run.

    Args:
        lines: what was measured, by the run's label.
        what: in `MEASURES`.
        over: in `OVER`.
    """
    traces = [
        {
            "type": "scatter",
            "x": [getattr(point, over) for point in points],
            "y": [getattr(point, what) for point in points],
            "name": name(label, 60),
            "mode": "lines+markers",
            "line": {"color": colours.nth(index), "dash": _DASHES[index]},
            "marker": {"symbol": _MARKS[index], "size": 7},
            "cliponaxis": False,
            "hovertemplate": f"%{{y:{written(what)}}}<extra>%{{fullData.name}}, %{{x:.3g}}</extra>",
        }
        for index, (label, points) in enumerate(lines.items())
    ]
    title = f"{MEASURES[what].title} on the held-out images"
    figure = _figure(traces, title, {"title_text": OVER[over], "rangemode": "tozero"}, axis(what))
    return figure.update_layout(listed(len(traces)))


def scatter(lines: Sequence[RunSummary], chosen: Mapping[str, str], price: str) -> go.Figure:
    """Accuracy of finished runs against what they cost: all in grey, the chosen ones marked as in `overlay`.

    Args:
        lines: of runs; those without an accuracy are left out.
        chosen: labels of the chosen runs, by id.
        price: in `PRICES`.
    """
    known = [line for line in lines if line.accuracy is not None and getattr(line, price)]
    form = "%{x:.3g} s" if price == "seconds" else f"%{{x:,}} {PRICES[price]}"
    groups = [([line for line in known if line.id not in chosen], "other runs", _GREY)]
    for index, (id, label) in enumerate(chosen.items()):
        mark = {"color": colours.nth(index), "symbol": _MARKS[index], "size": 13}
        groups.append(([line for line in known if line.id == id], name(label, 60), mark))
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [getattr(line, price) for line in group],
            "y": [line.accuracy for line in group],
            "text": [name(f"{line.network} on {line.data}", 60) for line in group],
            "name": label,
            "marker": mark,
            "hovertemplate": f"%{{text}}: %{{y:.1%}}, {form}<extra></extra>",
        }
        for group, label, mark in groups
        if group
    ]
    title = "Held-out accuracy" + ("; grey: not ticked" if chosen else "")
    x = {"title_text": PRICES[price], "type": "log", "tickformat": "~s"}
    y = {"tickformat": ".4~p", "autorangeoptions": {"clipmin": -0.02, "clipmax": 1.02}}
    return _figure(traces, title, x, y)


def _figure(traces: list[dict[str, Any]], title: str, x: dict[str, Any], y: dict[str, Any]) -> go.Figure:
    """Both charts have the same frame, for they stand side by side."""
    layout = {
        "height": HEIGHT,
        "margin": {**TIGHT, "b": AXIS},
        "title": {"text": title, "font_size": 14},
        "showlegend": False,
        "xaxis": {"title_standoff": 4, **x},
        "yaxis": y,
    }
    return go.Figure({"data": traces, "layout": layout})


_GREY: dict[str, object] = {"color": colours.GREY, "size": 8, "opacity": 0.7}
