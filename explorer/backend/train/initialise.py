"""The first weights of a network."""

from __future__ import annotations

from math import sqrt
from zlib import crc32

import torch
from torch import Tensor, nn


def initialise(model: nn.Module, seed: int) -> None:
    """Gives every convolution weights of variance 2 / fan_in and no bias (He et al. 2015), and every linear
    layer torch's own uniform ones.

    A layer's weights follow from the seed and its name alone, so that networks which share a part start
    from the same weights there. torch's default for convolutions has a sixth of that variance, and the
    signal of a deep network without normalisation dies out: GoogLeNet on the digits at 64x64 reaches 18 %
    in 8 epochs with it and 99 % with this.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            generator = torch.Generator().manual_seed(mixed(seed, crc32(name.encode())))
            fan_in = module.weight[0].numel()
            if isinstance(module, nn.Conv2d):
                _fill(module.weight, torch.randn(module.weight.shape, generator=generator) * sqrt(2 / fan_in))
                _fill(module.bias, torch.zeros(()))
            else:
                for values in module.parameters(recurse=False):  # weight, and bias where it has one
                    _fill(values, (2 * torch.rand(values.shape, generator=generator) - 1) / sqrt(fan_in))


def mixed(*numbers: int) -> int:
    """One seed out of several numbers; close ones lead to seeds that are far apart."""
    seed = 0
    for number in numbers:
        seed = (seed ^ number) * 0x9E3779B97F4A7C15 % 2**63
        seed ^= seed >> 29
    return seed


@torch.no_grad()
def _fill(parameter: Tensor | None, values: Tensor) -> None:
    if parameter is not None:
        parameter.copy_(values)
