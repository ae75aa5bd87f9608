"""Inception v3 (Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision",
table 1 and figures 5-7, 10) as torchvision publishes it.
"""

from __future__ import annotations

from explorer.common.limits import MAX_WIDTH
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import AvgPool2d, Dropout, Flatten, GlobalAvgPool2d, Linear, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.branches import HALVE, Branches, Stem, chain, joined, same, stem, valid
from explorer.zoo.heads import AUXILIARY_HEADS, auxiliary_setting, scores

STEM: Stem = {
    "conv2d_1a_3x3": {"conv": valid(32, 3, 3, stride=2)},
    "conv2d_2a_3x3": {"conv": valid(32, 3, 3)},
    "conv2d_2b_3x3": {"conv": same(64, 3, 3)},
    "maxpool_3a_3x3": HALVE,
    "conv2d_3b_1x1": {"conv": valid(80, 1, 1)},
    "conv2d_4a_3x3": {"conv": valid(192, 3, 3)},
    "maxpool_5a_3x3": HALVE,
}
_AVERAGE = AvgPool2d(pair(3), padding=pair(1))


def _mixed_5(width_pool: int) -> Branches:
    """Figure 5, except that the 5x5 stays one."""
    return {
        "branch1x1": {"conv": same(64, 1, 1)},
        "branch5x5": {"reduce": same(48, 1, 1), "conv": same(64, 5, 5)},
        "branch3x3dbl": {"reduce": same(64, 1, 1), "conv_1": same(96, 3, 3), "conv_2": same(96, 3, 3)},
        "branch_pool": {"pool": _AVERAGE, "conv": same(width_pool, 1, 1)},
    }


_MIXED_6A: Branches = {  # figure 10
    "branch3x3": {"conv": valid(384, 3, 3, stride=2)},
    "branch3x3dbl": {"reduce": same(64, 1, 1), "conv_1": same(96, 3, 3), "conv_2": valid(96, 3, 3, stride=2)},
    "branch_pool": {"pool": HALVE},
}


def _mixed_6(width_7x7: int) -> Branches:
    """Figure 6: each 7x7 as a row and a column."""
    return {
        "branch1x1": {"conv": same(192, 1, 1)},
        "branch7x7": {
            "reduce": same(width_7x7, 1, 1),
            "conv_1x7": same(width_7x7, 1, 7),
            "conv_7x1": same(192, 7, 1),
        },
        "branch7x7dbl": {
            "reduce": same(width_7x7, 1, 1),
            "conv_7x1_1": same(width_7x7, 7, 1),
            "conv_1x7_1": same(width_7x7, 1, 7),
            "conv_7x1_2": same(width_7x7, 7, 1),
            "conv_1x7_2": same(192, 1, 7),
        },
        "branch_pool": {"pool": _AVERAGE, "conv": same(192, 1, 1)},
    }


_MIXED_7A: Branches = {
    "branch3x3": {"reduce": same(192, 1, 1), "conv": valid(320, 3, 3, stride=2)},
    "branch7x7x3": {
        "reduce": same(192, 1, 1),
        "conv_1x7": same(192, 1, 7),
        "conv_7x1": same(192, 7, 1),
        "conv": valid(192, 3, 3, stride=2),
    },
    "branch_pool": {"pool": HALVE},
}
_FORK = {"conv_1x3": same(384, 1, 3), "conv_3x1": same(384, 3, 1)}
_MIXED_7: Branches = {  # figure 7
    "branch1x1": {"conv": same(320, 1, 1)},
    "branch3x3": {"reduce": same(384, 1, 1), "concat": _FORK},
    "branch3x3dbl": {"reduce": same(448, 1, 1), "conv": same(384, 3, 3), "concat": _FORK},
    "branch_pool": {"pool": _AVERAGE, "conv": same(192, 1, 1)},
}
_WIDTHS_POOL = {"mixed_5b": 32, "mixed_5c": 64, "mixed_5d": 64}
_WIDTHS_7X7 = {"mixed_6b": 128, "mixed_6c": 160, "mixed_6d": 160, "mixed_6e": 192}


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    x = stem(b, STEM)
    for module in _WIDTHS_POOL:
        x = joined(b, x, _mixed_5(choice.settings[f"{module}.width_pool"]), module)
    x = joined(b, x, _MIXED_6A, "mixed_6a")
    for module in _WIDTHS_7X7:
        x = joined(b, x, _mixed_6(choice.settings[f"{module}.width_7x7"]), module)
    heads = [_auxiliary(b, x, choice.classes)] if choice.settings[AUXILIARY_HEADS] and choice.classes else []
    for module, branches in (("mixed_7a", _MIXED_7A), ("mixed_7b", _MIXED_7), ("mixed_7c", _MIXED_7)):
        x = joined(b, x, branches, module)
    b.add("avg_pool", GlobalAvgPool2d())
    b.add("dropout", Dropout(0.5))
    scores(b, choice.classes)
    return b.graph(b.last, *heads)


def _auxiliary(b: Builder, x: str, classes: int) -> str:
    """The head beside `mixed_6e` (section 4), as torchvision has it; returns its scores."""
    b.add("auxiliary_6e.pool", AvgPool2d(pair(5), stride=pair(3)), x)
    chain(b, b.last, {"conv_1": valid(128, 1, 1), "conv_2": valid(768, 5, 5)}, "auxiliary_6e")
    b.add("auxiliary_6e.avg_pool", GlobalAvgPool2d())
    b.add("auxiliary_6e.flatten", Flatten())
    return b.add("auxiliary_6e.fc", Linear(classes))


INCEPTION_V3 = Architecture(
    id="inception_v3",
    title="Inception v3",
    family="Inception",
    year=2015,
    introduced="Factorised windows: 7x7 as 1x7 and 7x1.",
    source="Szegedy et al. 2016, table 1 and figures 5-7 and 10; equal to torchvision's inception_v3, whose "
    "auxiliary head is a setting here (27,161,264 parameters with it, as torchvision counts). Average pools count "
    "their padding as torchvision's do; Keras leaves it out, and its BN has no scale.",
    summary="Large windows are factorised: 7x7 into 1x7 and 7x1, 3x3 into two that stand side by side. Maps "
    "shrink by modules in which convolutions and a pool of stride 2 work in parallel.",
    input_shape=(3, 299, 299),
    classes=1000,
    settings={
        **auxiliary_setting(0),
        **{
            f"{module}.width_pool": Setting(
                width,
                1,
                MAX_WIDTH,
                "channels of the 1x1 projection behind the pool",
                f"{module}.branch_pool.conv.out_channels",
            )
            for module, width in _WIDTHS_POOL.items()
        },
        **{
            f"{module}.width_7x7": Setting(width, 1, MAX_WIDTH, "channels inside the branches of 1x7 and 7x1")
            for module, width in _WIDTHS_7X7.items()
        },
    },
    build=_build,
)
