"""The ledger as a page shows it: what is known at once, what a run has found, what a run must find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from explorer.graph.ops import Pair
from explorer.graph.trace import Totals
from explorer.studies.claims import CLAIMS, Claim, Entry, entry, jobs

NEEDS_RUN = "needs a short run"


class LedgerRow(NamedTuple):
    """An entry as it is known now.

    Args:
        claim: what it is about.
        found: its numbers and verdict; None where a run must find them first.
        when: when a run found them; None where they were computed from graphs just now.
    """

    claim: Claim
    found: Entry | None
    when: datetime | None

    @property
    def summary(self) -> str:
        """Its verdict without the condition, `holds if ...`, or what it waits for."""
        return self.found.verdict.summary if self.found else NEEDS_RUN


class Cost(NamedTuple):
    """A network that a claim compares, in numbers."""

    totals: Totals
    field: Pair | None
    """Of its last map; None where it has none."""


def lines() -> tuple[LedgerRow, ...]:
    """Every entry, in order."""
    kept = jobs.kept()
    return tuple(_line(claim, kept.get(claim.id)) for claim in CLAIMS.values())


def _line(claim: Claim, kept: jobs.Kept | None) -> LedgerRow:
    if claim.needs_run:
        return LedgerRow(claim, kept.entry if kept else None, kept.when if kept else None)
    return LedgerRow(claim, _computed(claim.id), None)


@lru_cache(maxsize=64)
def _computed(id: str) -> Entry:
    return entry(CLAIMS[id], CLAIMS[id].find())


def tally(shown: Sequence[LedgerRow]) -> dict[str, int]:
    """How many entries there are of each verdict, conditions left out."""
    return dict(Counter(line.summary for line in shown))


@lru_cache(maxsize=64)
def costs(id: str) -> tuple[Cost, ...]:
    """What the networks of a claim cost and see, in order."""
    traces = [network.trace() for network in CLAIMS[id].networks]
    return tuple(Cost(t.totals, t.field) for t in traces)
