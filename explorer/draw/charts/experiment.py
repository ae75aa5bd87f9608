"""Charts of an experiment: each arm over the epochs, and how far the arms are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go

from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.draw.charts.run import listed
from explorer.runs.measures import MEASURES
from explorer.studies.experiments.conclusion import FAILED, Comparison
from explorer.studies.experiments.results import Band

_DASHES = ("dot", "solid")
_DOUBLING: dict[str, Any] = {"type": "log", "tick0": 0, "dtick": log10(2), "tickformat": ".3~g"}
"""An axis on which a line that halves falls by the same each time."""
_WIDEST = 0.15
"""Half an interval that the axis of differences has room for, in shares of one."""
_NOTHING = Band((), (), (), ())
_GAP: list[Any] = [None]
"""In place of points: plotly leaves a line that has none at all out of the legend."""
_ROW = 44
"""Height of one comparison, in pixels."""


def curves(bands: Mapping[str, Band], arms: Sequence[str], measure: str, *, epochs: int, chance: float) -> go.Figure:
    """A measure of every arm over the epochs: the mean over its seeds, and a standard deviation to both sides.

    Args:
        bands: what has been measured, by the name of the arm.
        arms: all names: each has its colour, and its place below the chart, before it has measured anything.
        measure: in `MEASURES`; what is no share stands on a logarithmic axis.
        epochs: of a whole run, so that the axis stands still.
        chance: accuracy of a guess.
    """
    traces = [
        trace for index, name in enumerate(arms) for trace in _arm(bands.get(name, _NOTHING), name, index, len(arms))
    ]
    layout: dict[str, Any] = {
        **listed(len(arms)),
        "title": {"text": f"{MEASURES[measure].title} on held-out images", "font_size": 14},
        "uirevision": measure,
        "xaxis": {"range": [0.8, epochs + 0.2], "title": {"text": "epoch", "standoff": 4}, "dtick": 1},
        "yaxis": _shares(bands) if MEASURES[measure].is_share else _DOUBLING,
    }
    figure = go.Figure(traces, layout)
    if measure == "accuracy" and _lowest(bands) < 2 * chance:
        figure.add_hline(chance, line={"color": colours.GREY, "width": 1, "dash": "dash"}, annotation_text="chance")
    return figure


def differences(comparisons: Sequence[Comparison]) -> go.Figure:
    """How many points each arm is ahead of what it is held against, with the 95 % interval of that."""
    measured = [comparison for comparison in comparisons if comparison.verdict != FAILED]
    labels = [f"{comparison.first}<br>against {comparison.second}" for comparison in measured]
    points = go.Scatter(
        x=[100 * comparison.difference for comparison in measured],
        y=labels,
        error_x={
            "type": "data",
            "array": [100 * comparison.margin for comparison in measured],
            "thickness": 2,
            "width": 5,
        },
        mode="markers",
        marker={"color": colours.BLUE, "size": 10},
        hovertemplate="%{x:+.1f} points<extra></extra>",
    )
    layout: dict[str, Any] = {
        "height": 70 + _ROW * len(measured),
        "margin": TIGHT,
        "title": {"text": "Points ahead, 95 % interval", "font_size": 14},
        "xaxis": {"zeroline": False, "nticks": 6, "range": _reach(measured)},
        "yaxis": {"range": [len(measured) - 0.5, -0.5], "automargin": True},
    }
    figure = go.Figure(points, layout)
    figure.add_vline(0, line={"color": colours.GREY, "width": 1})
    return figure


def _reach(comparisons: Sequence[Comparison]) -> list[float]:
    """An axis of points with room for every difference. An interval far wider than the others runs out of it."""
    ends = [
        100 * (comparison.difference + side * min(comparison.margin, _WIDEST))
        for comparison in comparisons
        for side in (-1, 1)
    ]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.05 * (high - low)
    return [low - room, high + room]


def _arm(band: Band, name: str, index: int, arms: int) -> list[go.Scatter]:
    colour, dash = _style(index, arms)
    epochs = list(band.epochs)
    line = go.Scatter(
        x=epochs or _GAP,
        y=list(band.mean) or _GAP,
        name=name,
        mode="lines+markers",
        line={"color": colour, "dash": dash},
        marker={"color": colour, "size": 6},
        legendgroup=name,
        hovertemplate="%{y:.4g}<extra>%{fullData.name}, epoch %{x}</extra>",
    )
    if band.low == band.high:
        return [line]
    area = go.Scatter(
        x=[*epochs, *reversed(epochs)],
        y=[*band.high, *reversed(band.low)],
        fill="toself",
        fillcolor=colour,
        opacity=0.15,
        line={"width": 0},
        mode="lines",
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
    )
    return [area, line]


def _style(index: int, arms: int) -> tuple[str, str]:
    """One colour an arm; where there are more arms than colours, one for two that follow each other."""
    if arms <= len(colours.CYCLE):
        return colours.nth(index), "solid"
    return colours.nth(index // 2), _DASHES[index % 2]


def _shares(bands: Mapping[str, Band]) -> dict[str, Any]:
    """An axis from the full ten percent below what was measured."""
    return {"tickformat": ".0%", "range": [max(0.0, int(10 * _lowest(bands)) / 10 - 0.02), 1.02]}


def _lowest(bands: Mapping[str, Band]) -> float:
    return min((min(band.low) for band in bands.values()), default=0.0)
