"""Xception (Chollet 2017, "Xception: Deep Learning with Depthwise Separable Convolutions", figure 5)
as Keras publishes it.
"""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Add, BatchNorm2d, Conv2d, DepthwiseConv2d, MaxPool2d, ReLU, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.branches import chain, valid
from explorer.zoo.heads import classifier

_STEM = {"conv_1": valid(32, 3, 3, stride=2), "conv_2": valid(64, 3, 3)}
_ENTRY = {"entry_1": 128, "entry_2": 256, "entry_3": 728}
_MIDDLE = 728
_EXIT = (728, 1024)
_TAIL = (1536, 2048)
_BN = BatchNorm2d(1e-3)


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    chain(b, b.last, _STEM, "stem")
    for block, width in _ENTRY.items():
        # The stem has ended on a ReLU already.
        _halving(b, block, (width, width), relu_first=block != "entry_1")
    for number in range(1, choice.settings["middle_blocks"] + 1):
        _middle(b, f"middle_{number}")
    _halving(b, "exit", _EXIT)
    for number, width in enumerate(_TAIL, 3):
        _separable(b, f"exit.sepconv_{number}", width)
        b.add(f"exit.sepconv_{number}_relu", ReLU())
    classifier(b, choice.classes)
    return b.graph()


def _halving(b: Builder, block: str, widths: tuple[int, int], relu_first: bool = True) -> None:
    """Two separable convolutions and a pool of stride 2, beside a 1x1 of stride 2."""
    x = b.last
    b.add(f"{block}.shortcut", Conv2d(widths[1], pair(1), stride=pair(2), padding="same", bias=False))
    shortcut = b.add(f"{block}.shortcut_bn", _BN)
    for number, width in enumerate(widths, 1):
        if relu_first or number > 1:
            x = b.add(f"{block}.relu_{number}", ReLU(), x)
        x = _separable(b, f"{block}.sepconv_{number}", width, x)
    pool = b.add(f"{block}.pool", MaxPool2d(pair(3), stride=pair(2), padding="same"), x)
    b.add(f"{block}.add", Add(), pool, shortcut)


def _middle(b: Builder, block: str) -> None:
    """Three separable convolutions beside the identity."""
    shortcut = b.last
    for number in range(1, 4):
        b.add(f"{block}.relu_{number}", ReLU())
        _separable(b, f"{block}.sepconv_{number}", _MIDDLE)
    b.add(f"{block}.add", Add(), b.last, shortcut)


def _separable(b: Builder, name: str, width: int, x: str = "") -> str:
    """Depthwise 3x3, pointwise, BN; nothing between the first two (section 4.7)."""
    b.add(f"{name}_depthwise", DepthwiseConv2d(pair(3), padding="same", bias=False), x or b.last)
    b.add(f"{name}_pointwise", Conv2d(width, pair(1), bias=False))
    return b.add(f"{name}_bn", _BN)


XCEPTION = Architecture(
    id="xception",
    title="Xception",
    family="Xception",
    year=2016,
    introduced="Depthwise separable convolutions throughout.",
    source="Chollet 2017, figure 5; equal to keras.applications.Xception: no biases but the classifier's, the first "
    'two convolutions unpadded, the rest TensorFlow "same". timm\'s legacy_xception has the same layers; it pads '
    "pools on both sides alike and its BN adds 0.00001 to the variance, not 0.001.",
    summary="Every convolution behind the stem is separable: space by one 3x3 filter a channel, then channels by a "
    "1x1. Residual connections run around all blocks; no module has branches any more.",
    input_shape=(3, 299, 299),
    classes=1000,
    settings={"middle_blocks": Setting(8, 1, 32, "residual blocks of the middle flow, each as wide as the last")},
    build=_build,
)
