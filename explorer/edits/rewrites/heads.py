"""Rewrites on the end of a network: how a map becomes class scores."""

from __future__ import annotations

from math import ceil

from explorer.common.memory import remembered
from explorer.edits.rewrites.modules import is_module_end
from explorer.edits.rewrites.rewrite import Edits, Places, Value, unit
from explorer.graph.graph import Builder, Graph, Node, under
from explorer.graph.ops import AvgPool2d, Dropout, Flatten, GlobalAvgPool2d, Input, Linear, Op, completes
from explorer.graph.parts import NODE_BYTES, Part, Piece
from explorer.graph.wiring import Wiring
from explorer.zoo.heads import auxiliary_head


def global_pool(graph: Wiring, node: Node, value: Value) -> Edits:
    """The mean of each channel in place of hidden linear layers (Lin et al. 2014, section 3.2).

    Given   x (c, h, w) -> flatten -> [linear -> relu (-> dropout)]* -> linear
    Result  x (c, h, w) -> flatten_pool -> flatten (c,) -> linear
    """
    shape = graph.shapes.get(node.inputs[0], ()) if isinstance(node.op, Flatten) else ()
    if shape[1:] in ((), (1, 1)) or isinstance(graph.by_name[node.inputs[0]].op, Input):
        return {}
    behind = _head(graph, node)
    linears = [n for n in behind if isinstance(n.op, Linear)]
    if not linears:
        return {}
    gone: dict[str, tuple[Node, ...]] = {n.name: () for n in behind[: behind.index(linears[-1])]}
    pool = Node(f"{node.name}_pool", GlobalAvgPool2d(), node.inputs)
    return {**gone, node.name: (pool, Node(node.name, node.op, (pool.name,)))}


def _head(graph: Wiring, flatten: Node) -> list[Node]:
    """What stands in one line behind the flattened map."""
    chosen: list[Node] = []
    followers = graph.consumers[flatten.name]
    while len(followers) == 1 and _is_of_a_head(followers[0].op):
        chosen.append(followers[0])
        followers = graph.consumers[followers[0].name]
    return chosen


def _is_of_a_head(op: Op) -> bool:
    return isinstance(op, Linear | Dropout) or completes(op)


def fully_connected(graph: Wiring, node: Node, value: Value) -> Edits:
    """A linear layer on every value of the last map, without the pool before it: the way back from
    `global_pool`, but for hidden layers that it took out.

    Given   x (c, h, w) -> pool over the whole map (-> dropout) -> flatten (c,) -> linear
    Result  x (c, h, w) (-> dropout) -> flatten (c*h*w,) -> linear
    """
    if not isinstance(node.op, GlobalAvgPool2d | AvgPool2d) or graph.shapes.get(node.name, ())[1:] != (1, 1):
        return {}
    followers = graph.consumers[node.name]
    while len(followers) == 1 and isinstance(followers[0].op, Dropout):
        followers = graph.consumers[followers[0].name]
    return {node.name: ()} if len(followers) == 1 and isinstance(followers[0].op, Flatten) else {}


def aux_heads(graph: Graph, places: Places) -> Graph:
    """Two classifiers along the depth, as further outputs (Szegedy et al. 2015, section 5).

    Given   x -> module_1 -> ... -> module_n -> scores
    Result  the same, and scores_1, scores_2 from heads behind the modules at a third and at two thirds

    Of modules kept to by a prefix, those at a third and two thirds of them. A network that has
    further outputs already, that ends in no class scores, or that has a single module stays as it is.
    """
    (first, *others) = graph.outputs
    scores = next(part.shapes.get(first, ()) for part in graph.parts if first in part.piece.names)
    ends = [(part, node) for part in graph.parts for node in _module_ends(part)][:-1]
    chosen = [end for end in ends if any([under(prefix, end[1].name) for prefix, _ in places])]
    if others or len(scores) != 1 or not chosen:
        return graph
    thirds = dict.fromkeys(ceil(part * (len(chosen) + 1) / 3) for part in (1, 2))
    heads = []
    for number, after in enumerate((place for place in thirds if place <= len(chosen)), start=1):
        part, join = chosen[after - 1]
        end = unit(part, join)[-1].name
        heads.append(_auxiliary(f"aux{number}", end, scores[0], min(5, *part.shapes[end][1:])))
    outputs = (first, *[head.nodes[-1].name for head in heads])
    return Graph.of([*[part.piece for part in graph.parts], *heads], outputs)


@remembered(lambda nodes: NODE_BYTES * len(nodes))
def _module_ends(part: Part) -> tuple[Node, ...]:
    return tuple([node for node in part.nodes if is_module_end(part, node)])


@remembered(lambda piece: NODE_BYTES * len(piece.nodes))
def _auxiliary(prefix: str, end: str, classes: int, kernel_size: int) -> Piece:
    b = Builder((1, 1, 1))
    auxiliary_head(b, prefix, end, classes, kernel_size=kernel_size)
    return Piece(b.nodes[1:])
