"""What residual networks share: four layers of blocks, each block's result added to its input
(He et al. 2016, "Deep Residual Learning for Image Recognition", figure 5 and table 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Add, BatchNorm2d, Conv2d, MaxPool2d, ReLU, pair
from explorer.zoo.architecture import BuildConfig, Setting
from explorer.zoo.heads import classifier
from explorer.zoo.units import conv_bn_relu

Branch = Callable[[Builder, str, str, int, int], str]
"""Adds the convolutions of a block under a prefix, on a node, at a width, with a stride; returns the
name of the last one's BN, which no activation follows.
"""
LAYERS = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}
"""The width of each layer's blocks."""
_DEEPEST = 36
"""Blocks in the third layer of ResNet-152, the deepest layer of the paper."""


def block_settings(*blocks: int) -> dict[str, Setting]:
    """How many blocks each of the four layers has, under `layer1.blocks` and so on."""
    return {
        f"{layer}.blocks": Setting(count, 1, _DEEPEST, "residual blocks of this layer")
        for layer, count in zip(LAYERS, blocks, strict=True)
    }


def conv_bn(b: Builder, name: str, conv: Conv2d, x: str) -> str:
    """`name` and `name_bn`: a convolution whose activation comes after the sum."""
    return b.add(f"{name}_bn", BatchNorm2d(), b.add(name, conv, x))


def resnet(choice: BuildConfig, branch: Branch, expansion: int) -> Graph:
    """A residual network for images.

    Args:
        choice: what it is built from.
        branch: the convolutions of one block.
        expansion: channels that a block makes, in multiples of its width.
    """
    b = Builder(choice.input_shape)
    conv_bn_relu(b, "stem.conv", Conv2d(64, pair(7), pair(2), pair(3), bias=False), b.last)
    x = b.add("stem.pool", MaxPool2d(pair(3), pair(2), pair(1)))
    channels = 64
    for layer, count in _blocks(choice.settings).items():
        for number in range(1, count + 1):
            stride = 2 if number == 1 and layer != "layer1" else 1
            made = LAYERS[layer] * expansion
            prefix = f"{layer}_block{number}"
            end = branch(b, prefix, x, LAYERS[layer], stride)
            # A 1x1 convolution where the shapes differ (option B of the paper's section 3.3).
            fits = channels == made and stride == 1
            projection = Conv2d(made, pair(1), pair(stride), bias=False)
            shortcut = x if fits else conv_bn(b, f"{prefix}.shortcut", projection, x)
            b.add(f"{prefix}.add", Add(), end, shortcut)
            x, channels = b.add(f"{prefix}.relu", ReLU()), made
    classifier(b, choice.classes)
    return b.graph()


def _blocks(settings: Mapping[str, int]) -> dict[str, int]:
    return {layer: settings[f"{layer}.blocks"] for layer in LAYERS}
