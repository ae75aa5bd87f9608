"""Rewrites on whole modules: how branches meet, a shortcut around them, and the way to Xception.

A module ends in a join; it begins where all that the join is made from begins, at the join's dominator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from explorer.edits.rewrites.rewrite import Edits, Value, copies, line, row, unit
from explorer.graph.graph import Node
from explorer.graph.ops import (
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    MaxPool2d,
    Multiply,
    Padding,
    completes,
    is_norm,
    is_pointwise,
    is_spatial,
    pair,
)
from explorer.graph.wiring import Wiring

_JOINS = {"add": Add(), "multiply": Multiply()}
FUSIONS = tuple(_JOINS)


def fuse(graph: Wiring, node: Node, value: Value) -> Edits:
    """Branches added or multiplied instead of concatenated (source 002, section 2.2).

    Given   a, b, ... of one shape (c, h, w) -> concat (n*c, h, w)
    Result  a, b, ... of one shape (c, h, w) -> add or multiply (c, h, w)

    Branches of different widths cannot be added, and stay concatenated.
    """
    shapes = {graph.shapes.get(name) for name in node.inputs}
    if not isinstance(node.op, Concat) or len(node.inputs) < 2 or len(shapes) > 1 or None in shapes:
        return {}
    return {node.name: (Node(node.name, _JOINS[str(value)], node.inputs),)}


def residual(graph: Wiring, node: Node, value: Value) -> Edits:
    """A shortcut around a module (He et al. 2016, section 3; Szegedy et al. 2017, section 3.2).

    Given   x -> branches -> join -> y
    Result  x -> branches -> join -> join_add -> y,  and  x (-> join_shortcut 1x1 (-> bn)) -> join_add

    The projection stands where the module changes the shape, with the module's stride, and has a BN
    where the module has one. A module whose size no stride of a 1x1 gives keeps no shortcut.
    """
    if not is_module_end(graph, node) or (isinstance(node.op, Add | Multiply) and len(node.inputs) < 3):
        return {}
    source = graph.dominators[node.name]
    before, after = graph.shapes.get(source, ()), graph.shapes.get(node.name, ())
    shortcut: tuple[Node, ...] = ()
    if before != after:
        # One of them has no shape where the network does not fit its input.
        if len(before) != 3 or len(after) != 3:
            return {}
        stride = tuple(-(-a // b) for a, b in zip(before[1:], after[1:], strict=True))
        if any(-(-a // s) != b for a, b, s in zip(before[1:], after[1:], stride, strict=True)):
            return {}
        name = f"{node.name}_shortcut"
        inside = [graph.by_name[n].op for n in graph.ancestors(node.inputs) - graph.ancestors([source])]
        norms = [op for op in inside if is_norm(op)]
        projection = Conv2d(after[0], pair(1), (stride[0], stride[1]), bias=not norms)
        shortcut = row((source,), (name, projection), *[(f"{name}_{norm.suffix}", norm) for norm in norms[:1]])
    start = shortcut[-1].name if shortcut else source
    return {node.name: (node, *shortcut, Node(f"{node.name}_add", Add(), (node.name, start)))}


def is_module_end(graph: Wiring, node: Node) -> bool:
    """Whether the node joins branches and everything that the network makes goes through it."""
    return isinstance(node.op, Concat | Add | Multiply) and len(set(node.inputs)) > 1 and node.name in graph.spine


class _Branch(NamedTuple):
    """A branch of nothing but convolutions with their normalisations and activations, a 1x1 first."""

    nodes: list[Node]
    first: list[Node]
    """The first convolution and what belongs to it."""
    last: list[Node]

    @property
    def convs(self) -> list[Conv2d]:
        """Its convolutions."""
        return [node.op for node in self.nodes if isinstance(node.op, Conv2d)]

    @property
    def width(self) -> int:
        """Channels that it makes."""
        return self.convs[-1].out_channels


def _branches(graph: Wiring, join: Node) -> list[_Branch | None]:
    """The branches of a module, None for each that is not as `_Branch` has it."""
    return [_branch(graph, line(graph, graph.dominators[join.name], name)) for name in join.inputs]


def _branch(graph: Wiring, nodes: list[Node] | None) -> _Branch | None:
    if not nodes or not is_pointwise(nodes[0].op):
        return None
    if not all(isinstance(node.op, Conv2d) or completes(node.op) for node in nodes):
        return None
    last = next(node for node in reversed(nodes) if isinstance(node.op, Conv2d))
    return _Branch(nodes, unit(graph, nodes[0]), unit(graph, last))


def simplify(graph: Wiring, node: Node, value: Value) -> Edits:
    """Every branch is a 1x1 and a 3x3, and the branch of the pool is left out (source 004, section
    2.3, step 3; Chollet 2017, figure 2).

    Given   x -> [1x1 (c)], [1x1 -> ... -> kxk (c)], [pool -> ...] -> concat
    Result  x -> [1x1 (c) -> 3x3 (c)], [1x1 -> 3x3 (c)] -> concat

    All branches but the pool's must begin with a 1x1, and only a last convolution may have a stride.
    """
    if not is_module_end(graph, node) or not isinstance(node.op, Concat):
        return {}
    edits: dict[str, tuple[Node, ...]] = {}
    kept: list[str] = []
    for name, branch in zip(node.inputs, _branches(graph, node), strict=True):
        pooled = line(graph, graph.dominators[node.name], name)
        if pooled and isinstance(pooled[0].op, MaxPool2d | AvgPool2d):
            edits |= {gone.name: () for gone in pooled}
            continue
        if branch is None:
            return {}
        convs = _as_1x1_3x3(branch)
        if convs is None:
            return {}
        edits |= convs
        kept.append(name)
    return {**edits, node.name: (Node(node.name, node.op, tuple(kept)),)} if len(kept) > 1 else {}


def _as_1x1_3x3(branch: _Branch) -> Edits | None:
    *before, conv = branch.convs
    if any(op.stride != (1, 1) for op in before):
        return None
    padding: Padding = "same" if conv.padding == "same" else pair(1)
    square = replace(conv, kernel_size=pair(3), padding=padding, dilation=(1, 1), groups=1)
    first, last = branch.first[0], branch.last[0]
    if first is last:
        name, end = f"{first.name}_3x3", branch.first[-1]
        plain = Node(first.name, replace(conv, stride=(1, 1)), first.inputs)
        added = row((end.name,), (name, square), *copies(branch.first, name))
        return {first.name: (plain,), end.name: (plain if end is first else end, *added)}
    held = {node.name for node in (*branch.first, *branch.last)}
    gone: dict[str, tuple[Node, ...]] = {node.name: () for node in branch.nodes if node.name not in held}
    return {**gone, last.name: (Node(last.name, square, last.inputs),)}


def share_1x1(graph: Wiring, node: Node, value: Value) -> Edits:
    """One 1x1 for all branches (source 004, section 2.3, step 4; Chollet 2017, figure 3).

    Given   x -> [1x1 -> kxk (c1)], [1x1 -> kxk (c2)], ... -> concat
    Result  x -> concat_shared 1x1 (c1 + c2 + ...) -> [kxk (c1)], [kxk (c2)], ... -> concat

    The shared 1x1 makes as many channels as the module, so that one group a channel is possible.
    """
    branches = _branches(graph, node) if is_module_end(graph, node) else []
    pairs = [branch for branch in branches if branch and branch.nodes == [*branch.first, *branch.last]]
    kernels = {replace(branch.convs[0], out_channels=1) for branch in pairs}
    if len(pairs) < len(branches) or len(kernels) != 1 or not all(is_spatial(branch.convs[-1]) for branch in pairs):
        return {}
    # The new node stands where the first of the old ones stood, before all that reads it.
    order = {other.name: number for number, other in enumerate(graph.nodes)}
    model = min(pairs, key=lambda branch: order[branch.first[0].name])
    name, conv = f"{node.name}_shared", replace(model.convs[0], out_channels=sum(branch.width for branch in pairs))
    shared = row(model.first[0].inputs, (name, conv), *copies(model.first, name))
    edits: dict[str, tuple[Node, ...]] = {gone.name: () for branch in pairs for gone in branch.first}
    edits[model.first[0].name] = shared
    for branch in pairs:
        last = branch.last[0]
        edits[last.name] = (Node(last.name, last.op, (shared[-1].name,)),)
    return edits


def merge(graph: Wiring, node: Node, value: Value) -> Edits:
    """Branches that do the same to the same map are one convolution (Chollet 2017, section 1.1).

    Given   x -> [kxk (c1)], [kxk (c2)], ... -> concat
    Result  x -> concat_conv kxk (c1 + c2 + ...)

    The function is the same: the weights of the one are those of the others stacked.
    """
    if not is_module_end(graph, node) or not isinstance(node.op, Concat):
        return {}
    lines = [line(graph, graph.dominators[node.name], name) for name in node.inputs]
    units = [nodes for nodes in lines if nodes and unit(graph, nodes[0]) == nodes]
    convs = [nodes[0].op for nodes in units if isinstance(nodes[0].op, Conv2d) and nodes[0].op.groups == 1]
    alike = {
        (replace(conv, out_channels=1), *(n.op for n in nodes[1:])) for conv, nodes in zip(convs, units, strict=False)
    }
    if len(convs) < len(lines) or len(alike) != 1:
        return {}
    name, conv = f"{node.name}_conv", replace(convs[0], out_channels=sum(conv.out_channels for conv in convs))
    gone: dict[str, tuple[Node, ...]] = {old.name: () for nodes in units for old in nodes}
    return {**gone, node.name: row(units[0][0].inputs, (name, conv), *copies(units[0], name))}
