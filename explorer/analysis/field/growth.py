"""How the field grows from the image to a node, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from explorer.graph.graph import Graph
from explorer.graph.ops import Pair
from explorer.graph.trace import NodeTrace, Trace


class Step(NamedTuple):
    """A node on the way.

    Args:
        row: what is known of it.
        depth: nodes on the longest way from the image to it.
        field: (height, width) in input pixels.
        grew: how much larger that is than the largest of the nodes that feed it.
    """

    row: NodeTrace
    depth: int
    field: Pair
    grew: Pair


def growth(graph: Graph, trace: Trace, name: str) -> tuple[Step, ...]:
    """Every node that a node is made from and that sees a part of the image, itself included."""
    rows = trace.by_name
    wanted = graph.ancestors([name])
    return tuple(_step(graph, rows, row) for row in trace.rows if row.name in wanted and row.local_field is not None)


def _step(graph: Graph, rows: Mapping[str, NodeTrace], row: NodeTrace) -> Step:
    field = row.local_field
    assert field is not None
    fields = [fed for source in row.inputs if (fed := rows[source].local_field) is not None] or [(0, 0)]
    grew = (field[0] - max(height for height, _ in fields), field[1] - max(width for _, width in fields))
    return Step(row, graph.depths[row.name], field, grew)


def outgrown(steps: tuple[Step, ...], image: Pair) -> Step | None:
    """The first step that sees more than the image is high or wide, which pads what it lacks."""
    return next((step for step in steps if step.field[0] > image[0] or step.field[1] > image[1]), None)
