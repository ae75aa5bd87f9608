"""A traced network as a picture: boxes folded by module, laid out by Graphviz, as SVG.

Only text made here goes into the DOT, through the `graphviz` package, which quotes it. Colours are
class names that the page's style sheet resolves, so one picture serves the light and the dark theme.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import graphviz
import pygraphviz

from explorer import theme
from explorer.analysis import Row, Trace, total
from explorer.errors import ExplorerError
from explorer.graph import module_of, under
from explorer.ops import BatchNorm1d, BatchNorm2d, Input, Op

UNFOLD_BELOW = 40
"""A network of fewer nodes is shown unfolded."""


class Box(NamedTuple):
    """One box of a diagram.

    Args:
        id: the name of the node or the module that it stands for.
        lines: its text, the title first.
        style: a key of `theme.FAMILIES`, "module", "plain" or "error".
        cluster: the module whose frame it is drawn in; empty outside of any.
    """

    id: str
    lines: tuple[str, ...]
    style: str
    cluster: str = ""


class Diagram(NamedTuple):
    """Boxes and arrows between their ids, not yet laid out."""

    boxes: tuple[Box, ...]
    edges: tuple[tuple[str, str], ...]


def network(trace: Trace, unfolded: str = "", error: ExplorerError | None = None) -> Diagram:
    """The whole network, each module folded into one box with its shape and cost.

    Args:
        trace: as far as the network is valid.
        unfolded: a module to show in detail. A small network is shown in detail throughout.
        error: what is wrong behind the last row, shown in a box of its own.
    """
    small = len(trace.rows) < UNFOLD_BELOW
    detailed = {m for m in map(module_of, (row.name for row in trace.rows)) if small or m == unfolded}
    return _draw(trace.rows, detailed, error)


def module(trace: Trace, name: str, error: ExplorerError | None = None) -> Diagram:
    """One module in detail, and the modules that feed it as folded boxes."""
    inside = [row for row in trace.rows if module_of(row.name) == name]
    feeders = {module_of(source) for row in inside for source in row.inputs}
    shown = tuple(row for row in trace.rows if module_of(row.name) in feeders | {name})
    local = error if error is not None and under(name, error.node or "") else None
    return _draw(shown, {name}, local)


def _draw(rows: Iterable[Row], detailed: set[str], error: ExplorerError | None) -> Diagram:
    rows = tuple(rows)
    home = _homes(rows, detailed)
    members: dict[str, list[Row]] = {}
    for row in rows:
        members.setdefault(home[row.name], []).append(row)
    boxes = [_box(id, group, detailed) for id, group in members.items()]
    edges = dict.fromkeys(
        (home[source], home[row.name])
        for row in rows
        for source in row.inputs
        if source in home and home[source] != home[row.name]
    )
    if error is not None and error.node is not None and rows:
        boxes.append(Box(f"{error.node} (error)", (error.node, "does not fit: see the message"), "error"))
        edges[home[rows[-1].name], f"{error.node} (error)"] = None
    return Diagram(tuple(boxes), tuple(edges))


def _homes(rows: tuple[Row, ...], detailed: set[str]) -> Mapping[str, str]:
    """The box that each node is drawn in: its folded module, or the convolution or pool that a
    normalisation or activation stands behind, or one of its own.
    """
    fed = Counter(source for row in rows for source in row.inputs)
    home: dict[str, str] = {}
    for row in rows:
        module = module_of(row.name)
        if module not in detailed:
            home[row.name] = module
        elif (row.op.elementwise or isinstance(row.op, BatchNorm1d | BatchNorm2d)) and fed[row.inputs[0]] == 1:
            home[row.name] = home.get(row.inputs[0], row.name)
        else:
            home[row.name] = row.name
    return home


def _box(id: str, rows: list[Row], detailed: set[str]) -> Box:
    first, last = rows[0], rows[-1]
    module = module_of(first.name)
    shape, params = theme.size(last.out_shape), total(rows).params
    cost = (f"{theme.number(params)} params",) if params else ()
    if module not in detailed and len(rows) > 1:
        return Box(id, (id, shape, *cost), "module")
    behind = " + ".join(row.op.describe() for row in rows[1:])
    # A branch by itself needs no frame: it is a column already.
    framed = module in detailed and module != first.name and not module.startswith("branch")
    cluster = module if framed else ""
    name = first.name.removeprefix(f"{module}.") if cluster else first.name
    title = () if isinstance(first.op, Input) else (first.op.describe(), *((f"+ {behind}",) if behind else ()))
    words = (name, *title, shape, *cost)
    return Box(id, words, _style(first.op), cluster)


def _style(op: Op) -> str:
    return next((name for name, (_, kinds) in theme.FAMILIES.items() if isinstance(op, kinds)), "plain")


def dot(diagram: Diagram) -> str:
    """The diagram in Graphviz' DOT language."""
    picture = graphviz.Digraph(graph_attr={"bgcolor": "transparent", "nodesep": "0.15", "ranksep": "0.3"})
    picture.attr("node", shape="box", style="rounded", fontname="Helvetica", fontsize="11", margin="0.11,0.06")
    picture.attr("edge", arrowsize="0.6")
    for cluster in dict.fromkeys(box.cluster for box in diagram.boxes):
        boxes = [box for box in diagram.boxes if box.cluster == cluster]
        if not cluster:
            _add(picture, boxes)
            _side_by_side(picture, boxes, diagram.edges)
            continue
        with picture.subgraph(name=f"cluster_{cluster}") as frame:
            frame.attr(label=cluster, fontname="Helvetica", fontsize="11", style="rounded", id=f"frame {cluster}")
            frame.attr(labeljust="l", **{"class": "frame"})
            _add(frame, boxes)
            _side_by_side(frame, boxes, diagram.edges)
    for tail, head in diagram.edges:
        picture.edge(_key(tail), _key(head))
    return str(picture.source)


def _add(picture: graphviz.Digraph, boxes: list[Box]) -> None:
    for box in boxes:
        label = graphviz.escape("\n".join(box.lines)).replace("\n", r"\n")
        picture.node(_key(box.id), label=label, id=box.id, **{"class": f"box {box.style}"})


def _side_by_side(frame: graphviz.Digraph, boxes: list[Box], edges: tuple[tuple[str, str], ...]) -> None:
    """Starts the branches that fork at one box in one row, in their order."""
    forks = Counter(tail for tail, _ in edges)
    fed: dict[str, list[str]] = {}
    for tail, head in edges:
        fed.setdefault(head, []).append(tail)
    for fork in (tail for tail, times in forks.items() if times > 1):
        with frame.subgraph() as row:
            row.attr(rank="same")
            for left, right in pairwise(box.id for box in boxes if fed.get(box.id) == [fork]):
                row.edge(_key(left), _key(right), style="invis")


def _key(id: str) -> str:
    # The package reads a colon in an edge's end as a port; names have none, prefixes must not clash.
    return f"n {id}"


_GRAPHVIZ = threading.Lock()  # the C library is not thread-safe


@lru_cache(maxsize=256)
def svg(diagram: Diagram) -> str:
    """The diagram laid out, as one `<svg>` element whose size is its natural size in pixels."""
    with _GRAPHVIZ:
        graph = pygraphviz.AGraph(string=dot(diagram))
        try:
            text = graph.draw(format="svg", prog="dot").decode()
        finally:
            graph.close()
    # A title would pop up over its box as a tooltip that repeats less than the box says.
    element = re.sub(r"<title>[^<]*</title>\n?", "", text[text.index("<svg") :])
    return re.sub(r'(width|height)="(\d+)(?:\.\d+)?pt"', r'\1="\2"', element, count=2)
