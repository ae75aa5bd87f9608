"""Which images are learned from and which are only measured on."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_SEED = 0
_HELD_OUT = 0.2


class Split(NamedTuple):
    """Images (count, channels, height, width) as uint8 and their labels (count,)."""

    images: Tensor
    labels: Tensor


def by_class(whole: Split) -> tuple[Split, Split]:
    """Splits images once and for all: a fifth of each class, at least one and never all, is held out, in an
    order that mixes the classes, as the batches of a test do.
    """
    images, labels = whole
    generator = torch.Generator().manual_seed(_SEED)
    shuffled = torch.randperm(len(labels), generator=generator)
    members = [shuffled[labels[shuffled] == label] for label in range(int(labels.max()) + 1)]
    cuts = [max(1, round(len(indices) * _HELD_OUT)) for indices in members]
    held_out = torch.cat([indices[:cut] for indices, cut in zip(members, cuts, strict=True)])
    held_out = held_out[torch.randperm(len(held_out), generator=generator)]
    train = torch.cat([indices[cut:] for indices, cut in zip(members, cuts, strict=True)])
    return Split(images[train], labels[train]), Split(images[held_out], labels[held_out])
