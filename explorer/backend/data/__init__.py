"""Data sets as tensors that live on the device, and how a batch of them becomes a network's input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from explorer.backend.data import bundled, downloaded, own, patterns
from explorer.backend.data.split import Split
from explorer.graph.ops import Shape
from explorer.runs import datasets

__all__ = ["Dataset", "Split", "load"]

SOURCES: dict[str, Callable[[], tuple[Split, Split]]] = {
    "digits": bundled.digits,
    "mnist_5k": bundled.mnist_5k,
    "patterns": patterns.read,
    "mnist": partial(downloaded.read, "mnist", "MNIST"),
    "fashion_mnist": partial(downloaded.read, "fashion_mnist", "FashionMNIST"),
    "cifar10": partial(downloaded.read, "cifar10", "CIFAR10"),
}
"""Reads the training and the held-out images of a set, by its id in `datasets.SETS`."""
_LEAST_STD = 1.0
"""Of the 256 grey levels: images that are all alike are not divided by nothing."""


class Dataset(NamedTuple):
    """A data set on a device; `mean` and `std` (channels, 1, 1) are those of its training images."""

    train: Split
    held_out: Split
    mean: Tensor
    std: Tensor

    def inputs(self, images: Tensor, shape: Shape) -> Tensor:
        """Images of this set as a network takes them: (batch, *shape), normalised, channels last.

        Sizes are matched bilinearly. Grey is repeated over the network's channels, colours are
        repeated in turn, or averaged for a network of one channel.
        """
        x = (images.to(self.mean.dtype) - self.mean) / self.std
        if x.shape[2:] != shape[1:]:
            x = F.interpolate(x, size=shape[1:], mode="bilinear", align_corners=False)
        if x.shape[1] != shape[0]:
            turn = torch.arange(shape[0], device=x.device) % x.shape[1]
            x = x.mean(dim=1, keepdim=True) if shape[0] == 1 else x[:, turn]
        return x.contiguous(memory_format=torch.channels_last)


def load(id: str, device: torch.device) -> Dataset:
    """A data set, all of it on the device.

    Args:
        id: in `datasets.ids()`.
        device: where its tensors go.

    Raises:
        ExplorerError: there is no such set, it is damaged, or it cannot be downloaded.
    """
    datasets.info(id)
    train, held_out = _read(id)
    # A colour at a time: as floats, a large set takes four times its memory.
    mean, std = torch.stack([_statistics(colour) for colour in train.images.unbind(1)], dim=1)[..., None, None]
    train, held_out = (Split(images.to(device), labels.to(device)) for images, labels in (train, held_out))
    return Dataset(train, held_out, mean.to(device), std.to(device))


def _statistics(colour: Tensor) -> Tensor:
    values = colour.to(torch.get_default_dtype())
    return torch.stack([values.mean(), values.std().clamp_min(_LEAST_STD)])


def _read(id: str) -> tuple[Split, Split]:
    if name := datasets.own_name(id):
        return own.read(name)
    return SOURCES[id]()
