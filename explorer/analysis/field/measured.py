"""The effective receptive field, as a worker has measured it and a page shows it."""

from __future__ import annotations

from typing import NamedTuple

from explorer.common import records
from explorer.graph.ops import Pair

CELLS = 64
"""Rows and columns of a measured map at most; of the pixels in a cell the largest value is kept."""


class Effective(NamedTuple):
    """How much each pixel of the image moves one element of a node (Luo et al. 2016, "Understanding the
    Effective Receptive Field in Deep Convolutional Neural Networks").

    Args:
        node: what was measured.
        element: its row and column; None for a vector, which was measured as a whole.
        image: (height, width) of the image in pixels.
        images: how many random images it is the mean of.
        seed: of the images, of the mixtures of channels, and of the weights where they are untrained.
        run: the training run that the weights are from; None for untrained ones.
        cell: (height, width) in pixels that one value of the map stands for.
        grid: rows of the map, each value a share of the largest.
        middle: (row, column) in pixels, the centre of mass.
        deviation: standard deviation of the gradient's place along (rows, columns), in pixels.
        inside: share of the gradient within one standard deviation of the middle in both directions.
        pixels: how many pixels move it by more than 4.55 % of what the strongest does.
        area: pixels of the theoretical field, clipped to the image.
    """

    node: str
    element: Pair | None
    image: Pair
    images: int
    seed: int
    run: str | None
    cell: Pair
    grid: tuple[tuple[float, ...], ...]
    middle: tuple[float, float]
    deviation: tuple[float, float]
    inside: float
    pixels: int
    area: int

    @property
    def share(self) -> float:
        """Effective area over theoretical area."""
        return self.pixels / self.area

    def to_json(self) -> str:
        """As one JSON object."""
        return records.to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Effective:
        """What `to_json` wrote.

        Raises:
            ExplorerError: it is something else.
        """
        return records.from_json(cls, text, "the measurement cannot be read: measure it again")
