"""Charts of a training run."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from explorer import theme
from explorer.charts.layout import TIGHT


def curve(steps: Sequence[int], values: Sequence[float], title: str, *, whole: int, share: bool = False) -> go.Figure:
    """One measured line over the steps of a run.

    Args:
        steps: where it was measured.
        values: what was measured.
        title: what it is.
        whole: steps of the whole run, so that the axis stands still while the line grows.
        share: whether the values are shares of one, shown in percent.
    """
    colour = theme.ORANGE if share else theme.BLUE
    # A line needs two points; the first one shows as a dot.
    mode = "lines" if len(steps) > 1 else "markers"
    figure = go.Figure(go.Scatter(x=list(steps), y=list(values), mode=mode, line_color=colour, marker_color=colour))
    figure.update_layout(height=250, margin=TIGHT, title={"text": title, "font_size": 14}, uirevision="run")
    figure.update_xaxes(range=[0, whole], title="step")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%") if share else figure.update_yaxes(rangemode="tozero")
    return figure
