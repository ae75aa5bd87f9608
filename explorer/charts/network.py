"""Charts of a traced network. Each shows numbers that a table repeats in text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from explorer import theme
from explorer.analysis import NONE, Totals, Trace
from explorer.charts.layout import TIGHT
from explorer.compare import by_module
from explorer.graph import module_of

BAR = 22
"""Height of one bar with its gap, in pixels."""


def cost_by_module(trace: Trace, unedited: Trace) -> go.Figure:
    """Parameters and MACs of each module as bars; a tick where the unedited network's would end."""
    now, before = by_module(trace), by_module(unedited)
    names = [name for name in {**before, **now} if _costs(now.get(name)) or _costs(before.get(name))]
    tick = " (| unedited)" if now != before else ""
    titles = (f"Parameters{tick}", f"MACs{tick}")
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.02, subplot_titles=titles)
    for column, field, write, colour in (
        (1, "params", theme.number, theme.BLUE),
        (2, "macs", theme.short, theme.ORANGE),
    ):
        values = [getattr(now.get(name, NONE), field) for name in names]
        old = [getattr(before.get(name, NONE), field) for name in names]
        _bars(figure, column, names, values, old, write, colour)
    figure.update_layout(barmode="overlay", bargap=0.25, height=60 + BAR * len(names), margin=TIGHT, showlegend=False)
    figure.update_yaxes(autorange="reversed", tickfont_size=11)
    return figure


def _bars(
    figure: go.Figure,
    column: int,
    names: list[str],
    values: list[int],
    old: list[int],
    write: Callable[[int], str],
    colour: str,
) -> None:
    hover = [f"{n}: {write(v)}, unedited {write(o)}" for n, v, o in zip(names, values, old, strict=True)]
    common: dict[str, Any] = {"hovertext": hover, "hoverinfo": "text", "row": 1, "col": column}
    figure.add_bar(x=values, y=names, orientation="h", marker_color=colour, **common)
    moved = [o if o != v else None for v, o in zip(values, old, strict=True)]
    tick = {"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": theme.GREY}}
    figure.add_scatter(x=moved, y=names, mode="markers", marker=tick, **common)
    # The number stands behind whichever reaches further, bar or tick.
    ends = [max(value, o) for value, o in zip(values, old, strict=True)]
    words = [f"\N{EN SPACE}{write(value)}" for value in values]
    label: dict[str, Any] = {"mode": "text", "text": words, "textposition": "middle right", "cliponaxis": False}
    figure.add_scatter(x=ends, y=names, textfont_size=11, **label, **common)
    # Room for the number behind the longest bar.
    reach = 1.45 * max([*values, *old, 1])
    figure.update_xaxes(range=[0, reach], showticklabels=False, showgrid=False, zeroline=False, row=1, col=column)


def _costs(totals: Totals | None) -> bool:
    return totals is not None and totals.params + totals.macs > 0


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
    hover = [f"{n}: {low} to {high} pixels" for n, low, high in zip(names, least, most, strict=True)]
    figure = go.Figure()
    figure.add_bar(
        x=names,
        y=[high - low for low, high in zip(least, most, strict=True)],
        base=least,
        marker_color=theme.SKY,
        opacity=0.5,
        name="from its narrowest to its widest layer",
        hovertext=hover,
        hoverinfo="text",
    )
    figure.add_scatter(x=names, y=last, mode="lines+markers", marker_color=theme.BLUE, name="its output", hoverinfo="y")
    side = max(trace.rows[0].out_shape[1:]) if trace.rows else 0
    figure.add_hline(
        y=side,
        line_dash="dash",
        line_color=theme.VERMILION,
        annotation_text=f"image: {side} pixels",
        annotation_position="top left",
    )
    figure.update_layout(
        height=280, margin=TIGHT, legend={"orientation": "h", "y": 1.2}, yaxis_title="receptive field, pixels"
    )
    figure.update_xaxes(tickfont_size=11, tickangle=-45)
    return figure
