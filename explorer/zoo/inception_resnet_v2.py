"""Inception-ResNet v2 (Szegedy et al. 2017, "Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning", figures 15-19) as TF-Slim, Keras and timm publish it.
"""

from __future__ import annotations

from typing import NamedTuple

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Add, Conv2d, Dropout, GlobalAvgPool2d, ReLU, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.branches import HALVE, Branches, joined, same, stem, valid
from explorer.zoo.heads import scores
from explorer.zoo.inception_v3 import STEM
from explorer.zoo.inception_v4 import AVERAGE

_MIXED_5B: Branches = {
    "branch1x1": {"conv": same(96, 1, 1)},
    "branch5x5": {"reduce": same(48, 1, 1), "conv": same(64, 5, 5)},
    "branch3x3dbl": {"reduce": same(64, 1, 1), "conv_1": same(96, 3, 3), "conv_2": same(96, 3, 3)},
    "branch_pool": {"pool": AVERAGE, "conv": same(64, 1, 1)},
}
_MIXED_6A: Branches = {
    "branch3x3": {"conv": valid(384, 3, 3, stride=2)},
    "branch3x3dbl": {"reduce": same(256, 1, 1), "conv_1": same(256, 3, 3), "conv_2": valid(384, 3, 3, stride=2)},
    "branch_pool": {"pool": HALVE},
}
_MIXED_7A: Branches = {  # figure 18
    "branch3x3_1": {"reduce": same(256, 1, 1), "conv": valid(384, 3, 3, stride=2)},
    "branch3x3_2": {"reduce": same(256, 1, 1), "conv": valid(288, 3, 3, stride=2)},
    "branch3x3dbl": {"reduce": same(256, 1, 1), "conv_1": same(288, 3, 3), "conv_2": valid(320, 3, 3, stride=2)},
    "branch_pool": {"pool": HALVE},
}


class _Block(NamedTuple):
    """A residual block: its branches, the width of its shortcut, and what the rest is scaled by."""

    branches: Branches
    width: int
    scale: float


_BLOCK35 = _Block(  # figure 16
    {
        "branch1x1": {"conv": same(32, 1, 1)},
        "branch3x3": {"reduce": same(32, 1, 1), "conv": same(32, 3, 3)},
        "branch3x3dbl": {"reduce": same(32, 1, 1), "conv_1": same(48, 3, 3), "conv_2": same(64, 3, 3)},
    },
    width=320,
    scale=0.17,
)
_BLOCK17 = _Block(  # figure 17
    {
        "branch1x1": {"conv": same(192, 1, 1)},
        "branch7x7": {"reduce": same(128, 1, 1), "conv_1x7": same(160, 1, 7), "conv_7x1": same(192, 7, 1)},
    },
    width=1088,
    scale=0.1,
)
_BLOCK8 = _Block(  # figure 19
    {
        "branch1x1": {"conv": same(192, 1, 1)},
        "branch3x3": {"reduce": same(192, 1, 1), "conv_1x3": same(224, 1, 3), "conv_3x1": same(256, 3, 1)},
    },
    width=2080,
    scale=0.2,
)


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    x = stem(b, STEM)
    x = joined(b, x, _MIXED_5B, "mixed_5b")
    for number in range(1, choice.settings["block35_blocks"] + 1):
        x = _residual(b, x, _BLOCK35, f"block35_{number}")
    x = joined(b, x, _MIXED_6A, "mixed_6a")
    for number in range(1, choice.settings["block17_blocks"] + 1):
        x = _residual(b, x, _BLOCK17, f"block17_{number}")
    x = joined(b, x, _MIXED_7A, "mixed_7a")
    last = choice.settings["block8_blocks"]
    for number in range(1, last):
        x = _residual(b, x, _BLOCK8, f"block8_{number}")
    # The last block is neither scaled nor rectified.
    b.add(f"block8_{last}.add", Add(), _branches(b, x, _BLOCK8, f"block8_{last}"), x)
    stem(b, {"conv2d_7b_1x1": {"conv": same(1536, 1, 1)}})
    b.add("avg_pool", GlobalAvgPool2d())
    b.add("dropout", Dropout(0.2))
    scores(b, choice.classes)
    return b.graph()


def _residual(b: Builder, x: str, block: _Block, prefix: str) -> str:
    """The shortcut plus the scaled branches (section 3.3), then ReLU."""
    b.add(f"{prefix}.add", Add(alpha=block.scale), x, _branches(b, x, block, prefix))
    return b.add(f"{prefix}.relu", ReLU())


def _branches(b: Builder, x: str, block: _Block, prefix: str) -> str:
    """The branches, and the 1x1 without BN or ReLU that gives them the width of the shortcut."""
    return b.add(f"{prefix}.project", Conv2d(block.width, pair(1)), joined(b, x, block.branches, prefix))


INCEPTION_RESNET_V2 = Architecture(
    id="inception_resnet_v2",
    title="Inception-ResNet v2",
    family="Inception",
    year=2016,
    introduced="Residual connections around Inception modules.",
    source="Szegedy et al. 2017, figures 15-19, at the widths of TF-Slim, whose stem is Inception v3's; equal to "
    "timm's inception_resnet_v2, and to Keras's but for the scale that Keras's BN lacks. The dropout of 0.2 is the "
    "paper's; TF-Slim's auxiliary head is left out, as by timm and Keras.",
    summary="Inception modules as residual blocks: their branches are projected to the width of the input, scaled "
    "down so that training stays stable, and added to it.",
    input_shape=(3, 299, 299),
    classes=1000,
    settings={
        "block35_blocks": Setting(10, 1, 24, "residual blocks on the largest map (35x35 at 299x299)"),
        "block17_blocks": Setting(20, 1, 40, "residual blocks on the middle map (17x17 at 299x299)"),
        "block8_blocks": Setting(10, 1, 24, "residual blocks on the smallest map (8x8 at 299x299)"),
    },
    build=_build,
)
