"""Charts of several networks. Each shows numbers that a table repeats in text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log10

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


_PLOT = (520.0, 300.0)
"""Pixels of the scatter without its margins, at the least."""
_LETTER, _LINE, _MARK = 7.2, 17.0, 9.0
_PLACES = ("top right", "bottom right", "top left", "bottom left", "top center", "bottom center")


def _positions(zoo: Mapping[str, Totals], chosen: Mapping[str, Totals]) -> dict[str, str]:
    """Where each label stands at its point: where it covers no other network's mark and no other label."""
    everything = [*zoo.values(), *chosen.values()]
    across = _scaled([totals.params for totals in everything], _PLOT[0])
    down = _scaled([totals.macs for totals in everything], _PLOT[1])
    marks = {label: (across(totals.params), _PLOT[1] - down(totals.macs)) for label, totals in chosen.items()}
    taken = [(x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in marks.values()]
    found: dict[str, str] = {}
    for label, point in marks.items():
        spans = {place: label_span(label, point, place) for place in _PLACES}
        free = (place for place, span in spans.items() if not any(_meet(span, other) for other in taken))
        inside = [place for place in free if spans[place][0] >= 0 and spans[place][2] <= _PLOT[0]]
        found[label] = inside[0] if inside else _PLACES[len(found) % 4]
        taken.append(spans[found[label]])
    return found


def _scaled(values: Sequence[int], pixels: float) -> Callable[[int], float]:
    low, high = (log10(max(value, 1)) for value in (min(values), max(values)))
    return lambda value: pixels * (log10(max(value, 1)) - low) / max(high - low, 1e-9)


def label_span(label: str, point: tuple[float, float], place: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a label that stands at a point, roughly, in pixels."""
    wide, (x, y), (above, side) = _LETTER * len(label), point, place.split()
    left = {"right": x + 4, "left": x - 4 - wide, "center": x - wide / 2}[side]
    top = y - _MARK - _LINE if above == "top" else y + _MARK
    return left, top, left + wide, top + _LINE


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _plain(label: str) -> str:
    """A label of which plotly reads nothing as a tag; names come from anywhere."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
