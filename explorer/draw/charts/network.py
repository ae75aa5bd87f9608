"""Charts of a traced network. Each shows numbers that a table repeats in text."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.graph.graph import module_of
from explorer.graph.trace import Trace


def field_growth(trace: Trace) -> go.Figure:
    """The receptive field along the depth of the network: what each module's output sees, the span
    from its narrowest to its widest branch, and the size of the image. What a gate adds is left out.
    """
    spans: dict[str, list[int]] = {}
    for row in trace.rows[1:]:
        if row.local_field is not None and not row.auxiliary:
            spans.setdefault(module_of(row.name), []).append(max(row.local_field))
    names = list(spans)
    last, least = [span[-1] for span in spans.values()], [min(span) for span in spans.values()]
    most = [max(span) for span in spans.values()]
    side = max(trace.rows[0].out_shape[1:]) if trace.rows else 0
    hover = [f"{n}: {low} to {high} pixels" for n, low, high in zip(names, least, most, strict=True)]
    span: dict[str, Any] = {
        "type": "bar",
        "x": names,
        "y": [high - low for low, high in zip(least, most, strict=True)],
        "base": least,
        "marker": {"color": colours.SKY},
        "opacity": 0.5,
        "name": "from its narrowest to its widest layer",
        "hovertext": hover,
        "hoverinfo": "text",
    }
    line = {"type": "scatter", "x": names, "y": last, "mode": "lines+markers", "marker": {"color": colours.BLUE}}
    line |= {"name": "its output", "hoverinfo": "y"}
    image = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": side, "y1": side}
    image["line"] = {"dash": "dash", "color": colours.VERMILION}
    words = {"text": f"image: {side} pixels", "xref": "paper", "x": 0, "y": side, "yanchor": "bottom"}
    layout = {
        "height": 280,
        "margin": TIGHT,
        "legend": {"orientation": "h", "y": 1.2},
        "yaxis": {"title": {"text": "receptive field, pixels"}},
        "xaxis": {"tickfont": {"size": 11}, "tickangle": -45},
        "shapes": [image],
        "annotations": [{**words, "xanchor": "left", "showarrow": False}],
    }
    # As one value: each call that updates a figure costs milliseconds.
    return go.Figure({"data": [span, line], "layout": layout})
