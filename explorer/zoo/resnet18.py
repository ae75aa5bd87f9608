"""ResNet-18 (He et al. 2016, table 1), equal to torchvision's `resnet18`: 11,689,512 parameters and
9,600 statistics.
"""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, pair
from explorer.zoo.architecture import Architecture, BuildConfig
from explorer.zoo.resnet import block_settings, conv_bn, resnet
from explorer.zoo.units import conv_bn_relu


def _basic(b: Builder, prefix: str, x: str, width: int, stride: int) -> str:
    """Two 3x3, the first with the stride (figure 5, left)."""
    x = conv_bn_relu(b, f"{prefix}.conv1", Conv2d(width, pair(3), pair(stride), pair(1), bias=False), x)
    return conv_bn(b, f"{prefix}.conv2", Conv2d(width, pair(3), padding=pair(1), bias=False), x)


def _build(choice: BuildConfig) -> Graph:
    return resnet(choice, _basic, expansion=1)


RESNET18 = Architecture(
    id="resnet18",
    title="ResNet-18",
    family="Residual",
    year=2015,
    introduced="Residual connections: a block learns a difference.",
    source="He et al. 2016, table 1, projection shortcuts where shapes differ; equal to torchvision's resnet18",
    summary="Blocks of two 3x3 convolutions, each added to what entered it, so that a block learns a difference "
    "and gradient passes it by.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings=block_settings(2, 2, 2, 2),
    build=_build,
)
