"""Rewrites on the end of a network: how a map becomes class scores."""

from __future__ import annotations

from math import ceil

from explorer.edits.rewrites.modules import is_module_end
from explorer.edits.rewrites.rewrite import Edits, Selection, Value, completes, unit
from explorer.graph.graph import Builder, Graph, Node
from explorer.graph.ops import AvgPool2d, Dropout, Flatten, GlobalAvgPool2d, Input, Linear, Op
from explorer.zoo.heads import auxiliary_head


def global_pool(graph: Graph, node: Node, value: Value) -> Edits:
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


def _head(graph: Graph, flatten: Node) -> list[Node]:
    """What stands in one line behind the flattened map."""
    chosen: list[Node] = []
    followers = graph.consumers[flatten.name]
    while len(followers) == 1 and _is_of_a_head(followers[0].op):
        chosen.append(followers[0])
        followers = graph.consumers[followers[0].name]
    return chosen


def _is_of_a_head(op: Op) -> bool:
    return isinstance(op, Linear | Dropout) or completes(op)


def fully_connected(graph: Graph, node: Node, value: Value) -> Edits:
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


def aux_heads(graph: Graph, selection: Selection) -> Graph:
    """Two classifiers along the depth, as further outputs (Szegedy et al. 2015, section 5).

    Given   x -> module_1 -> ... -> module_n -> scores
    Result  the same, and scores_1, scores_2 from heads behind the modules at a third and at two thirds

    Of modules kept to by a prefix, those at a third and two thirds of them. A network that has
    further outputs already, that ends in no class scores, or that has a single module stays as it is.
    """
    (first, *others) = graph.outputs
    scores = graph.shapes.get(first, ())
    ends = [node for node in graph.nodes if is_module_end(graph, node)][:-1]
    chosen = [node for node in ends if node.name in selection]
    if others or len(scores) != 1 or not chosen:
        return graph
    thirds = dict.fromkeys(ceil(part * (len(chosen) + 1) / 3) for part in (1, 2))
    b = Builder.on(graph)
    heads = []
    for number, after in enumerate((place for place in thirds if place <= len(chosen)), start=1):
        end = unit(graph, chosen[after - 1])[-1].name
        heads.append(auxiliary_head(b, f"aux{number}", end, scores[0], kernel_size=min(5, *graph.shapes[end][1:])))
    return b.graph(first, *heads)
