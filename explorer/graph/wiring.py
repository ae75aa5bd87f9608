"""Nodes, and what follows from which node feeds which: in a whole network, or in a part of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import NamedTuple

from explorer.common.errors import ExplorerError
from explorer.graph.ops import Op, Shape


class Node(NamedTuple):
    """One op in a network.

    Args:
        name: a dotted path, unique in its graph, such as `inception_4b.branch5x5.conv`.
        op: what it computes.
        inputs: names of the nodes that feed it, in order.
    """

    name: str
    op: Op
    inputs: tuple[str, ...] = ()


class Wiring:
    """Nodes in an order in which each comes after its inputs.

    Those of a part of a network may read what stands before it, and be read by what stands behind it: there is
    a node for each, of which nothing else is known.
    """

    nodes: tuple[Node, ...]

    @property
    def before(self) -> tuple[Node, ...]:
        """What stands for the nodes outside that are read; none in a whole network."""
        return ()

    @property
    def behind(self) -> tuple[Node, ...]:
        """What stands for the nodes outside that read; none in a whole network."""
        return ()

    @property
    def goal(self) -> str:
        """The node that leads to the first output, or is it; empty where none does."""
        raise NotImplementedError

    @property
    def shapes_before(self) -> Mapping[str, Shape] | None:
        """The shapes of what is read; None where something before it fails."""
        return {}

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Each node under its name."""
        return {node.name: node for node in (*self.before, *self.nodes)}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """For every node name, the nodes that it feeds."""
        fed: dict[str, list[Node]] = {name: [] for name in self.by_name}
        for node in (*self.nodes, *self.behind):
            inputs = node.inputs
            for name in inputs if len(inputs) == 1 else dict.fromkeys(inputs):
                fed[name].append(node)
        return {name: tuple(nodes) for name, nodes in fed.items()}

    def ancestors(self, names: Iterable[str]) -> Set[str]:
        """The named nodes and all that they are made from."""
        seen = set(names)
        for node in reversed(self.nodes):
            if node.name in seen:
                seen.update(node.inputs)
        return seen

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """The longest way from the image, or from what a part reads, to each node, in nodes."""
        depths: dict[str, int] = {}
        for node in (*self.before, *self.nodes):
            depths[node.name] = 1 + max((depths[name] for name in node.inputs), default=-1)
        return depths

    @cached_property
    def dominators(self) -> Mapping[str, str]:
        """For every node but the first, the nearest one that every way from the image to it goes
        through: for a join, where its branches begin (Cooper, Harvey and Kennedy 2001).
        """
        nearest: dict[str, str] = {}
        level: dict[str, int] = {}
        for node in (*self.before, *self.nodes):
            if not node.inputs:
                level[node.name] = 0
                continue
            common = node.inputs[0]
            for name in node.inputs[1:]:
                while common != name:
                    common, name = (nearest[common], name) if level[common] >= level[name] else (common, nearest[name])
            nearest[node.name], level[node.name] = common, level[common] + 1
        return nearest

    @cached_property
    def spine(self) -> Set[str]:
        """The nodes that every way from the image to the first output goes through."""
        heads = [self.goal] if self.goal else []
        while heads and heads[-1] in self.dominators:
            heads.append(self.dominators[heads[-1]])
        return frozenset(heads)

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The output shape of every node as far as the network is valid; see `explorer.graph.trace`."""
        given = self.shapes_before
        if given is None:
            return {}
        return fitting(self.nodes, given)

    @cached_property
    def is_valid(self) -> bool:
        """Whether every node has a shape."""
        return len(self.shapes) == len(self.by_name)


def fitting(nodes: Iterable[Node], given: Mapping[str, Shape]) -> dict[str, Shape]:
    """The given shapes, and those of the nodes that are made from them, up to the first that fails."""
    shapes = dict(given)
    try:
        for node in nodes:
            inputs = node.inputs
            if len(inputs) != 1:
                shapes[node.name] = node.op.out_shape(*[shapes[name] for name in inputs])
            elif node.op.elementwise:
                shapes[node.name] = shapes[inputs[0]]
            else:
                shapes[node.name] = node.op.out_shape(shapes[inputs[0]])
    except ExplorerError:
        return shapes
    return shapes


def refitted(nodes: Sequence[Node], before: Mapping[str, Shape], given: Mapping[str, Shape]) -> dict[str, Shape]:
    """The same as `fitting`, where all shapes have been known before with others given: only what reads a changed
    shape is asked anew.
    """
    shapes = {**before, **given}
    changed = {name for name, shape in given.items() if before[name] != shape}
    try:
        for node in nodes:
            if not changed.isdisjoint(node.inputs):
                shape = node.op.out_shape(*[shapes[name] for name in node.inputs])
                if shape != shapes[node.name]:
                    shapes[node.name] = shape
                    changed.add(node.name)
    except ExplorerError:
        return fitting(nodes, given)
    return shapes


def replaced(nodes: Iterable[Node], edits: Mapping[str, tuple[Node, ...]]) -> tuple[tuple[Node, ...], dict[str, str]]:
    """Nodes with some of them replaced, and for each whose name is another one now, that name.

    An empty replacement takes the node out: what it fed is fed by its first input. Consumers are rewired; the
    replacement itself names its inputs as they are called before the edit.
    """
    successor: dict[str, str] = {}
    made: list[Node] = []
    for old in nodes:
        replacement = edits.get(old.name)
        if replacement is None:
            made.append(renamed(old, successor))
            continue
        names = {new.name for new in replacement}
        for new in replacement:
            # A name made by this very replacement is meant as it stands, even where the last
            # piece took over the old name.
            inputs = tuple(name if name in names else successor.get(name, name) for name in new.inputs)
            made.append(new if inputs == new.inputs else Node(new.name, new.op, inputs))
        last = replacement[-1].name if replacement else successor.get(old.inputs[0], old.inputs[0])
        if last != old.name:
            successor[old.name] = last
    return tuple(made), successor


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The node fed by nodes of new names, where they have some."""
    for name in node.inputs:
        if name in names:
            return Node(node.name, node.op, tuple([names.get(name, name) for name in node.inputs]))
    return node
