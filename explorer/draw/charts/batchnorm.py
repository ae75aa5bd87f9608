"""Charts of batch norm: estimates of a variance, running statistics, and the MNIST experiment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.lessons.batchnorm.record import Curve, Mnist
from explorer.lessons.batchnorm.running import Step, estimate, estimates, true

_HEIGHT = 240
_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
_WITH, _WITHOUT = colours.BLUE, colours.ORANGE


def variances(m: int) -> go.Figure:
    """What batches say of the variance of all, over their size, with and without m/(m - 1)."""
    estimated, now, whole = estimates(), estimate(m), true().variance
    sizes = [point.m for point in estimated]
    dots = {"size": 11, "color": [colours.ORANGE, colours.BLUE], "line": {"width": 2, "color": colours.GREY}}
    data = [
        _line(sizes, [point.corrected for point in estimated], "times m/(m − 1)", colours.BLUE),
        _line(sizes, [point.biased for point in estimated], "of the batch", colours.ORANGE),
        _line(sizes, [point.expected for point in estimated], "(m − 1)/m of the true one", colours.GREY, dash="dot"),
        {**_points([m, m], [now.biased, now.corrected], f"now, {m}"), "marker": dots},
    ]
    y = {"title": {"text": "variance, mean of many batches"}, "range": [0.4 * whole, 1.12 * whole]}
    return go.Figure(data, _layout("values in a batch, m", yaxis=y, shapes=[_level(whole)]))


def running(steps: Sequence[Step]) -> go.Figure:
    """The running mean and variance over the batches, with what each batch says."""
    numbers = list(range(1, len(steps) + 1))
    data: list[dict[str, Any]] = []
    for axis, name, colour in (("y", "mean", colours.GREEN), ("y2", "variance", colours.BLUE)):
        batch = [getattr(step.batch, name) for step in steps]
        kept = [getattr(step.kept, name) for step in steps]
        small = {"size": 4, "color": colour, "opacity": 0.45}
        data.append(
            {**_points(numbers, batch, f"{name} of a batch"), "marker": small, "yaxis": axis, "showlegend": False}
        )
        data.append({**_line(numbers, kept, f"running {name}", colour), "yaxis": axis})
    # A far batch would press the rest flat.
    tall = 2.2 * true().variance
    upper, lower = {"domain": [0.55, 1]}, {"domain": [0, 0.47]}
    layout = _layout(
        "batches",
        yaxis={**upper, "title": {"text": "mean"}, "range": [0, 2 * true().mean]},
        yaxis2={**lower, "title": {"text": "variance"}, "range": [0, tall], "anchor": "x"},
        shapes=[_level(true().mean), _level(true().variance, "y2")],
    )
    layout["xaxis"]["anchor"] = "y2"
    return go.Figure(data, layout)


def accuracy(result: Mnist) -> go.Figure:
    """The accuracy of both networks over the steps."""
    data = [
        _line(curve.steps, curve.accuracy, name, colour)
        for curve, name, colour in ((result.normalised, "with BN", _WITH), (result.plain, "without", _WITHOUT))
    ]
    y = {"title": {"text": "held-out accuracy"}, "range": [0, 1], "tickformat": ".0%"}
    return go.Figure(data, _layout("steps", yaxis=y))


def percentiles(result: Mnist, curve: Curve) -> go.Figure:
    """What enters the typical sigmoid over the steps: the median within the 15th and the 85th percentile. Both
    networks have the same axis.
    """
    colour = _WITH if curve is result.normalised else _WITHOUT
    low, middle, high = (list(column) for column in zip(*curve.percentiles, strict=True))
    edge = {"mode": "lines", "line": {"color": colour, "width": 0.8}, "showlegend": False}
    data = [
        {**_line(curve.steps, low, "15th", colour), **edge},
        {**_line(curve.steps, high, "85th", colour), **edge, "fill": "tonexty", "fillcolor": _faint(colour)},
        _line(curve.steps, middle, "median", colour),
    ]
    every = [value for curve in (result.plain, result.normalised) for three in curve.percentiles for value in three]
    room = 0.06 * (max(every) - min(every))
    y = {"title": {"text": "15th, 50th, 85th percentile"}, "range": [min(every) - room, max(every) + room]}
    return go.Figure(data, {**_layout("steps", yaxis=y), "showlegend": False})


def _line(xs: Sequence[int], ys: Sequence[float], name: str, colour: str, dash: str = "solid") -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": list(xs),
        "y": list(ys),
        "name": name,
        "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": 1.5 if dash != "solid" else 2.2},
        "hovertemplate": "%{y:.4g}",
    }


def _points(xs: Sequence[int], ys: Sequence[float], name: str) -> dict[str, Any]:
    return {"type": "scatter", "x": list(xs), "y": list(ys), "name": name, "mode": "markers", "hoverinfo": "skip"}


def _level(value: float, axis: str = "y") -> dict[str, Any]:
    """A dashed line at the true value."""
    line = {"color": colours.VERMILION, "dash": "dash", "width": 1.5}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": value, "y1": value, "line": line}


def _layout(x: str, **more: Any) -> dict[str, Any]:
    return {"height": _HEIGHT, "margin": TIGHT, "legend": _LEGEND, "xaxis": {"title": {"text": x}}, **more}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"
