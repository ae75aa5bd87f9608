"""Feature maps as a value: printed by the command line, read by the page."""

from __future__ import annotations

from typing import NamedTuple

from explorer.common import records
from explorer.common.png import Png

MOST = 64
"""Maps of one node that are shown, the strongest ones."""


class FeatureMap(NamedTuple):
    """One channel of a node.

    Args:
        channel: its place in the node's output.
        low: the smallest value in it.
        high: the largest.
        strength: root of the mean square of its values.
        image: the map, from `low` in black to `high` in white.
    """

    channel: int
    low: float
    high: float
    strength: float
    image: Png


class FeatureMaps(NamedTuple):
    """What a node of a trained network makes of one held-out image.

    Args:
        run: whose weights they are.
        node: its name.
        shape: (channels, height, width) of its output.
        number: of the image among the held-out ones.
        label: the image's class.
        source: the image itself.
        maps: the strongest first, at most `MOST` of them.
    """

    run: str
    node: str
    shape: tuple[int, int, int]
    number: int
    label: int
    source: Png
    maps: tuple[FeatureMap, ...]

    def to_json(self) -> str:
        """As one JSON object."""
        return records.to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> FeatureMaps:
        """What `to_json` wrote.

        Raises:
            ExplorerError: it is something else.
        """
        return records.from_json(cls, text, "the feature maps cannot be read: make them again")
