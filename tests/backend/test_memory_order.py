"""A network in channels-last order computes what it computes in torch's own."""

import copy

import pytest
import torch
from torch import Tensor, nn

from explorer.backend.train.memory_order import channels_last

pytestmark = pytest.mark.usefixtures("one_thread")


def gradients(module: nn.Module, x: Tensor) -> list[Tensor]:
    """Of the image and of every weight, of the mean square of what comes out."""
    x = x.clone(memory_format=torch.preserve_format).requires_grad_()
    module(x).square().mean().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return [x.grad, *(weight.grad for weight in module.parameters() if weight.grad is not None)]


@pytest.mark.parametrize("stride", [1, 2, 3, (1, 2)])
@pytest.mark.parametrize(("channels", "filters"), [(1, 4), (3, 16), (4, 4), (4, 8), (7, 9), (8, 8), (15, 4), (16, 8)])
def test_the_gradients_of_a_1x1_are_right_whatever_its_stride(
    channels: int, filters: int, stride: int | tuple[int, int]
) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(channels, filters, 1, stride), nn.ReLU(), nn.Conv2d(filters, 4, 3))
    x = torch.randn(4, channels, 13, 12)
    ours = copy.deepcopy(plain)
    channels_last(ours)
    assert ours.state_dict().keys() == plain.state_dict().keys()
    wanted = gradients(plain.double(), x.double())
    x = x.contiguous(memory_format=torch.channels_last)
    for _ in range(5):  # memory that was written past its end shows by and by
        ours.zero_grad()
        for gradient, right in zip(gradients(ours, x), wanted, strict=True):
            torch.testing.assert_close(gradient.double(), right, rtol=1e-4, atol=1e-6)
