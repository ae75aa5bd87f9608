"""A traced network as layers one behind the other and side by side, where it is made so.

It is the series-parallel form of its graph (Valdes, Tarjan and Lawler 1982, "The Recognition of Series
Parallel Digraphs"): nodes with one way in and one way out are put behind each other, ways between the same two
nodes side by side, until one way is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from explorer.common.memory import remembered
from explorer.graph.ops import Concat, Shape, completes
from explorer.graph.trace import NodeTrace, Stretch, Totals, Trace, total


class Layer(NamedTuple):
    """A node with the normalisation and the activation that stand behind it alone."""

    rows: tuple[NodeTrace, ...]

    @property
    def first(self) -> NodeTrace:
        """The node that does the work."""
        return self.rows[0]

    @property
    def name(self) -> str:
        """Of that node."""
        return self.rows[0].name

    @property
    def out_shape(self) -> Shape:
        """What it hands on."""
        return self.rows[-1].out_shape

    @property
    def totals(self) -> Totals:
        """Its sums."""
        return total(self.rows)


class Fork(NamedTuple):
    """Chains that read the same; they meet in the layer behind the fork, or, where it is the last of its own
    chain, in the one that this chain leads to. A chain without a layer is a shortcut.
    """

    branches: tuple[Chain, ...]


Chain = tuple[Layer | Fork, ...]
"""Layers and forks, one behind the other."""


class Structure:
    """A network in this form.

    Args:
        chain: of the whole network, its image first.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """All layers by name, in the order of the chains."""
        return {layer.name: layer for layer in layers(self.chain)}

    @cached_property
    def chains(self) -> tuple[tuple[Layer, ...], ...]:
        """The layers of each chain that follow each other without a fork between them."""
        return tuple(_runs(self.chain))


def layers(chain: Chain) -> Iterator[Layer]:
    """All layers of a chain, those of its branches included."""
    for item in chain:
        if isinstance(item, Layer):
            yield item
        else:
            for branch in item.branches:
                yield from layers(branch)


def _runs(chain: Chain) -> Iterator[tuple[Layer, ...]]:
    run: list[Layer] = []
    for item in chain:
        if isinstance(item, Layer):
            run.append(item)
            continue
        yield tuple(run)
        run = []
        for branch in item.branches:
            yield from _runs(branch)
    yield tuple(run)


def structure(trace: Trace) -> Structure | None:
    """The network in this form; None where it has another, as a stem whose branches cross, or ends in several
    places.
    """
    return _structure(Stretch(trace.rows)) if not trace.stretches else _of_stretches(trace.stretches)


@remembered(lambda structure: 0)
def _of_stretches(stretches: tuple[Stretch, ...]) -> Structure | None:
    return _structure(Stretch(tuple(row for stretch in stretches for row in stretch.rows)))


class _Way(NamedTuple):
    """A chain from behind one layer to another, and the places at which that one reads it."""

    source: str
    target: str
    chain: Chain
    places: tuple[int, ...]


def _structure(stretch: Stretch) -> Structure | None:
    members = _layers(stretch.rows)
    owner = {row.name: layer.name for layer in members for row in layer.rows}
    ways = [
        _Way(owner[source], layer.name, (), (place,))
        for layer in members
        for place, source in enumerate(layer.first.inputs)
    ]
    inner = {layer.name: layer for layer in members[1:-1]}
    while True:
        ways, is_changed = _in_series(ways, inner)
        merged = _side_by_side(ways)
        if not is_changed and len(merged) == len(ways):
            break
        ways = merged
    if not members or inner or len(ways) > 1:
        return None
    between = ways[0].chain if ways else ()
    ends = (members[-1],) if len(members) > 1 else ()
    return Structure(_without_inner_joins((members[0], *between, *ends)))


def _layers(rows: Iterable[NodeTrace]) -> list[Layer]:
    """Each node with what completes it."""
    rows = tuple(rows)
    readers: dict[str, int] = {}
    for row in rows:
        for source in row.inputs:
            readers[source] = readers.get(source, 0) + 1
    made: dict[str, list[NodeTrace]] = {}
    last: dict[str, str] = {}
    for row in rows:
        source = row.inputs[0] if len(row.inputs) == 1 else ""
        if completes(row.op) and source in last and readers[source] == 1:
            made[last[source]].append(row)
            last[row.name] = last[source]
        else:
            made[row.name] = [row]
            last[row.name] = row.name
    return [Layer(tuple(group)) for group in made.values()]


def _in_series(ways: list[_Way], inner: dict[str, Layer]) -> tuple[list[_Way], bool]:
    """Layers with one way in and one way out become links of a chain, and are inner ones no more."""
    is_changed = False
    for name in [*inner]:
        before = [way for way in ways if way.target == name]
        behind = [way for way in ways if way.source == name]
        if len(before) == 1 and len(behind) == 1:
            (first,), (second,) = before, behind
            chain = (*first.chain, inner.pop(name), *second.chain)
            ways = [way for way in ways if way not in (first, second)]
            ways.append(_Way(first.source, second.target, chain, second.places))
            is_changed = True
    return ways, is_changed


def _side_by_side(ways: Sequence[_Way]) -> list[_Way]:
    """Ways between the same two layers become a fork, once nothing else comes into the one or out of the other."""
    groups: dict[tuple[str, str], list[_Way]] = {}
    for way in ways:
        groups.setdefault((way.source, way.target), []).append(way)
    made: list[_Way] = []
    for (source, target), group in groups.items():
        is_all = len(group) in (
            sum(way.source == source for way in ways),
            sum(way.target == target for way in ways),
        )
        if len(group) == 1 or not is_all:
            made += group
            continue
        group.sort(key=lambda way: way.places)
        places = tuple(place for way in group for place in way.places)
        made.append(_Way(source, target, (Fork(tuple(way.chain for way in group)),), places))
    return made


def _without_inner_joins(chain: Chain, joins: bool = False) -> Chain:
    """The same without a concatenation whose result is concatenated once more, and does nothing else."""
    made: list[Layer | Fork] = []
    for index, item in enumerate(chain):
        is_last = index == len(chain) - 1
        if isinstance(item, Fork):
            behind = chain[index + 1] if not is_last else None
            is_joined = joins if behind is None else isinstance(behind, Layer) and isinstance(behind.first.op, Concat)
            item = Fork(tuple(_without_inner_joins(branch, is_joined) for branch in item.branches))
        elif is_last and joins and index and isinstance(item.first.op, Concat) and len(item.rows) == 1:
            continue
        made.append(item)
    return tuple(made)
