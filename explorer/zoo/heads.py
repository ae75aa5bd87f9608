"""Classifiers: the one at the end of a network, and auxiliary ones along its depth."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import AvgPool2d, Conv2d, Dropout, Flatten, GlobalAvgPool2d, Linear, ReLU, pair
from explorer.zoo.architecture import BuildConfig, Setting
from explorer.zoo.units import conv_relu

AUXILIARY_HEADS = "auxiliary_heads"
"""The setting of every network that has them: 1 with, 0 without."""


def auxiliary_setting(default: int) -> dict[str, Setting]:
    """The setting that switches a network's auxiliary heads on."""
    return {
        AUXILIARY_HEADS: Setting(
            default, 0, 1, "auxiliary classifiers, as further outputs for training: 1 with, 0 without"
        )
    }


AUXILIARY_KERNEL_SIZE = "auxiliary_kernel_size"
"""The setting of a network whose auxiliary heads start with a pool of a window that may be changed."""


ON_4A_AND_4D = {"auxiliary_4a": "inception_4a.concat", "auxiliary_4d": "inception_4d.concat"}
"""Where GoogLeNet and its successor have their heads: the map that each reads, under its prefix."""


def auxiliary_settings(default: int) -> dict[str, Setting]:
    """Both settings of heads as `auxiliary_head` makes them."""
    window = "window of the average pool in each auxiliary head; at most the size of the map that it reads"
    return {**auxiliary_setting(default), AUXILIARY_KERNEL_SIZE: Setting(5, 1, 32, window)}


def with_auxiliary_heads(b: Builder, choice: BuildConfig, heads: Mapping[str, str]) -> Graph:
    """The finished graph, its output the newest node and, where the settings ask for it, the scores of
    auxiliary heads.

    Args:
        b: the builder with the network up to its class scores.
        choice: what the network is built from.
        heads: under the prefix of each head, the map that it reads.
    """
    outputs = [b.last]
    if choice.settings[AUXILIARY_HEADS] and choice.classes is not None:
        kernel_size = choice.settings[AUXILIARY_KERNEL_SIZE]
        outputs += [
            auxiliary_head(b, prefix, x, choice.classes, kernel_size=kernel_size) for prefix, x in heads.items()
        ]
    return b.graph(*outputs)


def classifier(b: Builder, classes: int | None) -> None:
    """Class scores from the newest map: the mean of each channel, then one linear layer
    (Lin et al. 2014, "Network in Network", section 3.2). Without classes, nothing.
    """
    if classes is not None:
        b.add("avg_pool", GlobalAvgPool2d())
        scores(b, classes)


def scores(b: Builder, classes: int | None) -> None:
    """Class scores from the newest node: `flatten` and `fc`. Without classes, nothing."""
    if classes is not None:
        b.add("flatten", Flatten())
        b.add("fc", Linear(classes))


def auxiliary_head(b: Builder, prefix: str, x: str, classes: int, *, kernel_size: int = 5) -> str:
    """Class scores out of the middle of a network, to feed gradient into it while it trains
    (Szegedy et al. 2015, section 5): a 5x5 average pool of stride 3, a 1x1 convolution of 128, and two
    linear layers with 70 % dropout between.

    Args:
        b: the builder to add to.
        prefix: dotted name in front of every node.
        x: the map that it reads.
        classes: number of scores.
        kernel_size: of the pool, for maps smaller than 5x5.

    Returns:
        The name of the node that makes the scores.
    """
    b.add(f"{prefix}.pool", AvgPool2d(pair(kernel_size), stride=pair(3)), x)
    conv_relu(b, f"{prefix}.conv", Conv2d(128, pair(1)), b.last)
    b.add(f"{prefix}.flatten", Flatten())
    b.add(f"{prefix}.fc1", Linear(1024))
    b.add(f"{prefix}.fc1_relu", ReLU())
    b.add(f"{prefix}.dropout", Dropout(0.7))
    return b.add(f"{prefix}.fc2", Linear(classes))
