"""The family on one page: each network, its numbers, and how the gallery is sorted."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from explorer.graph.ops import Pair
from explorer.graph.trace import Totals
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES, Architecture


class Card(NamedTuple):
    """A network in the gallery, at its defaults.

    Args:
        entry: of the zoo.
        totals: its costs.
        field: (height, width) of what its last map sees, in pixels; None for a network that makes no
            map, which sees the whole image at once.
    """

    entry: Architecture
    totals: Totals
    field: Pair | None

    @property
    def spec(self) -> Spec:
        """The network that the card opens."""
        return Spec.make(self.entry.id)


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """Every network of the zoo, in its order."""
    cards = []
    for entry in ARCHITECTURES.values():
        trace = valid(Spec.make(entry.id))
        field = None if trace.last_map is trace.rows[0] else trace.field
        cards.append(Card(entry, trace.totals, field))
    return tuple(cards)


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
    parts = (entry.id, entry.title, entry.family, str(entry.year), entry.summary, entry.introduced)
    return " ".join(parts).casefold()
