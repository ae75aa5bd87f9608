"""Networks that a claim needs and no rewrite makes."""

from __future__ import annotations

from dataclasses import replace

from explorer.graph.graph import Graph, Node
from explorer.graph.ops import Add, BatchNorm2d, Conv2d, DepthwiseConv2d, Dropout, Flatten, MaxPool2d, pair


def pointwise_first(graph: Graph) -> Graph:
    """Swaps the halves of every separable convolution.

    Given   x -> n_depthwise kxk -> n 1x1 (c)
    Result  x -> n_depthwise 1x1 (c) -> n kxk, one filter a channel

    The bias stays with the second.
    """
    edits: dict[str, tuple[Node, ...]] = {}
    for node in graph.nodes:
        before = graph.by_name.get(f"{node.name}_depthwise")
        if before is not None and isinstance(before.op, DepthwiseConv2d) and isinstance(node.op, Conv2d):
            edits[before.name] = (before._replace(op=replace(node.op, bias=False)),)
            edits[node.name] = (node._replace(op=replace(before.op, bias=node.op.bias)),)
    return graph.replace(edits)


def with_dropout(graph: Graph) -> Graph:
    """Adds source 001's dropout of 0.4 before the classifier.

    Given   x -> flatten
    Result  x -> dropout -> flatten
    """
    (flatten,) = [node for node in graph.nodes if isinstance(node.op, Flatten)]
    dropout = Node("dropout", Dropout(0.4), flatten.inputs)
    return graph.replace({flatten.name: (dropout, flatten._replace(inputs=(dropout.name,)))})


def with_first_residual(graph: Graph) -> Graph:
    """Adds the residual that source 004 computes in the first block of the entry flow and then drops.

    Given   x -> entry_1 ... -> pool
    Result  x -> entry_1 ... -> pool -> add,  x -> 1x1 of stride 2 -> bn -> add
    """
    block = [node for node in graph.nodes if node.name.startswith("entry_1.")]
    x, pool = block[0].inputs[0], block[-1]
    assert isinstance(pool.op, MaxPool2d)
    conv = Node("entry_1.residual", Conv2d(128, pair(1), pair(2), "same", bias=False), (x,))
    norm = Node("entry_1.residual_bn", BatchNorm2d(1e-3), (conv.name,))
    add = Node("entry_1.residual_add", Add(), (pool.name, norm.name))
    return graph.replace({pool.name: (pool, conv, norm, add)})
