"""Charts of one training run: its curves, and what its answers were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from explorer.common import formats
from explorer.draw import colours
from explorer.draw.charts.layout import BAR, TIGHT
from explorer.runs.client import Curve
from explorer.runs.events import Progress, Validation
from explorer.runs.measures import MEASURES

_SHADE = ((0.0, f"{colours.BLUE}00"), (1.0, f"{colours.BLUE}ff"))
"""From nothing, which lets either theme shine through, to all."""
_NUMBERED = 12
"""Classes up to which a count has room in its cell."""
_MOST_BARS = 30
HEIGHT, AXIS, _LINE = 290, 40, 19
"""Pixels: of a chart, of the part below it that its axis takes, of a line in a list below that."""
_MARKED = 30
"""Points up to which each has a mark."""


class Ghost(NamedTuple):
    """A run that stands behind another: what it is called, its curves, and the steps of its epochs."""

    name: str
    curve: Curve
    an_epoch: int


def curves(curve: Curve, what: str, an_epoch: int, epochs: int | None, ghost: Ghost | None = None) -> go.Figure:
    """Loss or accuracy over the epochs, on training images and on held-out ones.

    Args:
        curve: what the run has measured so far.
        what: in `MEASURES`.
        an_epoch: steps of an epoch.
        epochs: of the whole run, so that the axis stands still while the lines grow; None for a time budget.
        ghost: a run before it, whose held-out line stands behind.
    """
    training = _line(curve.progress, what, "training", an_epoch, line={"color": colours.BLUE, "width": 1.5})
    held_out = _line(curve.validated, what, "held out", an_epoch, line={"color": colours.ORANGE, "width": 2.5})
    # A line needs two points; a single one shows as a dot.
    training["mode"] = "lines" if len(curve.progress) > 1 else "markers"
    few = len(curve.validated) <= _MARKED
    held_out |= {"mode": "lines+markers" if few else "lines", "marker": {"symbol": "diamond", "size": 7}}
    xaxis: dict[str, Any] = {"title": "epoch", "rangemode": "tozero"}
    layout = {
        "height": 250,
        "margin": TIGHT,
        "title": {"text": MEASURES[what].title, "font_size": 14},
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "showlegend": True,
        "uirevision": "run",
        "xaxis": {**xaxis, "range": [0, 1.02 * epochs]} if epochs else xaxis,
        "yaxis": axis(what),
    }
    behind = []
    if ghost is not None:
        line = {"color": colours.GREY, "width": 2, "dash": "dot"}
        behind = [_line(ghost.curve.validated, what, name(ghost.name, 40), ghost.an_epoch, line=line)]
    return go.Figure({"data": [*behind, training, held_out], "layout": layout})


def listed(lines: int) -> dict[str, Any]:
    """The part of a layout that lists so many lines below the chart, each in a row, and takes no room from them."""
    rows = _LINE * lines
    return {
        "height": HEIGHT + rows,
        "margin": {**TIGHT, "b": AXIS + rows},
        "legend": {"x": 0, "y": 0, "yref": "container", "yanchor": "bottom", "tracegroupgap": 0},
        "showlegend": True,
    }


def axis(what: str) -> dict[str, Any]:
    """The axis of a measure."""
    return {"range": [0, 1.02], "tickformat": ".0%"} if MEASURES[what].is_share else {"rangemode": "tozero"}


def written(what: str) -> str:
    """How plotly writes a value of a measure."""
    return ".1%" if MEASURES[what].is_share else ".4f"


def _line(points: Sequence[Progress | Validation], what: str, name: str, an_epoch: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [point.step / an_epoch for point in points],
        "y": [getattr(point, what) for point in points],
        "name": name,
        "hovertemplate": f"%{{y:{written(what)}}}<extra>{name}, epoch %{{x:.2f}}</extra>",
        **more,
    }


def confusion(counts: Sequence[Sequence[int]], names: Sequence[str], *, dark: bool = False) -> go.Figure:
    """How often each class got each answer; the shade is the root of the share of the class, so that a rare
    mistake can be seen beside the right answers.

    Args:
        counts: images, a row a class and a column an answer.
        names: of the columns; those of the rows come first.
        dark: whether it stands on a dark page: plotly sets words on a pale shade as if a white one shone through.
    """
    shares = [[count / max(sum(row), 1) for count in row] for row in counts]
    few = len(counts) <= _NUMBERED
    rows = list(names[: len(counts)])
    heat = {
        "type": "heatmap",
        "z": [[share**0.5 for share in row] for row in shares],
        "x": list(range(len(names))),
        "y": list(range(len(rows))),
        "customdata": [
            [[count, share, row, column] for count, share, column in zip(*both, names, strict=False)]
            for *both, row in zip(counts, shares, rows, strict=True)
        ],
        "hovertemplate": "%{customdata[2]} answered as %{customdata[3]}: %{customdata[0]} images, "
        "%{customdata[1]:.1%} of the class<extra></extra>",
        "text": [[str(count or "") for count in row] for row in counts] if few else None,
        "texttemplate": "%{text}" if few else None,
        "textfont": {"color": "white"} if dark else None,
        "colorscale": _SHADE,
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    ticks = {"showgrid": False, "zeroline": False, "tickmode": "array", "automargin": True}
    layout = {
        "height": max(300, min(620, 90 + (BAR + 4) * len(rows))),
        "margin": TIGHT,
        "title": {"text": "Confusion matrix: classes down, answers across", "font_size": 14},
        "xaxis": {**ticks, **_ticks(names)},
        "yaxis": {**ticks, **_ticks(rows), "autorange": "reversed"},
    }
    return go.Figure({"data": [heat], "layout": layout})


def _ticks(names: Sequence[str]) -> dict[str, Any]:
    """Every name where there is room for it, every so many-th otherwise."""
    every = -(-len(names) // _MOST_BARS)
    ticks = list(range(0, len(names), every))
    return {"tickvals": ticks, "ticktext": [name(names[tick]) for tick in ticks]}


def name(text: str, longest: int = 18) -> str:
    """A name from anywhere, short, of which plotly reads nothing as a tag."""
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def by_class(shares: Sequence[float | None], names: Sequence[str]) -> go.Figure:
    """The accuracy of each class as a bar; of very many classes, the worst."""
    known = [(share, label) for label, share in enumerate(shares) if share is not None]
    shown = sorted(known, key=lambda pair: pair[1]) if len(known) <= _MOST_BARS else sorted(known)[:_MOST_BARS]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [share for share, _ in shown],
        "y": list(range(len(shown))),
        "text": [formats.percent(share) for share, _ in shown],
        "textposition": "auto",
        "hoverinfo": "skip",
        "marker": {"color": colours.BLUE},
    }
    whole = "" if len(shown) == len(known) else f", the {len(shown)} worst of {len(known)}"
    layout = {
        "height": max(300, min(620, 90 + (BAR + 4) * len(shown))),
        "margin": {**TIGHT, "r": 24},  # for the last of the ticks
        "title": {"text": f"Accuracy by class{whole}", "font_size": 14},
        "xaxis": {"range": [0, 1], "tickformat": ".0%"},
        "yaxis": {
            "tickmode": "array",
            "tickvals": list(range(len(shown))),
            "ticktext": [name(names[label]) for _, label in shown],
            "autorange": "reversed",
            "automargin": True,
        },
    }
    return go.Figure({"data": [bars], "layout": layout})
