"""Verbs: functions from graph to graph, most of them a local edit at every node that they match.

A verb keeps the name of the node that carries on its role, so that before and after line up, and
names its helpers after it: `conv_1`, `conv_1_relu`, `conv_bn`, `conv_depthwise`. The input graph is
left alone; a verb that matches nothing returns an equal graph. Whatever order they are asked for in,
verbs are applied in the order of `VERBS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from explorer.common import limits
from explorer.common.lookup import unknown
from explorer.edits.rewrites import activations, attention, convolutions, heads, modules
from explorer.edits.rewrites.rewrite import Option, Selection, Value, Verb, at_each, until_stable
from explorer.graph.graph import Graph, prefixes, under

__all__ = ["VERBS", "Option", "Rewrite", "Verb", "apply", "in_order"]

_REDUCTION = Option("the reduction", 16, 1, 256, help="how many times narrower the gate's perceptron is")

VERBS: dict[str, Verb] = {
    verb.id: verb
    for verb in (
        Verb(
            "no_reduction",
            "No 1x1 reductions",
            "The naive module: its 1x1 reductions and its pool projection taken out.",
            at_each(convolutions.no_reduction),
        ),
        Verb(
            "dilate",
            "5x5 as a dilated 3x3",
            "Each 5x5 convolution becomes a 3x3 with dilation 2: the same field, 9 of 25 weights.",
            at_each(convolutions.dilate),
        ),
        Verb(
            "stack_5x5",
            "5x5 as two 3x3",
            "Each 5x5 convolution becomes two of 3x3 with a ReLU between.",
            at_each(convolutions.stack_5x5),
        ),
        Verb(
            "pool_project_3x3",
            "3x3 behind the pool",
            "The 1x1 projection behind each pool of a branch becomes a 3x3.",
            at_each(convolutions.pool_project_3x3),
        ),
        Verb(
            "simplify",
            "Every branch 1x1, 3x3",
            "Each branch becomes a 1x1 and a 3x3, and the pool's branch is left out.",
            at_each(modules.simplify),
        ),
        Verb(
            "share_1x1",
            "One shared 1x1",
            "The 1x1 convolutions that begin the branches of a module become one that all branches read.",
            at_each(modules.share_1x1),
        ),
        Verb(
            "merge",
            "Equal branches as one",
            "Branches that are one equal convolution each become a single one: the same function.",
            at_each(modules.merge),
        ),
        Verb(
            "factorize",
            "n x n as 1 x n, n x 1",
            "Each square convolution becomes a row and a column.",
            at_each(convolutions.factorize),
        ),
        Verb(
            "grouped",
            "Grouped convolutions",
            "Each k x k convolution is split into groups of channels, up to one group a channel.",
            at_each(convolutions.grouped),
            Option("the number of groups", 32, 1, limits.MAX_CHANNELS, help="the largest divisor up to this is taken"),
        ),
        Verb(
            "fuse",
            "Add or multiply branches",
            "Branches of equal shapes are added or multiplied instead of concatenated.",
            until_stable(at_each(modules.fuse)),
            Option("the fusion", "add", words=modules.FUSIONS, help="how the branches meet"),
        ),
        Verb(
            "global_pool",
            "Global average pooling head",
            "The hidden linear layers of a head give way to the mean of each channel.",
            at_each(heads.global_pool),
            inverse="fully_connected",
        ),
        Verb(
            "fully_connected",
            "Fully connected head",
            "The pool before the classifier is taken out: a weight for every value of the last map.",
            at_each(heads.fully_connected),
            inverse="global_pool",
        ),
        Verb(
            "aux_heads",
            "Auxiliary heads",
            "Two classifiers at a third and two thirds of the depth, as further outputs for training.",
            heads.aux_heads,
        ),
        Verb(
            "residual",
            "Residual modules",
            "A shortcut around each module, projected by a 1x1 where the shapes differ.",
            at_each(modules.residual),
        ),
        Verb(
            "batch_norm",
            "Batch norm",
            "Every convolution is followed by batch normalisation and loses its bias; hidden linear layers too.",
            at_each(convolutions.batch_norm),
        ),
        Verb(
            "separable",
            "Separable convolutions",
            "Each k x k convolution becomes a depthwise k x k and a pointwise 1x1.",
            at_each(convolutions.separable),
        ),
        Verb(
            "sigmoid",
            "Sigmoids in place of ReLUs",
            "Every ReLU becomes a sigmoid, which saturates: what trains then with BN, and what without.",
            at_each(activations.sigmoid),
        ),
        Verb(
            "squeeze_excite",
            "Squeeze and excite",
            "A gate for each channel behind every module, from the mean of all channels.",
            at_each(attention.squeeze_excite),
            _REDUCTION,
        ),
        Verb(
            "cbam",
            "CBAM",
            "A gate for each channel and one for each place behind every module.",
            at_each(attention.cbam),
            _REDUCTION,
        ),
    )
}
"""In the order in which they are applied: first what takes convolutions out or reshapes them, then how
branches meet, the heads and shortcuts, then BN behind each piece, then the separable form, whose two
halves share one BN, and the activations of all that; gates last, which have no BN.
"""


class Rewrite(NamedTuple):
    """A verb, the prefix that it is kept to (the whole network where empty), and what it is told (its
    option's default where None).
    """

    verb: str
    prefix: str = ""
    value: Value = None

    def __str__(self) -> str:
        value = "" if self.value is None else f":{self.value}"
        return f"{self.verb}{value}{self.prefix and f'@{self.prefix}'}"


def in_order(rewrites: Iterable[Rewrite]) -> tuple[Rewrite, ...]:
    """The rewrites in the order in which they apply; of several for one verb and prefix, the last."""
    order = {verb: place for place, verb in enumerate(VERBS)}
    last = {(rewrite.verb, rewrite.prefix): rewrite for rewrite in rewrites}
    return tuple(sorted(last.values(), key=lambda rewrite: (order[rewrite.verb], rewrite.prefix)))


def apply(graph: Graph, rewrites: Iterable[Rewrite]) -> Graph:
    """Applies verbs in the order of `VERBS`, each once to the nodes under its prefixes; where several
    prefixes hold a node, the longest has its say.

    Args:
        graph: left unchanged.
        rewrites: in any order.

    Raises:
        ExplorerError: no such verb, no such prefix in `graph`, or a value that the verb does not take.
    """
    rewrites = tuple(rewrites)
    for rewrite in rewrites:
        if rewrite.verb not in VERBS:
            raise unknown("rewrite", rewrite.verb, VERBS, most=len(VERBS))
        _require_prefix(graph, rewrite.prefix)
    ordered = in_order(rewrites)
    for id in dict.fromkeys(rewrite.verb for rewrite in ordered):
        verb = VERBS[id]
        graph = verb.rewrite(graph, _selection(graph, verb, [r for r in ordered if r.verb == id]))
    return graph


def _selection(graph: Graph, verb: Verb, rewrites: Iterable[Rewrite]) -> Selection:
    """Sorted by prefix, so that a longer one comes later and overrides."""
    default = verb.option.default if verb.option else None
    return {
        node.name: default if value is None else value
        for _, prefix, value in rewrites
        for node in graph.nodes
        if under(prefix, node.name)
    }


def _require_prefix(graph: Graph, prefix: str) -> None:
    names = [node.name for node in graph.nodes]
    if not any(under(prefix, name) for name in names):
        raise unknown("module", prefix, [name for name in prefixes(names) if name != "input"], most=20)
