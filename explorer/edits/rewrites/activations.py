"""Rewrites on what stands between the layers."""

from __future__ import annotations

from explorer.edits.rewrites.rewrite import Edits, Value
from explorer.graph.graph import Node
from explorer.graph.ops import ReLU, Sigmoid
from explorer.graph.wiring import Wiring


def sigmoid(graph: Wiring, node: Node, value: Value) -> Edits:
    """A saturating activation in place of one that does not saturate (Ioffe and Szegedy 2015, section 4.2.1,
    BN-x5-Sigmoid).

    Given   x -> relu -> y
    Result  x -> sigmoid -> y

    The node keeps its name. Gates are put in later, and have the activations of their papers.
    """
    return {node.name: (Node(node.name, Sigmoid(), node.inputs),)} if isinstance(node.op, ReLU) else {}
