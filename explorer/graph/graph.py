"""A network as a value: nodes in an order in which each comes after its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.graph.ops import Input, Op, Shape


@dataclass(frozen=True)
class Node:
    """One op in a network.

    Args:
        name: a dotted path, unique in its graph, such as `inception_4b.branch5x5.conv`.
        op: what it computes.
        inputs: names of the nodes that feed it, in order.
    """

    name: str
    op: Op
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """An immutable network. `outputs` names the results, the classifier (or last map) first.

    A graph that exists has a sound structure: not too many nodes, unique names, inputs before use,
    arity, one image. Shapes are the business of `explorer.graph.trace`.

    Raises:
        ExplorerError: names the first node that breaks a rule.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Each node under its name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """For every node name, the nodes that it feeds."""
        fed: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                fed[name].append(node)
        return {name: tuple(nodes) for name, nodes in fed.items()}

    @cached_property
    def auxiliary(self) -> Set[str]:
        """Nodes that serve further outputs and not the first: auxiliary heads."""
        if len(self.outputs) == 1:
            return frozenset()
        return self.ancestors(self.outputs[1:]) - self.ancestors(self.outputs[:1])

    def ancestors(self, names: Iterable[str]) -> Set[str]:
        """The named nodes and all that they are made from."""
        seen = set(names)
        for node in reversed(self.nodes):
            if node.name in seen:
                seen.update(node.inputs)
        return seen

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """The longest way from the image to each node, in nodes."""
        depths: dict[str, int] = {}
        for node in self.nodes:
            depths[node.name] = 1 + max((depths[name] for name in node.inputs), default=-1)
        return depths

    @cached_property
    def dominators(self) -> Mapping[str, str]:
        """For every node but the image, the nearest one that every way from the image to it goes
        through: for a join, where its branches begin (Cooper, Harvey and Kennedy 2001).
        """
        nearest: dict[str, str] = {}
        level: dict[str, int] = {}
        for node in self.nodes:
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
        heads = [self.outputs[0]]
        while heads[-1] in self.dominators:
            heads.append(self.dominators[heads[-1]])
        return frozenset(heads)

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The output shape of every node as far as the network is valid; see `explorer.graph.trace`."""
        shapes: dict[str, Shape] = {}
        for node in self.nodes:
            try:
                shapes[node.name] = node.op.out_shape(*(shapes[name] for name in node.inputs))
            except ExplorerError:
                break
        return shapes

    @property
    def input_shape(self) -> Shape:
        """Shape of the image that enters."""
        return next(node.op.shape for node in self.nodes if isinstance(node.op, Input))

    def replace(self, edits: Mapping[str, tuple[Node, ...]]) -> Graph:
        """The graph with some nodes replaced.

        Given  a -> old -> b           and  edits {old: (new_1, new_2)}
        Result a -> new_1 -> new_2 -> b

        An empty replacement takes the node out: what it fed is fed by its first input. Consumers
        and outputs are rewired; the replacement itself names its inputs as they are called before
        the edit.
        """
        if not edits:
            return self
        successor: dict[str, str] = {}
        nodes: list[Node] = []
        for old in self.nodes:
            replacement = edits.get(old.name, (old,))
            names = {new.name for new in replacement}
            for new in replacement:
                # A name made by this very replacement is meant as it stands, even where the last
                # piece took over the old name.
                inputs = tuple(name if name in names else successor.get(name, name) for name in new.inputs)
                nodes.append(new if inputs == new.inputs else Node(new.name, new.op, inputs))
            last = replacement[-1].name if replacement else successor.get(old.inputs[0], old.inputs[0])
            if last != old.name:
                successor[old.name] = last
        return Graph(tuple(nodes), tuple(successor.get(name, name) for name in self.outputs))

    def alone(self, prefix: str) -> Graph:
        """One module cut out of the network, its nodes named from there: an image of the shape that it read
        enters, and what it fed onwards comes out.

        Raises:
            ExplorerError: nothing bears the prefix, or it reads from or ends in more than one place.
        """
        inside = [node for node in self.nodes if under(prefix, node.name) and node.name != prefix]
        names = {node.name for node in inside}
        sources = {source for node in inside for source in node.inputs} - names
        read = {source for node in inside for source in node.inputs}
        ends = [node.name for node in inside if node.name not in read]
        if len(sources) != 1 or len(ends) != 1:
            raise ExplorerError(
                f"{prefix[:80]!r} is no module by itself: it must read from one place and end in one place"
            )
        start = Node("input", Input(self.shapes[sources.pop()]))
        short = {name: name.removeprefix(f"{prefix}.") for name in names}
        moved = (
            Node(short[node.name], node.op, tuple(short.get(source, "input") for source in node.inputs))
            for node in inside
        )
        return Graph((start, *moved), (short[ends[0]],))


class Builder:
    """Collects nodes for a graph; `add` returns the name to feed onwards."""

    def __init__(self, input_shape: Shape) -> None:
        self._nodes = [Node("input", Input(input_shape))]

    @classmethod
    def on(cls, graph: Graph) -> Builder:
        """A builder that goes on from a graph."""
        builder = cls(graph.input_shape)
        builder._nodes = [*graph.nodes]
        return builder

    def add(self, name: str, op: Op, *inputs: str) -> str:
        """Adds a node fed by the named nodes, by the newest one where none is named."""
        self._nodes.append(Node(name, op, inputs or (self.last,)))
        return name

    @property
    def last(self) -> str:
        """Name of the newest node."""
        return self._nodes[-1].name

    def graph(self, *outputs: str) -> Graph:
        """The finished graph; its output is the newest node where none is named."""
        return Graph(tuple(self._nodes), outputs or (self.last,))


def _check(graph: Graph) -> None:
    if len(graph.nodes) > limits.MAX_NODES:
        raise ExplorerError(f"the network has {len(graph.nodes):,} nodes: at most {limits.MAX_NODES:,} are allowed")
    for name, count in Counter(node.name for node in graph.nodes).items():
        if count > 1:
            raise ExplorerError(f"{name}: {count} nodes have this name, and a name must be unique", node=name)
    if [type(node.op) for node in graph.nodes].count(Input) != 1:
        raise ExplorerError("a network has exactly one Input node")
    known: set[str] = set()
    for node in graph.nodes:
        _check_inputs(node, known)
        known.add(node.name)
    for name in graph.outputs:
        if name not in known:
            raise ExplorerError(f"the output {name} is not a node of the network", node=name)


def _check_inputs(node: Node, known: set[str]) -> None:
    for name in node.inputs:
        if name not in known:
            raise ExplorerError(f"{node.name}: its input {name} is not a node before it", node=node.name)
    fewest, most = node.op.min_inputs, node.op.max_inputs
    if len(node.inputs) < fewest or (most is not None and len(node.inputs) > most):
        allowed = f"{'exactly' if fewest == most else 'at least'} {fewest} input{'' if fewest == 1 else 's'}"
        raise ExplorerError(
            f"{node.name} ({type(node.op).__name__}): it takes {allowed}, not {len(node.inputs)}",
            node=node.name,
        )


def under(prefix: str, name: str) -> bool:
    """Whether a dotted name is the prefix or lies below it. The empty prefix holds everything."""
    return not prefix or name == prefix or name.startswith(prefix + ".")


def prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """The first components of dotted names, in order: `inception_3a` for all that it holds."""
    return tuple(dict.fromkeys(name.partition(".")[0] for name in names))


def module_of(name: str) -> str:
    """The module that a dotted name belongs to: `inception_3a` for `inception_3a.branch5x5.conv`.

    Branches belong to the module that they are in; a name of one part is its own module.
    """
    parts = name.split(".")
    for index, part in enumerate(parts):
        if part.startswith("branch") and index:
            return ".".join(parts[:index])
    return ".".join(parts[:-1]) or name
