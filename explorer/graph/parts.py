"""A network in parts, so that an edit costs what it changes.

A part is a run of nodes of which the rest of the network reads one at most, and which read one node of the rest
at most: a module, a stem, a head. What follows from a part depends on its nodes and on a few facts of what is
around it (`Part`), so it can be remembered for as long as these stay what they are, whatever is edited elsewhere.

Where a network is cut follows from what a rewrite may look at. It goes from a layer forward along its one line of
followers, and back from a join to where its branches begin. Neither way leads out of a part:

- Behind a part's last node stand two readers or more, where every line of followers ends; or the node is a join,
  or completes one, and no layer's line of followers leads through a join.
- A join's branches begin within its part or at what the part reads.

One part that is the whole network is always right, if slow: the rules are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from explorer.common.errors import ExplorerError
from explorer.common.memory import remembered
from explorer.graph.ops import Input, Op, Shape, completes
from explorer.graph.wiring import Node, Wiring, fitting, refitted, renamed, replaced

NODE_BYTES = 500
"""A node with its op and what is known of it within its part: most are shared by several answers."""


@dataclass(frozen=True)
class Outside(Op):
    """What a part knows of the nodes around it: nothing."""


class Piece:
    """The nodes of a part, by themselves. Two pieces are equal when they are the same object.

    Args:
        nodes: in an order in which each comes after its inputs.

    Raises:
        ExplorerError: names the first node that has not as many inputs as its op takes.
    """

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        names: set[str] = set()
        readers: dict[str, list[Node]] = {}
        for node in nodes:
            op, inputs = node.op, node.inputs
            if len(inputs) < op.min_inputs or (op.max_inputs is not None and len(inputs) > op.max_inputs):
                check_arity(node)
            for name in inputs:
                if name not in names:
                    readers.setdefault(name, []).append(node)
            names.add(node.name)
        self.names: Set[str] = frozenset(names)
        self.readers: Mapping[str, Sequence[Node]] = readers
        """For each node of the rest that it reads, those that read it, as often as they do."""
        self.source = next(iter(readers), "")
        """The node of the rest that it reads, where it is one; empty where it holds the image."""
        self.images: tuple[str, ...] = tuple([node.name for node in nodes if isinstance(node.op, Input)])
        """Its nodes that are the image."""
        self.shapes: Mapping[str, Shape] | None = None
        """Those of its nodes and its source, the last time that all had one."""
        self.priced: Any = None
        self.walked: Any = None
        """What a trace made of it the last time that all of it was valid; see `explorer.graph.trace`."""

    @cached_property
    def prefixes(self) -> Set[str]:
        """Every prefix that one of its nodes is under, the empty one included."""
        found = {""}
        for name in self.names:
            while name not in found:
                found.add(name)
                name = name.rpartition(".")[0]
        return frozenset(found)

    def ends_a_join(self, name: str) -> bool:
        """Whether a node of it is a join, or completes one."""
        for node in reversed(self.nodes):
            if node.name == name:
                if node.op.family == "join":
                    return True
                if not completes(node.op):
                    return False
                (name,) = node.inputs
        return False


@dataclass(frozen=True, eq=False)
class Part(Wiring):
    """A piece of a network with what it has to know of the rest. Equal parts are the same object, as long as both
    are remembered.

    Args:
        piece: its nodes.
        source_shape: of the node that it reads; None where the network fails before it.
        exit: the node of it that others read; empty where none do.
        shared: whether it reads its source once, and others read it too.
        leads_to: see `goal`.
        leads_further: the nodes of it that lead to further outputs, or are some.
    """

    piece: Piece
    source_shape: Shape | None
    exit: str
    shared: bool
    leads_to: str
    leads_further: tuple[str, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:  # type: ignore[override]
        """Its nodes."""
        return self.piece.nodes

    @property
    def before(self) -> tuple[Node, ...]:
        """What it reads."""
        return (Node(self.piece.source, _OUTSIDE),) if self.piece.source else ()

    @property
    def behind(self) -> tuple[Node, ...]:
        """Two readers where there are any: with one reader, nobody looks so far."""
        shared = (Node("", _OUTSIDE, (self.piece.source,)),) if self.shared else ()
        return (*shared, *([Node("", _OUTSIDE, (self.exit,))] * 2 if self.exit else ()))

    @property
    def goal(self) -> str:
        """Its node that leads to the first output, or is it."""
        return self.leads_to

    @property
    def shapes_before(self) -> Mapping[str, Shape] | None:
        """The shape of what it reads."""
        if not self.piece.source:
            return {}
        return None if self.source_shape is None else {self.piece.source: self.source_shape}

    @property
    def seen(self) -> tuple[str, ...]:
        """Its nodes that the rest of the network knows by name."""
        return (self.exit, self.leads_to, *self.leads_further)

    @property
    def unshaped(self) -> Part:
        """The same with no shape known: what follows from it follows whatever it reads."""
        # Not kept by itself: what is forgotten shall go without a search for circles.
        return self if self.source_shape is None else self._unshaped

    @cached_property
    def _unshaped(self) -> Part:
        return self.on(None)

    def on(self, shape: Shape | None) -> Part:
        """The same with another shape of what it reads."""
        return _part(self.piece, shape, self.exit, self.shared, self.leads_to, self.leads_further)

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The output shape of what it reads and of every node, as far as they are valid."""
        given, before = self.shapes_before, self.piece.shapes
        if given is None:
            return {}
        shapes = fitting(self.nodes, given) if before is None else refitted(self.nodes, before, given)
        if len(shapes) == len(self.by_name):
            self.piece.shapes = shapes
        return shapes

    @cached_property
    def auxiliary(self) -> Set[str]:
        """Its nodes that serve further outputs and not the first."""
        if not self.leads_further:
            return frozenset()
        return self.ancestors(self.leads_further) - self.ancestors([self.leads_to] if self.leads_to else [])


_OUTSIDE = Outside()


def cut(nodes: Sequence[Node]) -> Iterator[Piece]:
    """The pieces of a network, as small as they may be."""
    last_use: dict[str, int] = {}
    ends: set[str] = set()
    joins: set[str] = set()
    for index, node in enumerate(nodes):
        op, inputs = node.op, node.inputs
        if op.family == "join":
            joins.add(node.name)
        elif completes(op):
            if inputs[0] in joins:
                joins.add(node.name)
            ends.update([name for name in inputs if name in last_use])
            last_use[inputs[0]] = index
            continue
        for name in inputs:
            if name in joins or last_use.get(name, index) != index:  # a join, or what another node has read before
                ends.add(name)
            last_use[name] = index
    # An image is read by what a module does to it: it stays with its first readers.
    ends.difference_update([node.name for node in nodes if isinstance(node.op, Input)])
    live: set[str] = set()
    start = 0
    for index, node in enumerate(nodes):
        for name in node.inputs:
            if last_use[name] == index:
                live.discard(name)
        if node.name in last_use:
            live.add(node.name)
        if live and live <= ends:
            yield Piece(tuple(nodes[start : index + 1]))
            start = index + 1
    if start < len(nodes):
        yield Piece(tuple(nodes[start:]))


def arranged(pieces: Sequence[Piece], outputs: Sequence[str]) -> tuple[Part, ...]:
    """The parts of a network; pieces between which it must not be cut are put together."""
    links = _links(pieces)
    while links.apart is not None:
        start, end = links.apart
        pieces = [*pieces[:start], _together(tuple(pieces[start : end + 1])), *pieces[end + 1 :]]
        links = _links(pieces)
    owners, exits = links.owners, links.exits
    first, *others = outputs
    leads_to = [""] * len(pieces)
    further: list[tuple[str, ...]] = [()] * len(pieces)
    for index in reversed(range(len(pieces))):
        names, owner = pieces[index].names, owners[index]
        if first in names:
            leads_to[index] = first
        if others:
            further[index] = (*further[index], *[name for name in others if name in names])
        if owner >= 0:
            leads_to[owner] = exits[owner] if leads_to[index] else leads_to[owner]
            further[owner] = (exits[owner],) if further[index] else further[owner]
    parts: list[Part] = []
    is_valid = True
    for index, piece in enumerate(pieces):
        owner = owners[index]
        shape = parts[owner].shapes.get(piece.source) if is_valid and owner >= 0 else None
        shared = owner >= 0 and len(piece.readers[piece.source]) == 1 and len(links.readers[piece.source]) > 1
        part = _part(piece, shape, exits[index], shared, leads_to[index], further[index])
        is_valid = is_valid and part.is_valid
        parts.append(part)
    return tuple(parts)


@remembered(lambda part: NODE_BYTES * len(part.nodes))
def _part(piece: Piece, shape: Shape | None, exit: str, shared: bool, leads_to: str, further: tuple[str, ...]) -> Part:
    return Part(piece, shape, exit, shared, leads_to, further)


class _Links(NamedTuple):
    """How the pieces of a network hang together."""

    owners: Sequence[int]
    """For each piece the index of the one that it reads; -1 for none."""
    exits: Sequence[str]
    """For each piece its node that others read; empty where there is none."""
    readers: Mapping[str, Sequence[Node]]
    """For each node that is read by another piece, all that read it so."""
    apart: tuple[int, int] | None
    """From which piece to which they have to be put together before any of this holds."""


def _links(pieces: Sequence[Piece]) -> _Links:
    owners, exits = [-1], [""] * len(pieces)
    readers: dict[str, Sequence[Node]] = {}
    for index, piece in enumerate(pieces[1:], 1):
        of_sources = [_owner(pieces, index, name) for name in piece.readers]
        owner = min(of_sources)
        if len(of_sources) > 1:
            return _Links((), (), {}, (owner + (max(of_sources) > owner), index))
        if exits[owner] not in ("", piece.source):
            return _Links((), (), {}, (owner, index))
        owners.append(owner)
        exits[owner] = piece.source
        mine = piece.readers[piece.source]
        readers[piece.source] = [*readers[piece.source], *mine] if piece.source in readers else mine
    for index, piece in enumerate(pieces[1:], 1):
        owner = owners[index]
        behind, before = readers[piece.source], pieces[owner]
        is_end = len(behind) > 1 or (before.ends_a_join(piece.source) and not completes(behind[0].op))
        if not is_end or piece.source in before.images:
            return _Links((), (), {}, (owner, index))
    return _Links(owners, exits, readers, None)


def _owner(pieces: Sequence[Piece], index: int, name: str) -> int:
    while name not in pieces[index - 1].names:
        index -= 1
    return index - 1


@remembered(lambda piece: NODE_BYTES * len(piece.nodes))
def _together(pieces: tuple[Piece, ...]) -> Piece:
    return Piece(tuple(node for piece in pieces for node in piece.nodes))


class Replaced:
    """A part in which nodes were replaced; see `wiring.replaced`.

    Args:
        part: what it was.
        edits: names, and what takes the place of each.
    """

    def __init__(self, part: Part, edits: Mapping[str, tuple[Node, ...]]) -> None:
        self._part = part
        nodes, self.successor = replaced(part.nodes, edits)
        self.piece = Piece(nodes) if nodes else None
        """What it is now; None where nothing is left of it."""
        self._newest = part

    def on(self, shape: Shape | None) -> Part:
        """The part that it is now, where it keeps its links."""
        newest, old = self._newest, self._part
        if newest is old or newest.source_shape != shape:
            assert self.piece is not None
            newest = _part(self.piece, shape, old.exit, old.shared, old.leads_to, old.leads_further)
            self._newest = newest
        return newest

    @cached_property
    def keeps_links(self) -> bool:
        """Whether it hangs together with the other pieces as it did before."""
        before, piece, exit = self._part.piece, self.piece, self._part.exit
        if piece is None or any([name in self.successor for name in self._part.seen]):
            return False
        mine, others = piece.readers.get(piece.source, ()), before.readers.get(before.source, ())
        return (
            piece.readers.keys() == before.readers.keys()
            and len(mine) == len(others)
            and (len(mine) != 1 or completes(mine[0].op) == completes(others[0].op))
            and piece.ends_a_join(exit) == before.ends_a_join(exit)
        )


@remembered(lambda after: NODE_BYTES * len(after.piece.nodes if after.piece else ()))
def with_edits(part: Part, edits: tuple[tuple[str, tuple[Node, ...]], ...]) -> Replaced:
    """A part with some nodes replaced, as pairs of a name and what takes its place."""
    return Replaced(part, dict(edits))


def rearranged(parts: Sequence[Part], edits: Mapping[int, Replaced]) -> tuple[Part, ...] | None:
    """The parts with some pieces replaced, by their index; None where that changes more than shapes around them."""
    if not all([change.keeps_links for change in edits.values()]):
        return None
    made = list(parts)
    shapes: dict[str, Shape] = {}
    for index, part in enumerate(parts):
        source, change = part.piece.source, edits.get(index)
        if change is None and source not in shapes:
            continue
        shape = shapes.get(source, part.source_shape)
        new = part.on(shape) if change is None else change.on(shape)
        if not (part.is_valid and new.is_valid):
            return None
        if part.exit and new.shapes[part.exit] != part.shapes[part.exit]:
            shapes[part.exit] = new.shapes[part.exit]
        made[index] = new
    return tuple(made)


def spliced(
    pieces: Iterable[Piece], edits: Mapping[int, Replaced], outputs: Sequence[str]
) -> tuple[list[Piece], tuple[str, ...]]:
    """The pieces and outputs of a network in which some pieces were replaced, by their index."""
    names: dict[str, str] = {}
    made: list[Piece] = []
    for index, old in enumerate(pieces):
        change = edits.get(index)
        piece = old if change is None else change.piece
        if piece is not None and piece.source in names:
            piece = _rewired(piece, piece.source, names[piece.source])
        if change is not None:
            names.update((old_name, names.get(name, name)) for old_name, name in change.successor.items())
        if piece is not None:
            made.append(piece)
    return made, tuple([names.get(name, name) for name in outputs])


@remembered(lambda piece: NODE_BYTES * len(piece.nodes))
def _rewired(piece: Piece, old: str, new: str) -> Piece:
    names = {old: new}
    return Piece(tuple([renamed(node, names) for node in piece.nodes]))


def check_arity(node: Node) -> None:
    """Raises ExplorerError unless the node has as many inputs as its op takes."""
    fewest, most = node.op.min_inputs, node.op.max_inputs
    if len(node.inputs) < fewest or (most is not None and len(node.inputs) > most):
        allowed = f"{'exactly' if fewest == most else 'at least'} {fewest} input{'' if fewest == 1 else 's'}"
        raise ExplorerError(
            f"{node.name} ({type(node.op).__name__}): it takes {allowed}, not {len(node.inputs)}",
            node=node.name,
        )
