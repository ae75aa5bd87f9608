"""MobileNet (Howard et al. 2017, table 1) in the counts and padding of Keras's `MobileNet` and timm's
`mobilenetv1_100`: 4,231,976 trainable parameters and 21,888 statistics.

TensorFlow's "same" padding, no bias beside BN, and the epsilon of 0.001 that Keras gives its BN. The
activation is the paper's ReLU, which Keras and timm cap at 6; Keras's dropout of 0.1 % is left out.
"""

from __future__ import annotations

from functools import partial

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, DepthwiseConv2d, Padding, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.heads import classifier
from explorer.zoo.units import conv_bn_relu

_UNIT = partial(conv_bn_relu, eps=1e-3)
_SAME: Padding = "same"
_STEM = 32
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
"""Channels that each depthwise separable block makes, and its stride."""


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)

    def width(channels: int) -> int:
        return max(1, channels * choice.settings["width_percent"] // 100)

    x = _UNIT(b, "stem.conv", Conv2d(width(_STEM), pair(3), pair(2), _SAME, bias=False), b.last)
    for number, (channels, stride) in enumerate(_BLOCKS, start=1):
        depthwise = DepthwiseConv2d(pair(3), pair(stride), _SAME, bias=False)
        x = _UNIT(b, f"block{number}.depthwise", depthwise, x)
        x = _UNIT(b, f"block{number}.pointwise", Conv2d(width(channels), pair(1), bias=False), x)
    classifier(b, choice.classes)
    return b.graph()


MOBILENET_V1 = Architecture(
    id="mobilenet_v1",
    title="MobileNet",
    family="Mobile",
    year=2017,
    introduced="Separable convolutions for small devices.",
    source="Howard et al. 2017, table 1; parameters, statistics and padding of Keras's MobileNet and timm's "
    "mobilenetv1_100",
    summary="Thirteen depthwise separable blocks: a filter for each channel, then a 1x1 convolution that mixes "
    "them, at a ninth of the price of a full 3x3.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings={"width_percent": Setting(100, 1, 200, "width multiplier of every layer, in percent (section 3.3)")},
    build=_build,
)
