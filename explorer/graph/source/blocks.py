"""A graph as nested blocks: which group of nodes can be one module, and in what order modules run.

A group (all nodes under one dotted prefix) becomes a block if it can run in one go. Where something
outside stands between two of its nodes it cannot; it then is a plain container, and the block
around it calls its members directly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import NamedTuple

from explorer.graph.graph import Graph
from explorer.graph.ops import Function, Input, Layer, Record, Shape
from explorer.graph.trace import NodeTrace

Path = tuple[str, ...]
"""Attributes that lead to a module."""


Groups = dict[Path, list[NodeTrace]]


class Leaf(NamedTuple):
    """One node.

    Args:
        path: where it hangs, seen from the block that calls it.
        row: the node and its shapes.
    """

    path: Path
    row: NodeTrace

    @property
    def record(self) -> Record:
        """What it is in torch."""
        return self.row.op.record(*self.row.in_shapes)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its torch layers; none for a join."""
        record = self.record
        return () if isinstance(record, Function) else record

    @property
    def inputs(self) -> Path:
        """Names of the nodes that it reads."""
        return self.row.inputs

    @property
    def outputs(self) -> Path:
        """Its own name, in a tuple as a block's outputs are."""
        return (self.row.name,)


@dataclass(frozen=True, eq=False)
class Block:
    """A group of nodes that runs as one module.

    Args:
        path: where it hangs, seen from the block that calls it.
        prefix: dotted prefix of its nodes.
        inputs: names of the nodes outside that it reads.
        outputs: names of its nodes that are read outside.
        units: what it calls, in order.
        containers: where plain containers hang in it.
        idle: layers that exist and are never called, because nothing reads them.
        shapes: output shapes by node name, for the nodes it reads and returns.
    """

    path: Path
    prefix: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    units: tuple[Leaf | Block, ...]
    containers: tuple[Path, ...]
    idle: tuple[Leaf, ...]
    shapes: Mapping[str, Shape]

    @cached_property
    def is_chain(self) -> bool:
        """Whether it is one module after the other, as in `nn.Sequential`."""
        if self.idle or self.containers or len(self.inputs) != 1:
            return False
        value = self.inputs
        for unit in self.units:
            if unit.inputs != value or len(unit.outputs) != 1 or not (isinstance(unit, Block) or unit.layers):
                return False
            value = unit.outputs
        return value == self.outputs

    @cached_property
    def modules(self) -> tuple[Leaf | Block, ...]:
        """What it holds: what it calls, joins left out, and what it never calls."""
        return (*(unit for unit in self.units if isinstance(unit, Block) or unit.layers), *self.idle)


def plan(graph: Graph, rows: Sequence[NodeTrace], paths: Mapping[str, Path]) -> Block:
    """The whole network as one block.

    Args:
        graph: what is to be written.
        rows: its trace.
        paths: attributes that lead to each node's layer.
    """
    block = _Planner(graph, rows, paths).block((), (), [row for row in rows if not isinstance(row.op, Input)])
    (image,) = (row.name for row in rows if isinstance(row.op, Input))
    shapes = {row.name: row.out_shape for row in rows if row.name in (image, *graph.outputs)}
    return replace(block, inputs=(image,), outputs=graph.outputs, shapes=shapes)


class _Planner:
    def __init__(self, graph: Graph, rows: Sequence[NodeTrace], paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._shapes = {row.name: row.out_shape for row in rows}
        self._live = set(graph.outputs)
        for row in reversed(rows):
            if row.name in self._live:
                self._live.update(row.inputs)
        self._results = set(graph.outputs)
        self._readers = {name: {node.name for node in nodes} & self._live for name, nodes in graph.consumers.items()}

    def block(self, path: Path, prefix: Path, rows: Sequence[NodeTrace]) -> Block:
        """The block of these rows, all of which lie under the prefix."""
        inside = {row.name for row in rows}
        live = [row for row in rows if row.name in self._live]
        groups, containers = self._contract(prefix, rows)
        reads = tuple(dict.fromkeys(source for row in live for source in row.inputs if source not in inside))
        outputs = tuple(row.name for row in live if row.name in self._results or self._readers[row.name] - inside)
        depth = len(prefix)
        called = _order(self._dependencies(groups))
        idle = [Leaf(key[depth:], members[0]) for key, members in groups.items() if key not in called]
        return Block(
            path=path,
            prefix=prefix,
            inputs=reads,
            outputs=outputs,
            units=tuple(self._unit(key[depth:], key, groups[key]) for key in called),
            containers=tuple(container[depth:] for container in containers),
            idle=tuple(leaf for leaf in idle if leaf.layers),
            shapes={name: self._shapes[name] for name in (*reads, *outputs)},
        )

    def _unit(self, path: Path, key: Path, rows: Sequence[NodeTrace]) -> Leaf | Block:
        return Leaf(path, rows[0]) if self._is_node(key, rows) else self.block(path, key, rows)

    def _is_node(self, key: Path, rows: Sequence[NodeTrace]) -> bool:
        return key == self._paths[rows[0].name]

    def _contract(self, prefix: Path, rows: Sequence[NodeTrace]) -> tuple[Groups, list[Path]]:
        """Groups one level down, each under its path, and the groups that had to be opened."""
        opened: dict[Path, None] = {}
        while True:
            groups: Groups = {}
            for row in rows:
                groups.setdefault(self._key(len(prefix) + 1, row, opened), []).append(row)
            unfit = self._unfit(groups)
            if not unfit:
                # A container that would hold nothing is left out.
                layered = [self._paths[row.name] for row in rows if Leaf((), row).layers]
                return groups, [path for path in opened if any(held[: len(path)] == path for held in layered)]
            opened.update(dict.fromkeys(unfit))

    def _key(self, length: int, row: NodeTrace, opened: Mapping[Path, None]) -> Path:
        path = self._paths[row.name]
        while path[:length] in opened:
            length += 1
        return path[:length]

    def _unfit(self, groups: Groups) -> list[Path]:
        """Groups that cannot be a block: nothing in them is called, or they wait for each other."""
        several = [key for key, rows in groups.items() if not self._is_node(key, rows)]
        unfit = [
            key for key in several if not any(row.name in self._live and Leaf((), row).layers for row in groups[key])
        ]
        if unfit:
            return unfit
        try:
            TopologicalSorter(self._dependencies(groups)).prepare()
        except CycleError as error:
            return [next(key for key in error.args[1] if key in several)]
        return []

    def _dependencies(self, groups: Groups) -> dict[Path, set[Path]]:
        """For every group that is called, the groups that it reads."""
        home = {row.name: key for key, rows in groups.items() for row in rows}
        needs: dict[Path, set[Path]] = {}
        for key, rows in groups.items():
            live = [row for row in rows if row.name in self._live]
            if live:
                needs[key] = {home[source] for row in live for source in row.inputs if source in home} - {key}
        return needs


def _order(needs: Mapping[Path, set[Path]]) -> list[Path]:
    """An order in which each comes after what it needs, as near as can be to the given one."""
    number_of = {key: number for number, key in enumerate(needs)}
    keys = list(needs)
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ready: list[int] = []
    order: list[Path] = []
    while sorter.is_active():
        for key in sorter.get_ready():
            heappush(ready, number_of[key])
        order.append(keys[heappop(ready)])
        sorter.done(order[-1])
    return order
