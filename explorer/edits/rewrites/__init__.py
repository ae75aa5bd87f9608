"""Rewrites: functions from graph to graph, most of them a local edit at every node that they match.

A rewrite keeps the name of the node that carries on its role, so that before and after line up, and
names its helpers after it: `conv_1`, `conv_1_relu`, `conv_bn`, `conv_depthwise`. The input graph is
left alone; a rewrite that matches nothing returns an equal graph. Whatever order they are asked for in,
rewrites are applied in the order of `REWRITES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from explorer.common import limits
from explorer.common.lookup import unknown_name
from explorer.edits.rewrites import activations, attention, convolutions, heads, modules
from explorer.edits.rewrites.rewrite import Option, Places, Rewrite, Value, local, to_fixpoint
from explorer.graph.graph import Graph, prefixes

__all__ = ["REWRITES", "AppliedRewrite", "Option", "Rewrite", "apply", "in_order"]

_REDUCTION = Option("the reduction", 16, 1, 256, help="how many times narrower the gate's perceptron is")

REWRITES: dict[str, Rewrite] = {
    rewrite.id: rewrite
    for rewrite in (
        Rewrite(
            "no_reduction",
            "No 1x1 reductions",
            "The naive module: its 1x1 reductions and its pool projection taken out.",
            local(convolutions.no_reduction),
        ),
        Rewrite(
            "dilate",
            "5x5 as a dilated 3x3",
            "Each 5x5 convolution becomes a 3x3 with dilation 2: the same field, 9 of 25 weights.",
            local(convolutions.dilate),
        ),
        Rewrite(
            "stack_5x5",
            "5x5 as two 3x3",
            "Each 5x5 convolution becomes two of 3x3 with a ReLU between.",
            local(convolutions.stack_5x5),
        ),
        Rewrite(
            "pool_project_3x3",
            "3x3 behind the pool",
            "The 1x1 projection behind each pool of a branch becomes a 3x3.",
            local(convolutions.pool_project_3x3),
        ),
        Rewrite(
            "simplify",
            "Every branch 1x1, 3x3",
            "Each branch becomes a 1x1 and a 3x3, and the pool's branch is left out.",
            local(modules.simplify),
        ),
        Rewrite(
            "share_1x1",
            "One shared 1x1",
            "The 1x1 convolutions that begin the branches of a module become one that all branches read.",
            local(modules.share_1x1),
        ),
        Rewrite(
            "merge",
            "Equal branches as one",
            "Branches that are one equal convolution each become a single one: the same function.",
            local(modules.merge),
        ),
        Rewrite(
            "factorize",
            "n x n as 1 x n, n x 1",
            "Each square convolution becomes a row and a column.",
            local(convolutions.factorize),
        ),
        Rewrite(
            "grouped",
            "Grouped convolutions",
            "Each k x k convolution is split into groups of channels, up to one group a channel.",
            local(convolutions.grouped, by_shape=True),
            Option("the number of groups", 32, 1, limits.MAX_CHANNELS, help="the largest divisor up to this is taken"),
        ),
        Rewrite(
            "fuse",
            "Add or multiply branches",
            "Branches of equal shapes are added or multiplied instead of concatenated.",
            to_fixpoint(local(modules.fuse, by_shape=True)),
            Option("the fusion", "add", words=modules.FUSIONS, help="how the branches meet"),
        ),
        Rewrite(
            "global_pool",
            "Global average pooling head",
            "The hidden linear layers of a head give way to the mean of each channel.",
            local(heads.global_pool, by_shape=True),
            inverse="fully_connected",
        ),
        Rewrite(
            "fully_connected",
            "Fully connected head",
            "The pool before the classifier is taken out: a weight for every value of the last map.",
            local(heads.fully_connected, by_shape=True),
            inverse="global_pool",
        ),
        Rewrite(
            "aux_heads",
            "Auxiliary heads",
            "Two classifiers at a third and two thirds of the depth, as further outputs for training.",
            heads.aux_heads,
        ),
        Rewrite(
            "residual",
            "Residual modules",
            "A shortcut around each module, projected by a 1x1 where the shapes differ.",
            local(modules.residual, by_shape=True),
        ),
        Rewrite(
            "no_batch_norm",
            "No batch norm",
            "Every batch normalisation is taken out, and its layer has a bias in its place.",
            local(convolutions.no_batch_norm),
            inverse="batch_norm",
        ),
        Rewrite(
            "batch_norm",
            "Batch norm",
            "Every convolution is followed by batch normalisation and loses its bias; hidden linear layers too.",
            local(convolutions.batch_norm),
            inverse="no_batch_norm",
        ),
        Rewrite(
            "separable",
            "Separable convolutions",
            "Each k x k convolution becomes a depthwise k x k and a pointwise 1x1.",
            local(convolutions.separable),
        ),
        Rewrite(
            "sigmoid",
            "Sigmoids in place of ReLUs",
            "Every ReLU becomes a sigmoid, which saturates: what trains then with BN, and what without.",
            local(activations.sigmoid),
        ),
        Rewrite(
            "squeeze_excite",
            "Squeeze and excite",
            "A gate for each channel behind every module, from the mean of all channels.",
            local(attention.squeeze_excite, by_shape=True),
            _REDUCTION,
        ),
        Rewrite(
            "cbam",
            "CBAM",
            "A gate for each channel and one for each place behind every module.",
            local(attention.cbam, by_shape=True),
            _REDUCTION,
        ),
    )
}
"""In the order in which they are applied: first what takes convolutions out or reshapes them, then how
branches meet, the heads and shortcuts, then BN behind each piece, then the separable form, whose two
halves share one BN, and the activations of all that; gates last, which have no BN.
"""


class AppliedRewrite(NamedTuple):
    """A rewrite, the prefix that it is kept to (the whole network where empty), and what it is told (its
    option's default where None).
    """

    id: str
    prefix: str = ""
    value: Value = None

    def __str__(self) -> str:
        value = "" if self.value is None else f":{self.value}"
        return f"{self.id}{value}{self.prefix and f'@{self.prefix}'}"


def in_order(rewrites: Iterable[AppliedRewrite]) -> tuple[AppliedRewrite, ...]:
    """The rewrites in the order in which they apply; of several for one rewrite and prefix, the last."""
    order = {rewrite: index for index, rewrite in enumerate(REWRITES)}
    last = {(rewrite.id, rewrite.prefix): rewrite for rewrite in rewrites}
    return tuple(sorted(last.values(), key=lambda rewrite: (order[rewrite.id], rewrite.prefix)))


def apply(graph: Graph, rewrites: Iterable[AppliedRewrite]) -> Graph:
    """Applies rewrites in the order of `REWRITES`, each once to the nodes under its prefixes; where several
    prefixes hold a node, the longest has its say.

    Args:
        graph: left unchanged.
        rewrites: in any order.

    Raises:
        ExplorerError: no such rewrite, no such prefix in `graph`, or a value that the rewrite does not take.
    """
    rewrites = tuple(rewrites)
    for applied in rewrites:
        if applied.id not in REWRITES:
            raise unknown_name("rewrite", applied.id, REWRITES, most=len(REWRITES))
        _require_prefix(graph, applied.prefix)
    ordered = in_order(rewrites)
    for id in dict.fromkeys(applied.id for applied in ordered):
        rewrite = REWRITES[id]
        graph = rewrite.apply(graph, _places(rewrite, [applied for applied in ordered if applied.id == id]))
    return graph


def _places(rewrite: Rewrite, rewrites: Iterable[AppliedRewrite]) -> Places:
    """Sorted by prefix, so that a longer one comes later and overrides."""
    default = rewrite.option.default if rewrite.option else None
    return tuple([(prefix, default if value is None else value) for _, prefix, value in rewrites])


def _require_prefix(graph: Graph, prefix: str) -> None:
    if not any(prefix in part.piece.prefixes for part in graph.parts):
        names = [node.name for node in graph.nodes]
        raise unknown_name("module", prefix, [name for name in prefixes(names) if name != "input"], most=20)
