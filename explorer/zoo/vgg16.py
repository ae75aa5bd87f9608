"""VGG-16, configuration D of Simonyan and Zisserman 2015 (table 1), equal to torchvision's `vgg16`:
138,357,544 parameters.

torchvision's adaptive average pool to 7x7 is left out: at 224x224 the map is 7x7, and the pool leaves
it as it is.
"""

from __future__ import annotations

from explorer.common import limits
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.units import conv_relu

_STAGES = {"stage1": (64, 2), "stage2": (128, 2), "stage3": (256, 3), "stage4": (512, 3), "stage5": (512, 3)}
"""Channels, and how many 3x3 convolutions, before each pool."""


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    for stage, (_, count) in _STAGES.items():
        for number in range(1, count + 1):
            conv = Conv2d(choice.settings[f"{stage}.width"], pair(3), padding=pair(1))
            conv_relu(b, f"{stage}.conv{number}", conv, b.last)
        b.add(f"{stage}.pool", MaxPool2d(pair(2), stride=pair(2)))
    b.add("flatten", Flatten())
    for name in ("fc6", "fc7"):
        b.add(f"{name}.linear", Linear(choice.settings[f"{name}.width"]))
        b.add(f"{name}.relu", ReLU())
        b.add(f"{name}.dropout", Dropout(0.5))
    if choice.classes is not None:
        b.add("fc8", Linear(choice.classes))
    return b.graph()


VGG16 = Architecture(
    id="vgg16",
    title="VGG-16",
    family="Classic",
    year=2014,
    introduced="Depth from 3x3 windows alone.",
    source="Simonyan and Zisserman 2015, table 1, configuration D; equal to torchvision's vgg16",
    summary="Thirteen 3x3 convolutions in a row and three fully connected layers: depth from one small window, "
    "at a high price in parameters and multiply-adds.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings={
        **{
            f"{stage}.width": Setting(width, 1, limits.MAX_WIDTH, f"channels of the {count} convolutions of the stage")
            for stage, (width, count) in _STAGES.items()
        },
        "fc6.width": Setting(4096, 1, 4096, "features of the first fully connected layer", "fc6.linear.out_features"),
        "fc7.width": Setting(4096, 1, 4096, "features of the second fully connected layer", "fc7.linear.out_features"),
    },
    build=_build,
)
