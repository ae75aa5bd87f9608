"""The ledger: what the sources claim, computed; and what is wrong with their code.

Pure, but for `explorer.backend.claims`, which runs what only a run can decide.
"""

from __future__ import annotations

from explorer.common.lookup import lookup
from explorer.studies.claims import convolutions, mistakes, networks, training
from explorer.studies.claims.entry import Claim, Entry, Evidence, Finding, Network, Values, entry

_ALL = sorted((*convolutions.CLAIMS, *networks.CLAIMS, *training.CLAIMS), key=lambda claim: claim.id)
CLAIMS: dict[str, Claim] = {claim.id: claim for claim in (*_ALL, *mistakes.MISTAKES)}
"""Every entry by its id: the claims in the order of the sources, then the mistakes."""


def claim(id: str) -> Claim:
    """The entry of this id.

    Raises:
        ExplorerError: there is none; the sentence lists those there are.
    """
    return lookup("claim", id, CLAIMS, most=len(CLAIMS))


__all__ = ["CLAIMS", "Claim", "Entry", "Evidence", "Finding", "Network", "Values", "claim", "entry"]
