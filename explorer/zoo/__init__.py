"""Every architecture, one file each: its table of numbers and how they become a graph."""

from __future__ import annotations

from explorer.suggest import unknown
from explorer.zoo.architecture import Architecture, Choice, Setting
from explorer.zoo.googlenet import GOOGLENET
from explorer.zoo.inception10 import INCEPTION10
from explorer.zoo.inception_block import INCEPTION_BLOCK

ARCHITECTURES: dict[str, Architecture] = {entry.id: entry for entry in (INCEPTION_BLOCK, GOOGLENET, INCEPTION10)}


def architecture(id: str) -> Architecture:
    """The entry of this id.

    Raises:
        ExplorerError: there is none; the sentence lists those there are.
    """
    if id not in ARCHITECTURES:
        raise unknown("architecture", id, ARCHITECTURES)
    return ARCHITECTURES[id]


__all__ = ["ARCHITECTURES", "Architecture", "Choice", "Setting", "architecture"]
