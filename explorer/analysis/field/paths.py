"""Paths through a network: what each of them sees, how many there are, and which see the least and the most.

The number of paths is a product over the modules that they cross, so it is counted and never listed: paths
that reach a node with one jump grow alike from there on, so the shortest and the longest of each jump are
all that needs to be kept (dynamic programming).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from explorer.common import limits
from explorer.graph.graph import Graph, module_of
from explorer.graph.ops import Pair
from explorer.graph.trace import Field, NodeTrace, Trace, slide


class Path(NamedTuple):
    """One way from a node to another.

    Args:
        names: the nodes behind the first, the last one included.
        sizes: (height, width) of what each of them sees by this way alone, in input pixels.
        jumps: of each of them.
    """

    names: tuple[str, ...]
    sizes: tuple[Pair, ...]
    jumps: tuple[Pair, ...]

    @property
    def size(self) -> Pair:
        """What the last one sees."""
        return self.sizes[-1] if self.sizes else (1, 1)


class Paths(NamedTuple):
    """All ways from one node to another.

    Args:
        start: the first node.
        total: how many ways there are that stay maps.
        smallest: one that sees the least by height plus width; None where there is no way.
        largest: one that sees the most.
        whole: how many ways see the whole image, such as those through a gate's pool.
    """

    start: str
    total: int
    smallest: Path | None
    largest: Path | None
    whole: int


class _Way(NamedTuple):
    """A way with its end: the node and what is seen there, and the way before."""

    name: str
    field: Field
    before: _Way | None

    @property
    def size(self) -> Pair:
        (rows,), (columns,) = self.field
        return rows[1] - rows[0] + 1, columns[1] - columns[0] + 1

    @property
    def jump(self) -> Pair:
        (rows,), (columns,) = self.field
        return rows[2], columns[2]

    @property
    def path(self) -> Path:
        ways: list[_Way] = []
        way = self
        while way.before is not None:
            ways.insert(0, way)
            way = way.before
        return Path(tuple(way.name for way in ways), tuple(way.size for way in ways), tuple(way.jump for way in ways))


class _Ways(NamedTuple):
    total: int
    smallest: _Way
    largest: _Way


_PIXEL: Field = (((0, 0, 1),), ((0, 0, 1),))


def entrance(graph: Graph, name: str) -> str:
    """Where the branches begin that meet at a node or above it; the image for a network without any."""
    node = graph.by_name[name]
    while len(node.inputs) == 1:
        node = graph.by_name[node.inputs[0]]
    return graph.dominators.get(node.name, node.name)


def paths(graph: Graph, trace: Trace, name: str, start: str | None = None) -> Paths:
    """The ways to a node, from the image where no other start is named.

    What is seen at the start is one pixel for the image, and what the start itself sees for any other node
    where branches have not drifted apart.
    """
    rows = trace.by_name
    start = graph.nodes[0].name if start is None else start
    ways: dict[str, dict[Pair, _Ways]] = {}
    whole: dict[str, int] = {}
    wanted = graph.ancestors([name])
    for node in graph.nodes:
        if node.name not in wanted or node.name not in rows:
            continue
        if node.name == start:
            first = _Way(start, _start(rows[start]), None)
            ways[start], whole[start] = {first.jump: _Ways(1, first, first)}, 0
        else:
            into = [source for source in node.inputs if source in ways]
            ways[node.name], lost = _onward(rows[node.name], [ways[source] for source in into])
            whole[node.name] = lost + sum(whole[source] for source in into)
    sizes = ways.get(name, {}).values()
    if not sizes:
        return Paths(start, 0, None, None, whole.get(name, 0))
    smallest = min((way.smallest for way in sizes), key=_order)
    largest = max((way.largest for way in sizes), key=_order)
    return Paths(start, sum(way.total for way in sizes), smallest.path, largest.path, whole[name])


def _start(row: NodeTrace) -> Field:
    single = row.field is not None and all(len(lanes) == 1 for lanes in row.field)
    return row.field if row.field is not None and single else _PIXEL


def _onward(row: NodeTrace, sources: list[dict[Pair, _Ways]]) -> tuple[dict[Pair, _Ways], int]:
    """The ways through one more node by their jump, and how many of them see the whole image from here."""
    by_jump: dict[Pair, _Ways] = {}
    if row.op.whole_image:
        return by_jump, sum(ways.total for source in sources for ways in source.values())
    for source in sources:
        for ways in source.values():
            smallest, largest = _through(row, ways.smallest), _through(row, ways.largest)
            known = by_jump.get(smallest.jump)
            if known is not None:
                smallest = min(known.smallest, smallest, key=_order)
                largest = max(known.largest, largest, key=_order)
            by_jump[smallest.jump] = _Ways(ways.total + (known.total if known else 0), smallest, largest)
    return by_jump, 0


def _through(row: NodeTrace, way: _Way) -> _Way:
    window = row.op.window(row.in_shapes[0]) if len(row.in_shapes) == 1 else None
    return _Way(row.name, way.field if window is None else slide(way.field, window), way)


def _order(way: _Way) -> int:
    return sum(way.size)


def choices(graph: Graph, path: Path) -> tuple[str, ...]:
    """Where a path had a choice: the branch that it takes through each module, in order."""
    branches: list[str] = []
    before = None
    for name in path.names:
        inputs = graph.by_name[name].inputs
        if name not in graph.spine and len(inputs) < 2:
            branches.append(name.rpartition(".")[0] or name)
        elif len(inputs) > 1 and (before is None or before in graph.spine):
            branches.append(f"{module_of(name)} shortcut")
        before = name
    return tuple(dict.fromkeys(branches))


def windows(trace: Trace, path: Path) -> tuple[str, ...]:
    """The layers of a path that slide a window, in a few words each."""
    names = set(path.names)
    return tuple(
        row.op.describe()
        for row in trace.rows
        if row.name in names and len(row.in_shapes) == 1 and row.op.window(row.in_shapes[0]) is not None
    )


def default(graph: Graph, trace: Trace) -> NodeTrace | None:
    """The node to begin with: the last that every way goes through and whose field fits into the image; None
    for a network of no valid node.
    """
    height, width = trace.rows[0].out_shape[1:] if trace.rows else (0, 0)
    fitting = [
        row
        for row in trace.rows
        if row.name in graph.spine and (field := row.receptive_field) and field[0] <= height and field[1] <= width
    ]
    return fitting[-1] if fitting else None


def every(graph: Graph, trace: Trace, name: str, start: str, most: int = limits.MAX_LISTED_PATHS) -> tuple[Path, ...]:
    """The ways from a node to another that stay maps, the one that sees the least first; none where there are
    more than `most`.
    """
    if not 0 < paths(graph, trace, name, start).total <= most:
        return ()
    rows = trace.by_name
    backward = _backward(graph, rows, name, start)
    return tuple(way.path for way in sorted(backward, key=_order))


def _backward(graph: Graph, rows: Mapping[str, NodeTrace], name: str, start: str) -> list[_Way]:
    if name == start:
        return [_Way(start, _start(rows[start]), None)]
    row = rows[name]
    if row.op.whole_image:
        return []
    return [_through(row, way) for source in row.inputs for way in _backward(graph, rows, source, start)]
