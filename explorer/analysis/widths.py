"""The widths of a network: one by one, and as tables with a row for each module, a column for each layer of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from explorer.common import limits
from explorer.edits.layers import WIDTHS, fields
from explorer.graph.graph import Graph, Node, module_of, under


class Cell(NamedTuple):
    """A width: its `NODE.FIELD`, and its value."""

    key: str
    value: int


class Table(NamedTuple):
    """Modules whose layers bear the same names.

    Args:
        layers: names within the module.
        rows: for each module, its width under each of them.
    """

    layers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def tables(graph: Graph) -> tuple[Table, ...]:
    """All widths of a graph, in the order in which they come first."""
    modules: dict[str, list[tuple[str, Cell]]] = {}
    for node, name, value in of(graph):
        module = module_of(node.name)
        short = node.name.removeprefix(f"{module}.") if under(module, node.name) else node.name
        modules.setdefault(module, []).append((short, Cell(f"{node.name}.{name}", value)))
    kinds: dict[tuple[str, ...], list[tuple[str, tuple[Cell, ...]]]] = {}
    for module, pairs in modules.items():
        alone = len(pairs) == 1 and pairs[0][0] == module
        names = ("width",) if alone else tuple(name for name, _ in pairs)
        kinds.setdefault(names, []).append((module, tuple(cell for _, cell in pairs)))
    return tuple(Table(names, tuple(rows)) for names, rows in kinds.items())


def of(graph: Graph, prefix: str = "") -> Iterator[tuple[Node, str, int]]:
    """Every width of a graph, or of what is under a prefix in it: its node, the name of its field, and its value."""
    for node in graph.nodes:
        if not under(prefix, node.name):
            continue
        values = fields(node.op)
        for name in WIDTHS:
            if name in values:
                yield node, name, int(values[name])


def reach(value: int, usual: Node) -> int:
    """How far a width goes under a hand: fine enough to aim with, wide enough for what it is.

    Args:
        value: what it is.
        usual: its node in the original.
    """
    values = fields(usual.op)
    original = next((int(values[name]) for name in WIDTHS if name in values), value)
    return min(max(4 * original, value, 16), limits.MAX_LAYER_WIDTH)
