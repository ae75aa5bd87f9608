"""Charts of several networks. Each shows numbers that a table repeats in text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from explorer.analysis.candidates import Point
from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.graph.trace import Totals

"""One a network, in the order in which they are compared."""
_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKS = ("circle", "square", "diamond", "triangle-up")

OVER_DEPTH = {"params": "Parameters so far", "macs": "MACs so far", "field": "Receptive field, pixels"}
"""What is drawn over the depth, under the name of its field of `explorer.analysis.candidates.Point`."""


def over_depth(lines: Mapping[str, Sequence[Point]], what: str) -> go.Figure:
    """One number of each network over its depth in layers with weights.

    Args:
        lines: points by the network's label.
        what: a key of `OVER_DEPTH`.
    """
    # The field is a straight line between two windows; a sum jumps where a layer adds to it.
    shape = "linear" if what == "field" else "hv"
    traces = [
        go.Scatter(
            x=[point.depth for point in points],
            y=[getattr(point, what) for point in points],
            name=_plain(label),
            mode="lines",
            line={"color": colours.nth(index), "dash": _DASHES[index], "shape": shape},
            hovertemplate="%{y:,}<extra>%{fullData.name}, depth %{x}</extra>",
        )
        for index, (label, points) in enumerate(lines.items())
    ]
    layout = {
        "height": 270,
        "margin": TIGHT,
        "title": {"text": OVER_DEPTH[what], "font_size": 14},
        "legend": {"orientation": "h", "y": -0.22},
        "showlegend": True,
        "xaxis": {"title": {"text": "depth, layers with weights", "standoff": 4}},
        "yaxis": {"rangemode": "tozero", "exponentformat": "SI"},
    }
    return go.Figure(traces, layout)


def scatter(zoo: Mapping[str, Totals], chosen: Mapping[str, Totals]) -> go.Figure:
    """Parameters against MACs, both on logarithmic axes: the whole zoo in grey, the chosen networks
    marked and labelled.
    """
    titles = list(zoo)
    rest = go.Scatter(
        x=[zoo[title].params for title in titles],
        y=[zoo[title].macs for title in titles],
        text=titles,
        mode="markers",
        marker={"color": colours.GREY, "size": 8, "opacity": 0.7},
        hovertemplate=_HOVER,
        showlegend=False,
    )
    positions = _positions(zoo, chosen)
    marked = [
        go.Scatter(
            x=[totals.params],
            y=[totals.macs],
            text=[_plain(label)],
            mode="markers+text",
            textposition=positions[label],
            cliponaxis=False,
            marker={"color": colours.nth(index), "size": 13, "symbol": _MARKS[index]},
            hovertemplate=_HOVER,
            showlegend=False,
        )
        for index, (label, totals) in enumerate(chosen.items())
    ]
    axis = {"type": "log", "exponentformat": "SI", "dtick": 1}
    layout = {
        "height": 380,
        "margin": TIGHT,
        "xaxis": {**axis, "title": {"text": "parameters"}},
        "yaxis": {**axis, "title": {"text": "MACs"}},
    }
    return go.Figure([rest, *marked], layout)


_HOVER = "%{text}: %{x:,} parameters, %{y:,} MACs<extra></extra>"


def _positions(zoo: Mapping[str, Totals], chosen: Mapping[str, Totals]) -> dict[str, str]:
    """Where each label stands: towards the middle of the chart, above and below in turn."""
    middle = sorted(totals.params for totals in zoo.values())[len(zoo) // 3]
    ordered = sorted(chosen, key=lambda label: chosen[label].params)
    return {
        label: f"{'bottom' if index % 2 else 'top'} {'left' if chosen[label].params > middle else 'right'}"
        for index, label in enumerate(ordered)
    }


def _plain(label: str) -> str:
    """A label of which plotly reads nothing as a tag; names come from anywhere."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
