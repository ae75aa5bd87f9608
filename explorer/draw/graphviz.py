"""A diagram laid out by Graphviz, as SVG.

Only text made here goes into the DOT, through the `graphviz` package, which quotes it. Colours are class
names that the page's style sheet resolves, so one picture serves the light and the dark theme.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import graphviz
import pygraphviz

from explorer.draw.diagram import Box, Diagram

TYPE = 14
"""Pixels of the text; along the arrows one less."""


def dot(diagram: Diagram) -> str:
    """The diagram in Graphviz' DOT language."""
    picture = graphviz.Digraph(graph_attr={"bgcolor": "transparent", "nodesep": "0.15", "ranksep": "0.3"})
    picture.attr("node", shape="box", style="rounded", fontname="Helvetica", fontsize=str(TYPE), margin="0.12,0.07")
    picture.attr("edge", arrowsize="0.6", fontname="Helvetica", fontsize=str(TYPE - 1))
    for cluster in dict.fromkeys(box.cluster for box in diagram.boxes):
        boxes = [box for box in diagram.boxes if box.cluster == cluster]
        if not cluster:
            _add(picture, boxes)
            _side_by_side(picture, boxes, diagram)
            continue
        with picture.subgraph(name=f"cluster_{cluster}") as frame:
            frame.attr(label=cluster, fontname="Helvetica", fontsize=str(TYPE), style="rounded", id=f"frame {cluster}")
            frame.attr(labeljust="l", **{"class": "frame"})
            _add(frame, boxes)
            _side_by_side(frame, boxes, diagram)
    for tail, head, shape in diagram.edges:
        picture.edge(_key(tail), _key(head), **({"label": f" {shape}"} if shape else {}))
    return str(picture.source)


def _add(picture: graphviz.Digraph, boxes: list[Box]) -> None:
    for box in boxes:
        label = graphviz.escape("\n".join(box.lines)).replace("\n", r"\n")
        picture.node(_key(box.id), label=label, id=box.id, **{"class": f"box {box.style} {box.mark}".strip()})


def _side_by_side(frame: graphviz.Digraph, boxes: list[Box], diagram: Diagram) -> None:
    """Starts the branches that fork at one box in one row, in their order."""
    forks = Counter(tail for tail, _, _ in diagram.edges)
    fed: dict[str, list[str]] = {}
    for tail, head, _ in diagram.edges:
        fed.setdefault(head, []).append(tail)
    for fork in (tail for tail, times in forks.items() if times > 1):
        with frame.subgraph() as row:
            row.attr(rank="same")
            for left, right in pairwise(box.id for box in boxes if fed.get(box.id) == [fork]):
                row.edge(_key(left), _key(right), style="invis")


def _key(id: str) -> str:
    # The package reads a colon in an edge's end as a port; names have none, prefixes must not clash.
    return f"n {id}"


# None of these stands in a label: dot writes its text with quotes and angle brackets escaped.
_UNUSED = re.compile(
    r"<title>[^<]*</title>\n?|<!--.*?-->\n?"
    r'| font-(?:family|size)="[^"]*"'
    r'| (?:fill|stroke)="(?:none|black)"',
    re.DOTALL,
)
_SIZE = re.compile(r'(width|height)="(\d+)(?:\.\d+)?pt"')
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
    # A title would pop up over its box as a tooltip that repeats less than the box says; the page's style
    # sheet has the fonts and colours, which make half of the text.
    element = _UNUSED.sub("", text[text.index("<svg") :])
    return _SIZE.sub(r'\1="\2"', element, count=2)
