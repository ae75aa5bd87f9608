"""Layers that can see nothing new: their window is larger than 1x1, and what they read sees the whole image
already (Richter, Byttner, Krumnack, Wiedenroth, Schallner and Shenk 2021, "(Input) Size Matters for CNN
Classifiers").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from explorer.graph.trace import NodeTrace, Totals, Trace, total


class Waste(NamedTuple):
    """The layers whose field has outgrown the image.

    Args:
        rows: the layers, in graph order.
        totals: what they cost.
        share: of the network's parameters.
    """

    rows: tuple[NodeTrace, ...]
    totals: Totals
    share: float


def wasted(trace: Trace) -> Waste:
    """The convolutions of a traced network that see no pixel more than what they read."""
    by_name = trace.by_name
    rows = tuple(row for row in trace.rows if row.op.counted and _widens(row) and _has_seen_all(row, by_name))
    totals = total(rows)
    return Waste(rows, totals, totals.params / max(trace.totals.params, 1))


def _widens(row: NodeTrace) -> bool:
    window = row.op.window(row.in_shapes[0])
    return window is not None and max(window.kernel_size) > 1


def _has_seen_all(row: NodeTrace, by_name: Mapping[str, NodeTrace]) -> bool:
    image = next(iter(by_name.values())).out_shape
    fields = [by_name[name].local_field for name in row.inputs]
    return all(field is None or (field[0] >= image[1] and field[1] >= image[2]) for field in fields)
