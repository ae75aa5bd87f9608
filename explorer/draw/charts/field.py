"""Charts of receptive fields: growth along the depth, and the measured map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go

from explorer.analysis.field.box import Box
from explorer.analysis.field.growth import Step
from explorer.analysis.field.measured import Effective
from explorer.analysis.field.paths import Path, Paths
from explorer.common import formats
from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT


def growth(steps: Sequence[Step], ways: Paths, image: int) -> go.Figure:
    """Field and jump over depth: along the path that sees the most and the one that sees the least, with the
    image's longer side as a line.

    Args:
        steps: the nodes on the way.
        ways: the paths to the last of them.
        image: pixels.
    """
    depths = {step.row.name: step.depth for step in steps}
    jumps = [max(jump) for jump in ways.largest.jumps] if ways.largest else []
    jump = go.Scatter(
        x=[depths[name] for name in ways.largest.names] if ways.largest else [],
        y=jumps,
        name="effective stride (right axis)",
        mode="lines",
        line={"color": colours.ORANGE, "shape": "hv"},
        yaxis="y2",
        hovertemplate="effective stride %{y}<extra></extra>",
    )
    lines = [
        _line(path, depths, name, colour, dash)
        for path, name, colour, dash in (
            (ways.largest, "the path that sees the most", colours.BLUE, "solid"),
            (ways.smallest, "the path that sees the least", colours.SKY, "dot"),
        )
        if path is not None
    ]
    most = max([image, *(max(step.field) for step in steps)])
    line = {"color": colours.VERMILION, "dash": "dash", "width": 1.5}
    figure = go.Figure([jump, *(lines if ways.total > 1 else lines[:1])])
    figure.update_layout(
        height=330,
        margin=TIGHT,
        legend={"orientation": "h", "y": 1.16},
        xaxis={"title": "depth: layers from the image", "showgrid": False},
        yaxis={"title": "field, pixels of the image", "range": [0, 1.12 * most]},
        yaxis2={
            "title": "effective stride, pixels",
            "overlaying": "y",
            "side": "right",
            "type": "log",
            "range": [-0.05, 1.3 * log10(max([2, *jumps]))],
            "tickvals": sorted(set(jumps)),
            "showgrid": False,
        },
        shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": image, "y1": image, "line": line}],
        annotations=[
            {
                "xref": "paper",
                "x": 0.01,
                "y": image,
                "yanchor": "bottom",
                "xanchor": "left",
                "text": f"image: {image} pixels",
                "showarrow": False,
                "font": {"color": colours.VERMILION},
            }
        ],
    )
    return figure


def _line(path: Path, depths: Mapping[str, int], name: str, colour: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=[depths[node] for node in path.names],
        y=[max(size) for size in path.sizes],
        name=name,
        mode="lines+markers",
        marker={"size": 5, "color": colour},
        line={"color": colour, "dash": dash},
        hovertext=[f"{node}: {formats.pair(size)}" for node, size in zip(path.names, path.sizes, strict=True)],
        hoverinfo="text",
    )


_HEAT = ((0.0, f"{colours.BLUE}00"), (1.0, f"{colours.BLUE}ff"))
"""From nothing, which lets either theme shine through, to the strongest."""


def heat(measured: Effective, theory: Box | None) -> go.Figure:
    """A measured map in pixels of the image, its shade the square root of the gradient, with the theoretical
    field as a dashed box and one standard deviation as an ellipse.
    """
    down, across = measured.cell
    height, width = measured.image
    figure = go.Figure(
        go.Heatmap(
            z=[[value**0.5 for value in line] for line in measured.grid],
            x0=(across - 1) / 2,
            dx=across,
            y0=(down - 1) / 2,
            dy=down,
            zmin=0,
            zmax=1,
            colorscale=_HEAT,
            showscale=False,
            customdata=measured.grid,
            hovertemplate="row %{y}, column %{x}: %{customdata:.1%} of the strongest<extra></extra>",
        )
    )
    shapes: list[dict[str, Any]] = [_ellipse(measured)]
    if theory is not None:
        shapes.append(_box(theory, colours.VERMILION))
    figure.update_layout(
        height=380,
        margin={**TIGHT, "t": 8},
        shapes=shapes,
        xaxis={"range": [-0.5, width - 0.5], "constrain": "domain", "showgrid": False, "zeroline": False},
        yaxis={
            "range": [height - 0.5, -0.5],
            "scaleanchor": "x",
            "constrain": "domain",
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def _box(box: Box, colour: str) -> dict[str, Any]:
    edges = {"x0": box.left - 0.5, "x1": box.right + 0.5, "y0": box.top - 0.5, "y1": box.bottom + 0.5}
    return {"type": "rect", **edges, "line": {"color": colour, "dash": "dash", "width": 2}}


def _ellipse(measured: Effective) -> dict[str, Any]:
    (y, x), (down, across) = measured.middle, measured.deviation
    edges = {"x0": x - across, "x1": x + across, "y0": y - down, "y1": y + down}
    return {"type": "circle", **edges, "line": {"color": colours.ORANGE, "width": 2.5}}
