"""Networks of the sources and the papers, written by hand in torch from their text."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.helpers.googlenet import TABLE, Branches


def conv_relu(*args: int, **kwargs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(*args, **kwargs), nn.ReLU())


def inceptionnet() -> nn.Module:
    """Source 002, section 2.3."""
    return nn.Sequential(
        *conv_relu(3, 64, kernel_size=7, stride=2, padding=3),
        nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        Branches(64, 64, 96, 128, 16, 32, 32),
        Branches(256, 64, 96, 128, 16, 32, 32),
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(1),
        nn.Linear(256, 10),
    )


def dilated_cnn() -> nn.Module:
    """Source 002, section 3.3."""
    return nn.Sequential(
        *conv_relu(3, 16, kernel_size=3, padding=1),
        nn.MaxPool2d(2, 2),
        *conv_relu(16, 32, kernel_size=3, padding=2, dilation=2),
        nn.MaxPool2d(2, 2),
        *conv_relu(32, 64, kernel_size=3, padding=1),
        nn.Flatten(),
        nn.Linear(64 * 8 * 8, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


def mnist_mlp(batch_norm: bool = False) -> nn.Module:
    """Ioffe and Szegedy 2015, section 4.1."""
    layers: list[nn.Module] = [nn.Flatten()]
    for features in (28 * 28, 100, 100):
        layers += [nn.Linear(features, 100, bias=not batch_norm)]
        layers += [nn.BatchNorm1d(100)] if batch_norm else []
        layers += [nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Linear(100, 10))


def lenet() -> nn.Module:
    """LeCun et al. 1998, section II.B, without its partial connections, coefficients and RBF units."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten()),
        *(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


class Head(nn.Sequential):
    """An auxiliary classifier on maps whose pooled size is given."""

    def __init__(self, channels: int, height: int, width: int, classes: int) -> None:
        super().__init__(
            nn.AvgPool2d(5, 3),
            *conv_relu(channels, 128, 1),
            nn.Flatten(),
            nn.Linear(128 * height * width, 1024),
            nn.ReLU(),
            nn.Dropout(0.7),
            nn.Linear(1024, classes),
        )


class CaffeGoogLeNet(nn.Module):
    """bvlc_googlenet: pools round up, LRN twice in the stem, heads on 4a and 4d."""

    def __init__(self, classes: int, pooled: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.stem = nn.Sequential(
            *conv_relu(3, 64, 7, 2, 3),
            self.pool,
            nn.LocalResponseNorm(5, 0.0001, 0.75),
            *conv_relu(64, 64, 1),
            *conv_relu(64, 192, 3, padding=1),
            nn.LocalResponseNorm(5, 0.0001, 0.75),
            self.pool,
        )
        self.blocks = nn.ModuleDict({name: Branches(*widths) for name, widths in TABLE.items()})
        self.fc = nn.Linear(1024, classes)
        self.heads = nn.ModuleDict({"4a": Head(512, pooled, pooled, classes), "4d": Head(528, pooled, pooled, classes)})

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x, further = self.stem(x), []
        for name, block in self.blocks.items():
            x = block(x)
            if name in self.heads:
                further.append(self.heads[name](x))
            if name in ("3b", "4e"):
                x = self.pool(x)
        return self.fc(F.avg_pool2d(x, x.shape[2:]).flatten(1)), *further


# Source 003, with TensorFlow's "same" padding worked out by hand.


def same(x: Tensor, kernel: int, stride: int, value: float = 0) -> Tensor:
    """The map with the pixels around it that tf.nn's "SAME" asks for."""
    around: list[int] = []
    for size in reversed(x.shape[2:]):
        missing = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        around += [missing // 2, missing - missing // 2]
    return F.pad(x, around, value=value)


class Same(nn.Module):
    """Conv2D(..., padding='SAME'), as many times as it is called one after the other."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, **options: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, **options)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(same(x, self.conv.kernel_size[0], self.conv.stride[0]))


def bn_relu(*args: int) -> nn.Sequential:
    return nn.Sequential(Same(*args), nn.BatchNorm2d(args[1], eps=0.001), nn.ReLU())


def pooled(x: Tensor, mode: str, stride: int) -> Tensor:
    if mode == "max":
        return F.max_pool2d(same(x, 3, stride, -torch.inf), 3, stride)
    sums, pixels = (F.avg_pool2d(same(values, 3, stride), 3, stride) for values in (x, torch.ones_like(x)))
    return sums / pixels


class SourceModule(nn.Module):
    """`inception(inputs, sub_chs, stride, pool_mode)` of source 003."""

    def __init__(self, inputs: int, sub_chs: list, stride: int, pool_mode: list) -> None:
        super().__init__()
        self.stride, (self.mode, sub_ch4) = stride, pool_mode
        sub_ch1, sub_ch2, sub_ch3 = sub_chs
        self.sub1 = bn_relu(inputs, sub_ch1, 1, stride) if sub_ch1 else None
        self.sub2 = nn.Sequential(bn_relu(inputs, sub_ch2[0], 1), bn_relu(*sub_ch2, 3, stride))
        double = (bn_relu(*sub_ch3, 3), bn_relu(sub_ch3[1], sub_ch3[1], 3, stride))
        self.sub3 = nn.Sequential(bn_relu(inputs, sub_ch3[0], 1), *double)
        self.sub4 = bn_relu(inputs, sub_ch4, 1, stride) if sub_ch4 else None
        self.channels = sub_ch1 + sub_ch2[1] + sub_ch3[1] + (sub_ch4 or inputs)

    def forward(self, x: Tensor) -> Tensor:
        sub = [self.sub1(x)] if self.sub1 else []
        pool = self.sub4(pooled(x, self.mode, 1)) if self.sub4 else pooled(x, self.mode, self.stride)
        return torch.cat([*sub, self.sub2(x), self.sub3(x), pool], 1)


SOURCE_003 = {
    "3a": ([64, [64, 64], [64, 96]], 1, ["avg", 32]),
    "3b": ([64, [64, 96], [64, 96]], 1, ["avg", 64]),
    "3c": ([0, [128, 160], [64, 96]], 2, ["max", None]),
    "4a": ([224, [64, 96], [96, 128]], 1, ["avg", 128]),
    "4b": ([192, [96, 128], [96, 128]], 1, ["avg", 128]),
    "4c": ([160, [128, 160], [128, 160]], 1, ["avg", 128]),
    "4d": ([96, [128, 192], [160, 192]], 1, ["avg", 128]),
    "4e": ([0, [128, 192], [192, 256]], 2, ["max", None]),
    "5a": ([352, [192, 320], [160, 224]], 1, ["avg", 128]),
    "5b": ([352, [192, 320], [192, 224]], 1, ["max", 128]),
}


class BNInception(nn.Module):
    """`inference` and `build_sub_cost` of source 003.

    Args:
        classes: number of scores.
        heads: height and width of the maps behind the auxiliary heads' pools; none without them.
        separable: whether the first convolution is separable, as the text says.
    """

    def __init__(self, classes: int, heads: tuple[int, int] | None = None, separable: bool = False) -> None:
        super().__init__()
        first = [Same(3, 24, 7, 2, groups=3, bias=False), *bn_relu(24, 64, 1)] if separable else bn_relu(3, 64, 7, 2)
        self.first = nn.Sequential(*first)
        self.second = nn.Sequential(bn_relu(64, 64, 1), bn_relu(64, 192, 3))
        self.blocks, channels = nn.ModuleDict(), 192
        for name, row in SOURCE_003.items():
            self.blocks[name] = SourceModule(channels, *row)
            channels = self.blocks[name].channels
        # A 1x1 convolution on a 1x1 map in the source.
        self.fc = nn.Linear(channels, classes)
        taps = {"4a": 576, "4d": 608} if heads else {}
        self.heads = nn.ModuleDict({name: Head(width, *(heads or ()), classes) for name, width in taps.items()})

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = pooled(self.second(pooled(self.first(x), "max", 2)), "max", 2)
        further = []
        for name, block in self.blocks.items():
            x = block(x)
            if name in self.heads:
                further.append(self.heads[name](x))
        scores = self.fc(F.avg_pool2d(x, x.shape[2:]).flatten(1))
        return (scores, *further) if further else scores
