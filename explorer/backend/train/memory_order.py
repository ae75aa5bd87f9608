"""The order of a network's values in memory, and what is unsafe in it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LANES = 16
"""Channels that a block of oneDNN's widest kernels holds."""


def channels_last(module: nn.Module, device: torch.device | str = "cpu") -> None:
    """Puts a network on a device in channels-last order, in which max pooling takes a third of the time.

    A 1x1 convolution with a stride reads its pixels first there on a CPU, and then has no stride: the same
    function, the same weights. oneDNN computes the gradient of its weights wrongly where it has fewer input
    channels than a block holds, and writes past the end of its memory: a run dies, sooner or later
    (uxlfoundation/oneDNN, issue 6035).
    """
    module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if torch.device(device).type != "cpu":
        return
    for conv in module.modules():
        if isinstance(conv, nn.Conv2d) and _is_unsafe(conv):
            down, across = conv.stride
            conv.stride = (1, 1)
            conv.register_forward_pre_hook(_Subsample(down, across))


def _is_unsafe(conv: nn.Conv2d) -> bool:
    plain = conv.kernel_size == (1, 1) and conv.padding == (0, 0)
    return plain and conv.stride != (1, 1) and conv.in_channels // conv.groups < _LANES


class _Subsample:
    """Every so many rows and columns of what a layer is fed (batch, channels, height, width)."""

    def __init__(self, down: int, across: int) -> None:
        self.down, self.across = down, across

    def __call__(self, layer: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        (x,) = inputs
        return (x[:, :, :: self.down, :: self.across],)
