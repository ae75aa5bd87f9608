"""Training images changed at random, each in its own way, all at once on the device where they are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SHIFT = 8
"""A shift moves an image by up to this part of its side, up or down and left or right."""
HOLE = 4
"""A square that is cut out has this part of the shorter side."""


def augment(images: Tensor, how: str, generator: torch.Generator) -> Tensor:
    """Images changed at random. Every image has decisions of its own, and nothing waits for the device.

    Args:
        images: uint8 (count, channels, height, width).
        how: in `explorer.runs.config.AUGMENTATIONS`. A shift (Krizhevsky 2009) leaves black what it
            uncovers; a flip happens to every other image on average; the square that is cut out (DeVries
            and Taylor 2017) is black and lies within the image.
        generator: on the device of the images; the same state leads to the same images.

    Returns:
        uint8 of the same shape; the images themselves where nothing is asked for.
    """
    steps = how.split("_")
    if "shift" in steps or "flip" in steps:
        images = _moved(images, "shift" in steps, "flip" in steps, generator)
    return _cut(images, generator) if "cutout" in steps else images


def _moved(images: Tensor, shift: bool, flip: bool, generator: torch.Generator) -> Tensor:
    """Shifted and then flipped, as one look-up: two would move every pixel twice."""
    count, channels, height, width = images.shape
    down, across = (height // SHIFT, width // SHIFT) if shift else (0, 0)
    rows = torch.arange(height, device=images.device) + _upto(2 * down, count, generator)
    columns = torch.arange(width, device=images.device).expand(count, width)
    if flip:
        columns = torch.where(_upto(1, count, generator) == 1, width - 1 - columns, columns)
    columns = columns + _upto(2 * across, count, generator)
    padded = F.pad(images, (across, across, down, down)).flatten(2)
    pixels = (rows[:, :, None] * (width + 2 * across) + columns[:, None, :]).flatten(1)
    shifted = padded.gather(2, pixels[:, None].expand(count, channels, height * width))
    return shifted.view(images.shape)


def _cut(images: Tensor, generator: torch.Generator) -> Tensor:
    """With a black square in each."""
    count, _, height, width = images.shape
    side = min(height, width) // HOLE
    rows, columns = (_within(length, side, count, generator) for length in (height, width))
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def _within(length: int, side: int, count: int, generator: torch.Generator) -> Tensor:
    """Which places (count, length) lie in a stretch of so many, somewhere in each."""
    behind = torch.arange(length, device=generator.device) - _upto(length - side, count, generator)
    return (behind >= 0) & (behind < side)


def _upto(most: int, count: int, generator: torch.Generator) -> Tensor:
    """A whole number from 0 to `most` for each image (count, 1)."""
    return torch.randint(most + 1, (count, 1), generator=generator, device=generator.device)
