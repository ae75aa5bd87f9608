"""What is measured of a network's answers while it trains."""

from __future__ import annotations

from typing import NamedTuple


class Measure(NamedTuple):
    """A measure.

    Args:
        title: what it is called.
        is_share: whether it is a share of one, and is written in percent.
    """

    title: str
    is_share: bool = False


MEASURES = {"accuracy": Measure("Accuracy", is_share=True), "loss": Measure("Loss")}
"""By the name of its field of `Progress` and `Validation`."""
