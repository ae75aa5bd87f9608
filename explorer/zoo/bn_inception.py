"""BN-Inception (Inception v2) as source 003 writes it in TensorFlow: "same" padding, batch
normalisation with epsilon 0.001 behind every convolution, which keeps its bias.

Built as the widths of its table say: 608 channels behind 4c and 4d and 1056 behind 4e, where the
table of Ioffe and Szegedy 2015 (figure 5) prints 576 and 1024. In a module of stride 2 the last 3x3 of
each branch and the pool carry the stride; it has no 1x1 branch, and its pool no projection. The
softmax of the source belongs to the loss here, and its 1x1 convolutions on a 1x1 map are linear
layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from explorer.common import limits
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import (
    AvgPool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    GlobalAvgPool2d,
    MaxPool2d,
    Padding,
    pair,
)
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.heads import ON_4A_AND_4D, auxiliary_settings, scores, with_auxiliary_heads
from explorer.zoo.units import conv_bn_relu

_UNIT = partial(conv_bn_relu, eps=1e-3)
_SAME: Padding = "same"


class _Module(NamedTuple):
    """The stride of a module, the kind of its pool, and the output channels of its convolutions; 0 for
    one that it does not have.
    """

    stride: int
    pool: type[AvgPool2d] | type[MaxPool2d]
    width_1x1: int
    reduce_3x3: int
    width_3x3: int
    reduce_double: int
    width_double: int
    width_pool: int


_MODULES = {
    "inception_3a": _Module(1, AvgPool2d, 64, 64, 64, 64, 96, 32),
    "inception_3b": _Module(1, AvgPool2d, 64, 64, 96, 64, 96, 64),
    "inception_3c": _Module(2, MaxPool2d, 0, 128, 160, 64, 96, 0),
    "inception_4a": _Module(1, AvgPool2d, 224, 64, 96, 96, 128, 128),
    "inception_4b": _Module(1, AvgPool2d, 192, 96, 128, 96, 128, 128),
    "inception_4c": _Module(1, AvgPool2d, 160, 128, 160, 128, 160, 128),
    "inception_4d": _Module(1, AvgPool2d, 96, 128, 192, 160, 192, 128),
    "inception_4e": _Module(2, MaxPool2d, 0, 128, 192, 192, 256, 0),
    "inception_5a": _Module(1, AvgPool2d, 352, 192, 320, 160, 224, 128),
    "inception_5b": _Module(1, MaxPool2d, 352, 192, 320, 192, 224, 128),
}
_SETTINGS = {
    "width_1x1": ("branch1x1.conv", "channels of the 1x1 branch"),
    "reduce_3x3": ("branch3x3.reduce", "channels of the 1x1 reduction before the 3x3"),
    "width_3x3": ("branch3x3.conv", "channels of the 3x3 branch"),
    "reduce_double": ("branch3x3_double.reduce", "channels of the 1x1 reduction before the two 3x3"),
    "width_double": ("", "channels of both 3x3 in the branch of two"),
    "width_pool": ("branch_pool.conv", "channels of the 1x1 projection behind the pool"),
}
"""The layer of each setting, where it is one, and what it is."""
_SEPARABLE = "separable_stem"


def _width_settings() -> dict[str, Setting]:
    return {
        f"{name}.{field}": Setting(
            getattr(module, field), 1, limits.MAX_WIDTH, help, f"{name}.{layer}.out_channels" if layer else ""
        )
        for name, module in _MODULES.items()
        for field, (layer, help) in _SETTINGS.items()
        if getattr(module, field)
    }


def _chosen(settings: Mapping[str, int], name: str) -> _Module:
    """The module with the widths that were chosen; those it does not have are no settings."""
    stride, pool, *_ = _MODULES[name]
    return _Module(stride, pool, *(settings.get(f"{name}.{field}", 0) for field in _SETTINGS))


def _module(b: Builder, x: str, prefix: str, module: _Module) -> str:
    """Adds a module: 1x1; 1x1 then 3x3; 1x1 then two 3x3; 3x3 pool then 1x1; joined by concat."""

    def conv(name: str, width: int, kernel: int, x: str, stride: int = 1) -> str:
        return _UNIT(b, f"{prefix}.{name}", Conv2d(width, pair(kernel), pair(stride), _SAME), x)

    branches = [conv("branch1x1.conv", module.width_1x1, 1, x)] if module.width_1x1 else []
    three = conv("branch3x3.reduce", module.reduce_3x3, 1, x)
    branches.append(conv("branch3x3.conv", module.width_3x3, 3, three, module.stride))
    double = conv("branch3x3_double.reduce", module.reduce_double, 1, x)
    double = conv("branch3x3_double.conv_1", module.width_double, 3, double)
    branches.append(conv("branch3x3_double.conv", module.width_double, 3, double, module.stride))
    pool = b.add(f"{prefix}.branch_pool.pool", module.pool(pair(3), pair(module.stride), _SAME), x)
    branches.append(conv("branch_pool.conv", module.width_pool, 1, pool) if module.width_pool else pool)
    return b.add(f"{prefix}.concat", Concat(), *branches)


def _stem(b: Builder, separable: bool) -> str:
    """Adds everything before the first module."""
    halve = MaxPool2d(pair(3), stride=pair(2), padding=_SAME)
    if separable:
        # One filter bank for space and one for channels, with nothing between (the paper's appendix).
        b.add("conv1.conv_depthwise", DepthwiseConv2d(pair(7), pair(2), _SAME, depth_multiplier=8, bias=False))
        _UNIT(b, "conv1.conv", Conv2d(64, pair(1)), b.last)
    else:
        _UNIT(b, "conv1.conv", Conv2d(64, pair(7), pair(2), _SAME), b.last)
    b.add("conv1.pool", halve)
    _UNIT(b, "conv2.reduce", Conv2d(64, pair(1), padding=_SAME), b.last)
    _UNIT(b, "conv2.conv", Conv2d(192, pair(3), padding=_SAME), b.last)
    return b.add("conv2.pool", halve)


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    x = _stem(b, bool(choice.settings[_SEPARABLE]))
    for name in _MODULES:
        x = _module(b, x, name, _chosen(choice.settings, name))
    b.add("avg_pool", GlobalAvgPool2d())
    b.add("dropout", Dropout(0.4))
    scores(b, choice.classes)
    return with_auxiliary_heads(b, choice, ON_4A_AND_4D)


BN_INCEPTION = Architecture(
    id="bn_inception",
    title="BN-Inception",
    family="Inception",
    year=2015,
    introduced="Batch normalisation, and two 3x3 for a 5x5.",
    source="source 003; Ioffe and Szegedy 2015, figure 5, built as its widths say (608 channels after 4c and 4d, "
    "1056 after 4e, where the figure prints 576 and 1024), with the source's convolution biases",
    summary="Inception v2: batch normalisation behind every convolution, two 3x3 in place of each 5x5, and modules "
    "of stride 2 in place of most pools.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings={
        **_width_settings(),
        _SEPARABLE: Setting(
            0, 0, 1, "first convolution: 1 for a depthwise 7x7 with 8 filters a channel and a 1x1, 0 for a full 7x7"
        ),
        **auxiliary_settings(0),
    },
    build=_build,
)
