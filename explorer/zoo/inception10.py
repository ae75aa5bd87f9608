"""Inception10, source 000's small network for CIFAR-10: ten layers at its two blocks.

Keras conventions throughout: "same" padding and batch normalisation with epsilon 0.001, behind
convolutions that keep their bias. The softmax of the source belongs to the loss here.
"""

from __future__ import annotations

from functools import partial

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.heads import classifier
from explorer.zoo.inception import Widths, inception_module
from explorer.zoo.units import conv_bn_relu

_UNIT = partial(conv_bn_relu, eps=1e-3)


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    width = choice.settings["init_ch"]
    x = _UNIT(b, "stem.conv", Conv2d(width, pair(3), padding="same"), b.last)
    for block in range(1, choice.settings["num_blocks"] + 1):
        for unit, stride in ((1, 2), (2, 1)):
            x = inception_module(
                b,
                x,
                Widths(*(width,) * 6),
                prefix=f"block_{block}.unit_{unit}",
                unit=_UNIT,
                stride=stride,
                padding=lambda kernel: "same",
            )
        width *= 2
    classifier(b, choice.classes)
    return b.graph()


INCEPTION10 = Architecture(
    id="inception10",
    title="Inception10",
    family="Inception",
    year=2020,
    introduced="A small Inception that trains on CIFAR-10 in minutes.",
    source="source 000",
    summary="A stem and blocks of two Inception units, every convolution of a unit equally wide; the first "
    "unit of a block halves the map, and each block doubles the width.",
    input_shape=(3, 32, 32),
    classes=10,
    settings={
        "num_blocks": Setting(2, 1, 6, "blocks of two Inception units; each halves the map and doubles the width"),
        "init_ch": Setting(16, 1, 128, "channels of the stem and of every convolution in the first block"),
    },
    build=_build,
)
