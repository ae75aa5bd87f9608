"""GoogLeNet as source 001 has it, written by hand."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Branches(nn.Module):
    """Source 001's module, without normalisation."""

    def __init__(self, in_c: int, c1: int, r3: int, c3: int, r5: int, c5: int, cp: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(in_c, c1, 1)
        self.three = nn.ModuleList([nn.Conv2d(in_c, r3, 1), nn.Conv2d(r3, c3, 3, padding=1)])
        self.five = nn.ModuleList([nn.Conv2d(in_c, r5, 1), nn.Conv2d(r5, c5, 5, padding=2)])
        self.pool = nn.Conv2d(in_c, cp, 1)

    def forward(self, x: Tensor) -> Tensor:
        three = five = x
        for conv in self.three:
            three = F.relu(conv(three))
        for conv in self.five:
            five = F.relu(conv(five))
        pooled = F.relu(self.pool(F.max_pool2d(x, 3, 1, 1)))
        return torch.cat([F.relu(self.one(x)), three, five, pooled], 1)


TABLE = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
