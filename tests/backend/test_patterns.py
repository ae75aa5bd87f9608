"""The generated images: what they are made of, and that neither a small nor a large field is enough for them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.data import Dataset, load
from explorer.backend.data.patterns import draw
from explorer.runs.datasets import ARRANGEMENTS, PERIOD, REACH, SETS, TEXTURES

CPU = torch.device("cpu")


def drawn(count: int) -> tuple[Tensor, Tensor]:
    """Patterns without noise, and their labels."""
    labels = torch.arange(count) % SETS["patterns"].info.classes
    return draw(labels, torch.Generator().manual_seed(3), noise=0.0), labels


def test_averaging_over_a_period_leaves_nothing_of_the_texture() -> None:
    """Away from the discs, the mean of any window of a period is that of the whole ground."""
    images, _ = drawn(90)
    corner = images[:, :, :PERIOD, :].double()  # the discs keep as far from the edge
    means = F.avg_pool2d(corner, PERIOD, stride=1)
    assert (means - means[..., :1]).abs().max() <= 0.5  # of rounding
    assert corner.std(dim=(2, 3)).min() > 5


def test_every_texture_has_the_same_grey_levels() -> None:
    images, labels = drawn(90)
    strip = images[:, :, :PERIOD, :].flatten(2)
    assert all(len(colour.unique(return_counts=True)[1].unique()) == 1 for image in strip for colour in image)
    assert all(len(colour.unique()) == 2 for image in strip for colour in image)
    assert len(labels.unique()) == len(TEXTURES) * len(ARRANGEMENTS)


def test_no_smaller_window_than_announced_sees_both_discs() -> None:
    images, labels = drawn(900)
    edge = images[:, :, :PERIOD, :].amax(dim=(2, 3))[:, :, None, None]
    lit = (images > edge).any(1)  # brighter than the ground and its texture
    rows, columns = (_gap(lit.any(axis)) for axis in (2, 1))
    # Both discs fit into a window that holds the gap and a pixel of either on each side.
    kinds = labels % len(ARRANGEMENTS)
    for kind, (down, across) in enumerate(ARRANGEMENTS.values()):
        wide = torch.maximum(rows * down, columns * across)[kinds == kind] + 2
        assert wide.min() >= REACH
    assert (torch.maximum(rows, columns) + 2).min() == REACH


def _gap(lit: Tensor) -> Tensor:
    """The dark places (count,) in the middle of each profile, between the first and the second half's light."""
    half = lit.shape[1] // 2
    left = lit[:, :half].long() * torch.arange(1, half + 1)
    right = lit[:, half:].long() * torch.arange(half, 0, -1)
    both = lit[:, :half].any(1) & lit[:, half:].any(1)
    return (2 * half - left.amax(1) - right.amax(1)) * both


def test_a_disc_alone_says_nothing_of_the_arrangement() -> None:
    """Each quarter is lit equally often in every arrangement."""
    images, labels = drawn(3_600)
    quarters = F.max_pool2d(images.amax(1, keepdim=True).float(), 16)[:, 0]
    dark = images[:, :, :PERIOD, :].amax(dim=(1, 2, 3)).float()
    for kind in range(len(ARRANGEMENTS)):
        chosen = labels % len(ARRANGEMENTS) == kind
        lit = (quarters[chosen] > dark[chosen, None, None] + 15).float().mean(0)
        assert (lit - 0.5).abs().max() < 4 * 0.5 / int(chosen.sum()) ** 0.5


def small() -> nn.Sequential:
    """Sees 5x5 pixels."""
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3), nn.ReLU()),
        *(nn.Conv2d(6, 12, 3, stride=2), nn.BatchNorm2d(12), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )


def large() -> nn.Sequential:
    """Sees 36x36 pixels, by means over 4x4 of them."""
    return nn.Sequential(
        nn.AvgPool2d(4),
        *(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )


class Branches(nn.Module):
    """Branches side by side, joined as in an Inception module, and one linear layer."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.head = nn.LazyLinear(SETS["patterns"].info.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.cat([branch(x) for branch in self.branches], dim=1))


def right(data: Dataset, net: nn.Module, lr: float, epochs: int = 2, batch: int = 48) -> tuple[float, float, float]:
    """The shares of held-out images whose class, texture and arrangement are right after a short training."""
    shape = data.train.images.shape[1:]
    net(data.inputs(data.train.images[:2], shape))  # gives the lazy layer its shape
    optimiser = torch.optim.AdamW(net.parameters(), lr)
    for _ in range(epochs):
        for chosen in torch.randperm(len(data.train.labels)).split(batch):
            loss = F.cross_entropy(net(data.inputs(data.train.images[chosen], shape)), data.train.labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    labels = data.held_out.labels
    with torch.no_grad():
        found = net.eval()(data.inputs(data.held_out.images, shape)).argmax(1)
    each = (found == labels, found // 3 == labels // 3, found % 3 == labels % 3)
    return tuple(float(hit.double().mean()) for hit in each)  # type: ignore[return-value]


@pytest.mark.usefixtures("one_thread")
def test_a_small_and_a_large_field_are_needed() -> None:
    """Either field alone knows its own part and guesses the other; both together know the class."""
    data = load("patterns", CPU)
    torch.manual_seed(0)
    guess = 1 / 3 + 4 * (2 / 9 / SETS["patterns"].info.held_out) ** 0.5  # with four standard deviations of luck
    assert len(TEXTURES) == len(ARRANGEMENTS) == 3
    near = right(data, Branches(small()), lr=1e-2)
    far = right(data, Branches(large()), lr=5e-3)
    both = right(data, Branches(small(), large()), lr=1e-2)
    assert near[0] < guess and near[1] > 0.95 and near[2] < guess
    assert far[0] < guess and far[1] < guess and far[2] > 0.95
    assert min(both) > 0.9
