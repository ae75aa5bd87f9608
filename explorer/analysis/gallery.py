"""The family on one page: what each network introduced, its numbers, and how the gallery is sorted."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from explorer.graph.ops import Pair
from explorer.graph.trace import Totals
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES, Architecture

INTRODUCED = {
    "inception_block": "1x1 convolutions that make a wide module cheap.",
    "inception10": "A small Inception that trains on CIFAR-10 in minutes.",
    "googlenet": "The Inception module: windows of several sizes side by side.",
    "googlenet_paper": "Auxiliary heads that feed gradient into the middle.",
    "inceptionnet": "Two modules, to add residuals and attention to.",
    "dilated_cnn": "Dilation: a wider window with the same weights.",
    "bn_inception": "Batch normalisation, and two 3x3 for a 5x5.",
    "inception_v3": "Factorised windows: 7x7 as 1x7 and 7x1.",
    "inception_v4": "A stem with branches, and uniform modules.",
    "inception_resnet_v2": "Residual connections around Inception modules.",
    "xception_as_printed": "A printed table to check every row against.",
    "xception": "Depthwise separable convolutions throughout.",
    "mnist_mlp": "The test bed of batch normalisation.",
    "lenet": "Convolution and subsampling in turn.",
    "alexnet": "Deep convolutional networks on ImageNet, with ReLU and dropout.",
    "vgg16": "Depth from 3x3 windows alone.",
    "resnet18": "Residual connections: a block learns a difference.",
    "resnet50": "Bottlenecks: 1x1 in front of and behind each 3x3.",
    "mobilenet_v1": "Separable convolutions for small devices.",
}
"""What each network brought, in a few words, by its id."""


class Card(NamedTuple):
    """A network in the gallery, at its defaults.

    Args:
        entry: of the zoo.
        introduced: what it brought.
        totals: its costs.
        field: (height, width) of what its last map sees, in pixels; None for a network that makes no
            map, which sees the whole image at once.
    """

    entry: Architecture
    introduced: str
    totals: Totals
    field: Pair | None

    @property
    def spec(self) -> Spec:
        """The network that the card opens."""
        return Spec.make(self.entry.id)


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """Every network of the zoo, in its order."""
    found = []
    for id, entry in ARCHITECTURES.items():
        trace = valid(Spec.make(id))
        field = None if trace.last_map is trace.rows[0] else trace.field
        found.append(Card(entry, INTRODUCED.get(id, entry.summary), trace.totals, field))
    return tuple(found)


ALL = "all"
FAMILIES = (ALL, *dict.fromkeys(entry.family for entry in ARCHITECTURES.values()))
"""What the gallery can be kept to."""

SORTS: dict[str, Callable[[Card], Any]] = {
    "family": lambda card: FAMILIES.index(card.entry.family),
    "year": lambda card: card.entry.year,
    "parameters": lambda card: card.totals.params,
    "MACs": lambda card: card.totals.macs,
    "field": lambda card: card.field or card.entry.input_shape[1:],
    "name": lambda card: card.entry.title.casefold(),
}
"""What the gallery can be sorted by, smallest first; equal ones keep the order of the zoo."""


def chosen(family: str = ALL, find: str = "", sort: str = "family") -> tuple[Card, ...]:
    """The cards of a family that hold every word of a text, sorted.

    Args:
        family: one of `FAMILIES`.
        find: words, in any order and case; none for all cards.
        sort: a key of `SORTS`.
    """
    words = find.casefold().split()
    kept = [
        card
        for card in cards()
        if family in (ALL, card.entry.family) and all(word in _searched(card) for word in words)
    ]
    return tuple(sorted(kept, key=SORTS[sort]))


def _searched(card: Card) -> str:
    entry = card.entry
    parts = (entry.id, entry.title, entry.family, str(entry.year), entry.summary, card.introduced)
    return " ".join(parts).casefold()
