"""Which run a claim needs, by the claim's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from explorer.backend.claims import code, normalisation, training
from explorer.backend.train.fit import one_thread
from explorer.studies.claims.entry import Values

MEASURES: Mapping[str, Callable[[], Values]] = {
    "claim-12-invariances": normalisation.invariances,
    "claim-13-learning-rates": training.learning_rates,
    "claim-15-order": training.orders,
    "mistake-000-bn-inference": normalisation.frozen_while_training,
    "mistake-001-loss": code.printed_loss,
    "mistake-001-dropout": code.dropout_at_test,
    "mistake-003-batch-mates": normalisation.batch_mates,
    "mistake-004-residual": code.dropped_residual,
}
"""What each claim's judge wants to know, by the claim's id."""


def measure(id: str) -> Values:
    """The measured values of a claim: the same ones each time, on one thread."""
    with one_thread():
        return MEASURES[id]()
