"""A network as a value: nodes in an order in which each comes after its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.graph.ops import Input, Op, Shape
from explorer.graph.parts import Part, Piece, Replaced, arranged, check_arity, cut, rearranged, spliced, with_edits
from explorer.graph.wiring import Node, Wiring

__all__ = ["Builder", "Graph", "Node", "graph_bytes", "module_of", "prefixes", "under"]


@dataclass(frozen=True)
class Graph(Wiring):
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

    @classmethod
    def of(cls, pieces: Sequence[Piece], outputs: tuple[str, ...]) -> Graph:
        """The graph of these pieces, one after the other. Of each only what connects it to the others is checked."""
        names = frozenset[str]().union(*[piece.names for piece in pieces])
        read = [*outputs, *chain.from_iterable([piece.readers for piece in pieces])]
        if sum([len(piece.images) for piece in pieces]) == 1 and names.issuperset(read):
            graph = cls._unchecked(arranged(pieces, outputs), outputs)
            if graph is not None:
                return graph
        return cls(tuple(chain.from_iterable([piece.nodes for piece in pieces])), outputs)  # which says what is wrong

    @classmethod
    def _unchecked(cls, parts: tuple[Part, ...], outputs: tuple[str, ...]) -> Graph | None:
        """The graph of parts that hang together; None where that are too many nodes, or names are not unique."""
        nodes = tuple(chain.from_iterable([part.nodes for part in parts]))
        names: Set[str] = frozenset().union(*[part.piece.names for part in parts])
        if len(names) < len(nodes) or len(nodes) > limits.MAX_NODES:
            return None
        graph = object.__new__(cls)
        graph.__dict__.update(nodes=nodes, outputs=outputs, names=names, parts=parts)  # it is frozen
        return graph

    @cached_property
    def names(self) -> Set[str]:
        """The names of all nodes."""
        return frozenset([node.name for node in self.nodes])

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The network in parts, each of which can be looked at by itself."""
        return arranged(tuple(cut(self.nodes)), self.outputs)

    @cached_property
    def whole(self) -> Part:
        """The network as a single part."""
        (part,) = arranged([Piece(self.nodes)], self.outputs)
        return part

    @property
    def goal(self) -> str:
        """The first output."""
        return self.outputs[0]

    @cached_property
    def is_valid(self) -> bool:
        """Whether every node has a shape."""
        return all([part.is_valid for part in self.parts])

    @cached_property
    def auxiliary(self) -> Set[str]:
        """Nodes that serve further outputs and not the first: auxiliary heads."""
        if len(self.outputs) == 1:
            return frozenset()
        return self.ancestors(self.outputs[1:]) - self.ancestors(self.outputs[:1])

    def node(self, name: str) -> Node | None:
        """The node of this name; None where there is none."""
        part = next((part for part in self.parts if name in part.piece.names), None)
        return None if part is None else part.by_name[name]

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
        by_part: dict[int, Replaced] = {}
        for index, part in enumerate(self.parts):
            if not part.piece.names.isdisjoint(edits):
                mine = [edit for edit in edits.items() if edit[0] in part.piece.names]
                by_part[index] = with_edits(part.unshaped, tuple(mine))
        return self.with_pieces(by_part)

    def with_pieces(self, edits: Mapping[int, Replaced]) -> Graph:
        """The graph with some pieces replaced, by the index of their part."""
        if not edits:
            return self
        parts = rearranged(self.parts, edits)
        graph = None if parts is None else Graph._unchecked(parts, self.outputs)
        if graph is not None:
            return graph
        return Graph.of(*spliced([part.piece for part in self.parts], edits, self.outputs))

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
    def nodes(self) -> tuple[Node, ...]:
        """The nodes so far, the image first."""
        return tuple(self._nodes)

    @property
    def last(self) -> str:
        """Name of the newest node."""
        return self._nodes[-1].name

    def graph(self, *outputs: str) -> Graph:
        """The finished graph; its output is the newest node where none is named."""
        return Graph(self.nodes, outputs or (self.last,))


def _check(graph: Graph) -> None:
    if len(graph.nodes) > limits.MAX_NODES:
        raise ExplorerError(f"the network has {len(graph.nodes):,} nodes: at most {limits.MAX_NODES:,} are allowed")
    if len(graph.names) < len(graph.nodes):
        counts = Counter([node.name for node in graph.nodes])
        name = next(name for name, count in counts.items() if count > 1)
        raise ExplorerError(f"{name}: {counts[name]} nodes have this name, and a name must be unique", node=name)
    if [type(node.op) for node in graph.nodes].count(Input) != 1:
        raise ExplorerError("a network has exactly one Input node")
    known: set[str] = set()
    for node in graph.nodes:
        if not known.issuperset(node.inputs):
            name = next(name for name in node.inputs if name not in known)
            raise ExplorerError(f"{node.name}: its input {name} is not a node before it", node=node.name)
        check_arity(node)
        known.add(node.name)
    for name in graph.outputs:
        if name not in known:
            raise ExplorerError(f"the output {name} is not a node of the network", node=name)


def graph_bytes(graph: Graph) -> int:
    """What a graph takes in memory, roughly: its nodes are those of its parts, which are remembered by themselves."""
    return _REFERENCES * len(graph.nodes)


_REFERENCES = 100
"""Bytes that a graph needs for each node beside the node."""


def under(prefix: str, name: str) -> bool:
    """Whether a dotted name is the prefix or lies below it. The empty prefix holds everything."""
    return not prefix or name == prefix or name.startswith(prefix + ".")


def prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """The first components of dotted names, in order: `inception_3a` for all that it holds."""
    return tuple(dict.fromkeys(name.partition(".")[0] for name in names))


@lru_cache(maxsize=65_536)
def module_of(name: str) -> str:
    """The module that a dotted name belongs to: `inception_3a` for `inception_3a.branch5x5.conv`.

    Branches belong to the module that they are in; a name of one part is its own module.
    """
    parts = name.split(".")
    for index, part in enumerate(parts):
        if part.startswith("branch") and index:
            return ".".join(parts[:index])
    return ".".join(parts[:-1]) or name
