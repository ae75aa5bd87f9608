"""Inception v4 (Szegedy et al. 2017, "Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning", figures 3-9).
"""

from __future__ import annotations

from string import ascii_lowercase

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import AvgPool2d, Dropout, GlobalAvgPool2d, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.branches import HALVE, Branches, Stem, joined, same, stem, valid
from explorer.zoo.heads import scores

AVERAGE = AvgPool2d(pair(3), padding="same")

_STEM: Stem = {
    "conv2d_1a_3x3": {"conv": valid(32, 3, 3, stride=2)},
    "conv2d_2a_3x3": {"conv": valid(32, 3, 3)},
    "conv2d_2b_3x3": {"conv": same(64, 3, 3)},
}
_STEM_MODULES: dict[str, Branches] = {  # figure 3
    "mixed_3a": {
        "branch_pool": {"pool": HALVE},
        "branch3x3": {"conv": valid(96, 3, 3, stride=2)},
    },
    "mixed_4a": {
        "branch3x3": {"reduce": same(64, 1, 1), "conv": valid(96, 3, 3)},
        "branch7x7x3": {
            "reduce": same(64, 1, 1),
            "conv_1x7": same(64, 1, 7),
            "conv_7x1": same(64, 7, 1),
            "conv": valid(96, 3, 3),
        },
    },
    "mixed_5a": {
        "branch3x3": {"conv": valid(192, 3, 3, stride=2)},
        "branch_pool": {"pool": HALVE},
    },
}
_INCEPTION_A: Branches = {  # figure 4
    "branch1x1": {"conv": same(96, 1, 1)},
    "branch3x3": {"reduce": same(64, 1, 1), "conv": same(96, 3, 3)},
    "branch3x3dbl": {"reduce": same(64, 1, 1), "conv_1": same(96, 3, 3), "conv_2": same(96, 3, 3)},
    "branch_pool": {"pool": AVERAGE, "conv": same(96, 1, 1)},
}
_REDUCTION_A: Branches = {  # figure 7
    "branch3x3": {"conv": valid(384, 3, 3, stride=2)},
    "branch3x3dbl": {"reduce": same(192, 1, 1), "conv_1": same(224, 3, 3), "conv_2": valid(256, 3, 3, stride=2)},
    "branch_pool": {"pool": HALVE},
}
_INCEPTION_B: Branches = {  # figure 5
    "branch1x1": {"conv": same(384, 1, 1)},
    "branch7x7": {"reduce": same(192, 1, 1), "conv_1x7": same(224, 1, 7), "conv_7x1": same(256, 7, 1)},
    "branch7x7dbl": {
        "reduce": same(192, 1, 1),
        "conv_7x1_1": same(192, 7, 1),
        "conv_1x7_1": same(224, 1, 7),
        "conv_7x1_2": same(224, 7, 1),
        "conv_1x7_2": same(256, 1, 7),
    },
    "branch_pool": {"pool": AVERAGE, "conv": same(128, 1, 1)},
}
_REDUCTION_B: Branches = {  # figure 8
    "branch3x3": {"reduce": same(192, 1, 1), "conv": valid(192, 3, 3, stride=2)},
    "branch7x7x3": {
        "reduce": same(256, 1, 1),
        "conv_1x7": same(256, 1, 7),
        "conv_7x1": same(320, 7, 1),
        "conv": valid(320, 3, 3, stride=2),
    },
    "branch_pool": {"pool": HALVE},
}
_FORK = {"conv_1x3": same(256, 1, 3), "conv_3x1": same(256, 3, 1)}
_INCEPTION_C: Branches = {  # figure 6
    "branch1x1": {"conv": same(256, 1, 1)},
    "branch3x3": {"reduce": same(384, 1, 1), "concat": _FORK},
    "branch3x3dbl": {
        "reduce": same(384, 1, 1),
        "conv_3x1_1": same(448, 3, 1),
        "conv_1x3_1": same(512, 1, 3),
        "concat": _FORK,
    },
    "branch_pool": {"pool": AVERAGE, "conv": same(256, 1, 1)},
}


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    x = stem(b, _STEM)
    for module, branches in (_STEM_MODULES | _body(choice)).items():
        x = joined(b, x, branches, module)
    b.add("avg_pool", GlobalAvgPool2d())
    b.add("dropout", Dropout(0.2))
    scores(b, choice.classes)
    return b.graph()


def _body(choice: BuildConfig) -> dict[str, Branches]:
    """Figure 9: modules of one kind, and behind them the reduction to the next."""
    return {
        **_repeated("mixed_5", _INCEPTION_A, choice.settings["inception_a_modules"]),
        "mixed_6a": _REDUCTION_A,
        **_repeated("mixed_6", _INCEPTION_B, choice.settings["inception_b_modules"]),
        "mixed_7a": _REDUCTION_B,
        **_repeated("mixed_7", _INCEPTION_C, choice.settings["inception_c_modules"]),
    }


def _repeated(stage: str, branches: Branches, times: int) -> dict[str, Branches]:
    """The same module under the letters from b on."""
    return {f"{stage}{letter}": branches for letter in ascii_lowercase[1 : times + 1]}


INCEPTION_V4 = Architecture(
    id="inception_v4",
    title="Inception v4",
    family="Inception",
    year=2016,
    introduced="A stem with branches, and uniform modules.",
    source="Szegedy et al. 2017, figures 3-9; equal to timm's inception_v4, in which average pools leave their "
    "padding out, as in TensorFlow. The dropout of 0.2 is the paper's; timm has none unless asked.",
    summary="A uniform Inception: a stem that branches already, then four, seven and three modules of one kind "
    "each, with a reduction between. No shortcuts: it asks whether Inception needs them.",
    input_shape=(3, 299, 299),
    classes=1000,
    settings={
        "inception_a_modules": Setting(4, 1, 16, "modules on the largest map, of 3x3 windows"),
        "inception_b_modules": Setting(7, 1, 16, "modules on the middle map, of 1x7 and 7x1 windows"),
        "inception_c_modules": Setting(3, 1, 16, "modules on the smallest map, of 1x3 and 3x1 windows side by side"),
    },
    build=_build,
)
