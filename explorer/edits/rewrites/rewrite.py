"""What a rewrite is, what it is applied to, and the small pieces that rewrites are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import cleandoc
from itertools import count
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.graph.graph import Graph, Node
from explorer.graph.ops import Op, ReLU, is_activation, is_norm

Edits = Mapping[str, tuple[Node, ...]]
"""Node names and what takes each one's place; see `Graph.replace`."""
Value = int | str | None
"""What a rewrite is told beside where: a number, a word, or nothing."""
Selection = Mapping[str, Value]
"""The nodes that a rewrite may act on, by name, each with the rewrite's value there."""


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
        apply: makes the new graph out of a graph and the nodes that it may act on; an equal graph
            where it does not apply.
        option: what it can be told, if anything.
        inverse: the rewrite that leads back, where there is one; taking a rewrite out of a network's list
            always does.
    """

    id: str
    title: str
    summary: str
    apply: Callable[[Graph, Selection], Graph]
    option: Option | None = None
    inverse: str = ""

    @property
    def pattern(self) -> str:
        """What it finds and what it makes of it, as its function's docstring says: `Given ...` and
        `Result ...`, a line or more each.
        """
        paragraphs = cleandoc(self.apply.__doc__ or "").split("\n\n")
        return next((paragraph for paragraph in paragraphs if paragraph.startswith("Given")), "")


def local(expand: Callable[[Graph, Node, Value], Edits]) -> Callable[[Graph, Selection], Graph]:
    """A rewrite that is a local edit at every node that it matches.

    An edit that would break a valid network is left out, as where a module changes its width between
    residual modules that add to it.

    Args:
        expand: the edits at one node, looked at in the graph before any edit; none where the rewrite
            does not apply.
    """

    @wraps(expand)
    def rewrite(graph: Graph, selection: Selection) -> Graph:
        nodes = [node for node in graph.nodes if node.name in selection]
        expanded = (expand(graph, node, selection[node.name]) for node in nodes)
        # What reaches beyond the selection, such as a join's edit of its branches, is no edit of it.
        edits = [_with_free_names(graph, edit) for edit in expanded if edit and edit.keys() <= selection.keys()]
        return graph.replace(_sound(graph, {}, edits) if _is_valid(graph) else _all(edits))

    return rewrite


def to_fixpoint(rewrite: Callable[[Graph, Selection], Graph]) -> Callable[[Graph, Selection], Graph]:
    """A rewrite whose result it may match once more, as where what was nested has taken a new shape."""

    @wraps(rewrite)
    def repeat(graph: Graph, selection: Selection) -> Graph:
        while (after := rewrite(graph, selection)) != graph:
            graph = after
        return graph

    return repeat


def _sound(graph: Graph, kept: Edits, edits: Sequence[Edits]) -> Edits:
    """What was kept, and of the edits as many as leave the network valid, earlier ones first."""
    whole = _all([kept, *edits])
    if _is_valid(graph.replace(whole)):
        return whole
    if len(edits) == 1:
        return kept
    middle = len(edits) // 2
    return _sound(graph, _sound(graph, kept, edits[:middle]), edits[middle:])


def _all(edits: Iterable[Edits]) -> Edits:
    return {name: nodes for edit in edits for name, nodes in edit.items()}


def _is_valid(graph: Graph) -> bool:
    return len(graph.shapes) == len(graph.nodes)


def _with_free_names(graph: Graph, edits: Edits) -> Edits:
    """The edits with a number behind each new name that some other node of the graph has already."""
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


def completes(op: Op) -> bool:
    """Whether it belongs to the layer that it follows: its normalisation, its activation."""
    return is_norm(op) or is_activation(op)


def unit(graph: Graph, node: Node) -> list[Node]:
    """The node and the normalisation and activation that only it feeds."""
    chain = [node]
    while True:
        followers = graph.consumers[chain[-1].name]
        if len(followers) != 1 or not completes(followers[0].op):
            return chain
        chain.append(followers[0])


def activation(graph: Graph, node: Node) -> tuple[str, Op]:
    """The activation behind a node as the end of a name and an op; a ReLU where there is none."""
    op = next((link.op for link in unit(graph, node) if is_activation(link.op)), ReLU())
    return op.suffix, op


def line(graph: Graph, start: str, end: str) -> list[Node] | None:
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


def chain(node: Node, *links: tuple[str, Op]) -> Edits:
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
