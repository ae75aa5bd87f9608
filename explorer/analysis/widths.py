"""The widths of a network as tables: a row for each module, a column for each layer of it."""

from __future__ import annotations

from typing import NamedTuple

from explorer.edits.layers import Value, fields
from explorer.graph.graph import Graph, module_of, under

WIDTHS = ("out_channels", "out_features")
"""The values of layers that are widths."""


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
    for node in graph.nodes:
        defaults = fields(node.op)
        for name in WIDTHS:
            if name in defaults:
                module = module_of(node.name)
                short = node.name.removeprefix(f"{module}.") if under(module, node.name) else node.name
                modules.setdefault(module, []).append((short, Cell(f"{node.name}.{name}", _int(defaults[name]))))
    kinds: dict[tuple[str, ...], list[tuple[str, tuple[Cell, ...]]]] = {}
    for module, pairs in modules.items():
        alone = len(pairs) == 1 and pairs[0][0] == module
        names = ("width",) if alone else tuple(name for name, _ in pairs)
        kinds.setdefault(names, []).append((module, tuple(cell for _, cell in pairs)))
    return tuple(Table(names, tuple(rows)) for names, rows in kinds.items())


def _int(value: Value) -> int:
    assert isinstance(value, int), "a width is a number"
    return value
