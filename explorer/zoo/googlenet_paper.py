"""GoogLeNet as the paper has it (Szegedy et al. 2015, table 1, figure 3): source 001's body with local
response normalisation in the stem and two auxiliary classifiers.

The paper's own model was published as Caffe's bvlc_googlenet, and this is that one: 13,378,280
parameters, 6,998,552 of them without the auxiliary heads. The paper gives no constants for the
normalisation; these are Caffe's.
"""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, LocalResponseNorm, MaxPool2d, pair
from explorer.zoo.architecture import Architecture, BuildConfig
from explorer.zoo.googlenet import SETTINGS, head, inception_modules
from explorer.zoo.heads import ON_4A_AND_4D, auxiliary_settings, with_auxiliary_heads
from explorer.zoo.units import conv_relu

# Caffe's pools have no padding and round their size up. For 3x3 windows of stride 2 on maps of even
# size, as all here are at 224x224, that is exactly "same": one pixel below and to the right.
_HALVE = MaxPool2d(pair(3), stride=pair(2), padding="same")
_NORM = LocalResponseNorm(5, alpha=1e-4, beta=0.75)


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    conv_relu(b, "conv1.conv", Conv2d(64, pair(7), stride=pair(2), padding=pair(3)), b.last)
    b.add("conv1.pool", _HALVE)
    b.add("conv1.norm", _NORM)
    conv_relu(b, "conv2.reduce", Conv2d(64, pair(1)), b.last)
    conv_relu(b, "conv2.conv", Conv2d(192, pair(3), padding=pair(1)), b.last)
    b.add("conv2.norm", _NORM)
    b.add("conv2.pool", _HALVE)
    inception_modules(b, b.last, choice.settings, _HALVE)
    head(b, choice)
    return with_auxiliary_heads(b, choice, ON_4A_AND_4D)


GOOGLENET_PAPER = Architecture(
    id="googlenet_paper",
    title="GoogLeNet (paper)",
    family="Inception",
    year=2014,
    introduced="Auxiliary heads that feed gradient into the middle.",
    source="Szegedy et al. 2015, table 1 and figure 3, with the auxiliary heads; equal to Caffe's bvlc_googlenet "
    "(13,378,280 parameters, 6,998,552 without the heads)",
    summary="GoogLeNet with all that the paper has: local response normalisation in the stem, and two auxiliary "
    "classifiers that feed gradient into the middle of the network while it trains.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings={**SETTINGS, **auxiliary_settings(1)},
    build=_build,
)
