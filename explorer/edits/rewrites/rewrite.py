"""What a rewrite is, what it is applied to, and the small pieces that rewrites are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, wraps
from inspect import cleandoc
from itertools import chain, count
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.memory import remembered
from explorer.graph.graph import Graph, Node, under
from explorer.graph.ops import Op, ReLU, Shape, completes, is_activation
from explorer.graph.parts import NODE_BYTES, Part, Piece, Replaced
from explorer.graph.wiring import Wiring, fitting

Edits = Mapping[str, tuple[Node, ...]]
"""Node names and what takes each one's place; see `Graph.replace`."""
Value = int | str | None
"""What a rewrite is told beside where: a number, a word, or nothing."""
Places = tuple[tuple[str, Value], ...]
"""The prefixes that a rewrite is kept to, each with the rewrite's value there. Of several that hold a node, the last
has its say."""


class Option(NamedTuple):
    """What a rewrite can be told: a whole number between bounds, or one of a few words.

    Args:
        name: what it is.
        default: its value where none is given.
        minimum: smallest number.
        maximum: largest number.
        words: the choices, for a word.
        help: what it does, in a sentence.
    """

    name: str
    default: int | str
    minimum: int = 0
    maximum: int = 0
    words: tuple[str, ...] = ()
    help: str = ""

    def parse(self, value: object) -> int | str:
        """The value, or one sentence on what is allowed.

        Raises:
            ExplorerError: it is no such number or word.
        """
        if not self.words:
            return limits.whole_number(self.name, value, self.minimum, self.maximum)
        if value not in self.words:
            raise ExplorerError(f"{self.name} is {quoted(value)}: it must be one of {', '.join(self.words)}")
        return str(value)


class Rewrite(NamedTuple):
    """A rewrite that can be switched on.

    Args:
        id: how a command line and a URL call it.
        title: how a page calls it.
        summary: what it does and what it is good for, in a sentence.
        apply: makes the new graph out of a graph and the places that it may act on; an equal graph
            where it does not apply. `local` makes one that looks at a part of the network at a time; any other
            looks at the whole.
        option: what it can be told, if anything.
        inverse: the rewrite that leads back, where there is one; taking a rewrite out of a network's list
            always does.
    """

    id: str
    title: str
    summary: str
    apply: Callable[[Graph, Places], Graph]
    option: Option | None = None
    inverse: str = ""

    @property
    def pattern(self) -> str:
        """What it finds and what it makes of it, as its function's docstring says: `Given ...` and
        `Result ...`, a line or more each.
        """
        paragraphs = cleandoc(self.apply.__doc__ or "").split("\n\n")
        return next((paragraph for paragraph in paragraphs if paragraph.startswith("Given")), "")


Expand = Callable[[Wiring, Node, Value], Edits]
"""The edits at one node, looked at in its surroundings before any edit; none where a rewrite does not apply."""


def local(expand: Expand, *, by_shape: bool = False) -> Callable[[Graph, Places], Graph]:
    """A rewrite that is a local edit at every node that it matches: what it makes of a part of the network follows
    from that part (see `explorer.graph.parts`), and is remembered with it.

    An edit that would break a valid network is left out, as where a module changes its width between
    residual modules that add to it.

    Args:
        expand: looks no further than forward along a layer's one line of followers, and back from a join to
            where its branches begin.
        by_shape: whether it looks at shapes as well.
    """

    def proposal(part: Part, places: Places) -> Proposal:
        return _proposal(expand, part if by_shape else part.unshaped, _within(part.piece, places))

    @wraps(expand)
    def rewrite(graph: Graph, places: Places) -> Graph:
        proposals = [proposal(part, places) for part in graph.parts]
        if not graph.names.isdisjoint(chain.from_iterable([proposal.new_names for proposal in proposals])):
            # A name that some other part has: who makes it has to see it.
            graph = Graph.of([graph.whole.piece], graph.outputs)
            proposals = [proposal(graph.whole, places)]
        edited = graph.with_pieces(_all(proposals))
        if edited is graph or edited.is_valid or not graph.is_valid:
            return edited
        return graph.with_pieces(_sound(graph.parts, proposals))

    return rewrite


def to_fixpoint(rewrite: Callable[[Graph, Places], Graph]) -> Callable[[Graph, Places], Graph]:
    """A rewrite whose result it may match once more, as where what was nested has taken a new shape."""

    @wraps(rewrite)
    def repeat(graph: Graph, places: Places) -> Graph:
        while (after := rewrite(graph, places)) != graph:
            graph = after
        return graph

    return repeat


class Proposal:
    """What a rewrite would edit in a part.

    Args:
        part: the part.
        edits: those of each node that it matches, in order.
    """

    def __init__(self, part: Part, edits: Sequence[Edits]) -> None:
        self.part, self.edits = part, tuple(edits)
        made = (node.name for edit in edits for nodes in edit.values() for node in nodes)
        self.new_names = frozenset(made) - part.piece.names

    @cached_property
    def everything(self) -> Replaced:
        """The part with all of its edits."""
        return self.some(tuple(range(len(self.edits))))

    def some(self, chosen: tuple[int, ...]) -> Replaced:
        """The part with some of its edits, by their index."""
        edits = {name: nodes for index in chosen for name, nodes in self.edits[index].items()}
        return Replaced(self.part, edits)


def _within(piece: Piece, places: Places) -> Places:
    """The places that are in a piece."""
    return places if places == _EVERYWHERE else tuple([place for place in places if place[0] in piece.prefixes])


_EVERYWHERE: Places = (("", None),)


@remembered(lambda proposal: NODE_BYTES * (1 + 2 * sum(map(len, proposal.edits))))
def _proposal(expand: Expand, part: Part, places: Places) -> Proposal:
    selection = {node.name: value for prefix, value in places for node in part.nodes if under(prefix, node.name)}
    expanded = [expand(part, node, selection[node.name]) for node in part.nodes if node.name in selection]
    # What reaches beyond the selection, such as a join's edit of its branches, is no edit of it.
    edits = [_with_free_names(part, edit) for edit in expanded if edit and edit.keys() <= selection.keys()]
    return Proposal(part, edits)


def _all(proposals: Iterable[Proposal]) -> dict[int, Replaced]:
    return {index: proposal.everything for index, proposal in enumerate(proposals) if proposal.edits}


Chosen = tuple[tuple[int, int], ...]
"""Edits, each as the index of its part and its index there."""


def _sound(parts: Sequence[Part], proposals: Sequence[Proposal]) -> dict[int, Replaced]:
    """Of the edits as many as leave the network valid, earlier ones first."""
    every = tuple((i, k) for i, proposal in enumerate(proposals) for k in range(len(proposal.edits)))
    chosen = _by_part(_kept(parts, proposals, (), every))
    return {index: proposals[index].some(edits) for index, edits in chosen.items()}


def _kept(parts: Sequence[Part], proposals: Sequence[Proposal], kept: Chosen, edits: Chosen) -> Chosen:
    if _holds(parts, proposals, (*kept, *edits)):
        return (*kept, *edits)
    if len(edits) == 1:
        return kept
    middle = len(edits) // 2
    return _kept(parts, proposals, _kept(parts, proposals, kept, edits[:middle]), edits[middle:])


def _by_part(chosen: Chosen) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for index, edit in chosen:
        found[index] = (*found.get(index, ()), edit)
    return found


def _holds(parts: Sequence[Part], proposals: Sequence[Proposal], chosen: Chosen) -> bool:
    """Whether the network is valid with these edits: only what they change is looked at."""
    edits, shapes = _by_part(chosen), dict[str, Shape]()
    for index, part in enumerate(parts):
        source = shapes.get(part.piece.source, part.source_shape)
        mine = edits.get(index, ())
        if not mine and source == part.source_shape:
            continue
        end = _end(proposals[index], mine, source)
        if end is None:
            return False
        if part.exit and end != part.shapes[part.exit]:
            shapes[part.exit] = end
    return True


@remembered(lambda end: 0)
def _end(proposal: Proposal, chosen: tuple[int, ...], source: Shape | None) -> Shape | None:
    """The shape of what others read of a part, with some of its edits; None where it is not valid."""
    part = proposal.part
    after = proposal.some(chosen)
    nodes = after.piece.nodes if after.piece else ()
    shapes = fitting(nodes, {part.piece.source: source} if source is not None else {})
    if nodes and nodes[-1].name not in shapes:
        return None
    return shapes[after.successor.get(part.exit, part.exit)] if part.exit else ()


def _with_free_names(graph: Wiring, edits: Edits) -> Edits:
    """The edits with a number behind each new name that some other node has already."""
    made = [new.name for replacement in edits.values() for new in replacement]
    if not any([name in graph.by_name and name not in edits for name in made]):
        return edits
    renamed: dict[str, str] = {}
    result: dict[str, tuple[Node, ...]] = {}
    for old, replacement in edits.items():
        nodes = []
        for new in replacement:
            # What the node reads was named before it was.
            inputs = tuple(renamed.get(name, name) for name in new.inputs)
            if new.name in graph.by_name and new.name not in edits:
                taken = (f"{new.name}_{number}" for number in count(2))
                renamed[new.name] = next(name for name in taken if name not in graph.by_name)
            nodes.append(Node(renamed.get(new.name, new.name), new.op, inputs))
        result[old] = tuple(nodes)
    return result


def unit(graph: Wiring, node: Node) -> list[Node]:
    """The node and the normalisation and activation that only it feeds."""
    chain = [node]
    while True:
        followers = graph.consumers[chain[-1].name]
        if len(followers) != 1 or not completes(followers[0].op):
            return chain
        chain.append(followers[0])


def activation(graph: Wiring, node: Node) -> tuple[str, Op]:
    """The activation behind a node as the end of a name and an op; a ReLU where there is none."""
    op = next((link.op for link in unit(graph, node) if is_activation(link.op)), ReLU())
    return op.suffix, op


def line(graph: Wiring, start: str, end: str) -> list[Node] | None:
    """The nodes from behind `start` up to `end`, where they stand in one line and serve nothing else;
    None where they do not.
    """
    nodes: list[Node] = []
    name = end
    while name != start:
        node = graph.by_name[name]
        if len(node.inputs) != 1 or len(graph.consumers[name]) != 1:
            return None
        nodes.append(node)
        (name,) = node.inputs
    return nodes[::-1]


def in_place(node: Node, *links: tuple[str, Op]) -> Edits:
    """One node replaced by several in a row."""
    return {node.name: row(node.inputs, *links)}


def row(inputs: tuple[str, ...], *links: tuple[str, Op]) -> tuple[Node, ...]:
    """Nodes one after the other, the first fed by `inputs`."""
    nodes: list[Node] = []
    for name, op in links:
        nodes.append(Node(name, op, (nodes[-1].name,) if nodes else inputs))
    return tuple(nodes)


def copies(nodes: list[Node], name: str) -> Iterator[tuple[str, Op]]:
    """The normalisations and activations among nodes, renamed after another convolution."""
    for node in nodes:
        if completes(node.op):
            yield f"{name}_{node.op.suffix}", node.op
