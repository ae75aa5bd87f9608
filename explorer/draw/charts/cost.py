"""Where a network's cost lies: a treemap of modules, branches and layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import plotly.graph_objects as go

from explorer.common import formats
from explorer.draw import colours
from explorer.draw.charts.layout import TIGHT
from explorer.graph.trace import Trace

HEIGHT = 340


def treemap(trace: Trace, count: str) -> go.Figure:
    """Each layer's share of the params or MACs as an area, inside of its branch and module.

    Args:
        trace: of the network.
        count: `params` or `macs`.
    """
    write: Callable[[int], str] = formats.macs if count == "macs" else formats.number
    costs = {row.name: getattr(row, count) for row in trace.rows if getattr(row, count)}
    fills = {row.name: colours.colour(row.op) for row in trace.rows}
    sums: dict[str, int] = {}
    for name, cost in costs.items():
        for path in _places(name):
            sums[path] = sums.get(path, 0) + cost
    names = list(sums)
    all_ = sum(costs.values()) or 1
    hover = [f"{name}: {write(sums[name])}, {formats.percent(sums[name] / all_)}" for name in names]
    data: dict[str, Any] = {
        "type": "treemap",
        "ids": names,
        "labels": [name.rpartition(".")[2] for name in names],
        "parents": [name.rpartition(".")[0] for name in names],
        "values": list(sums.values()),
        "branchvalues": "total",
        "text": [write(sums[name]) for name in names],
        "textinfo": "label+text",
        "hovertext": hover,
        "hoverinfo": "text",
        "marker": {"colors": [fills.get(name, colours.GREY) for name in names]},
        "pathbar": {"visible": True},
        "tiling": {"pad": 2},
    }
    return go.Figure({"data": [data], "layout": {"height": HEIGHT, "margin": TIGHT}})


def _places(name: str) -> Iterable[str]:
    """A name and all that it lies in: `a.b.c`, `a.b`, `a`."""
    while name:
        yield name
        name = name.rpartition(".")[0]
