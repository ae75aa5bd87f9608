"""The Inception module with its four branches, as GoogLeNet introduced it
(Szegedy et al. 2015, "Going Deeper with Convolutions", figure 2b).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from explorer.common import limits
from explorer.graph.graph import Builder
from explorer.graph.ops import Concat, Conv2d, MaxPool2d, Padding, pair
from explorer.zoo.architecture import Setting
from explorer.zoo.units import Unit, conv_relu


class Widths(NamedTuple):
    """Output channels of the six convolutions of a module, in the order of the paper's table 1."""

    width_1x1: int
    reduce_3x3: int
    width_3x3: int
    reduce_5x5: int
    width_5x5: int
    width_pool: int


_SETTINGS = {
    "width_1x1": ("branch1x1.conv", "channels of the 1x1 branch"),
    "reduce_3x3": ("branch3x3.reduce", "channels of the 1x1 reduction before the 3x3"),
    "width_3x3": ("branch3x3.conv", "channels of the 3x3 branch"),
    "reduce_5x5": ("branch5x5.reduce", "channels of the 1x1 reduction before the 5x5"),
    "width_5x5": ("branch5x5.conv", "channels of the 5x5 branch"),
    "width_pool": ("branch_pool.conv", "channels of the 1x1 projection behind the pool"),
}
"""The layer of each setting, and what it is."""


def width_settings(defaults: Widths, module: str = "") -> dict[str, Setting]:
    """The six settings of a module, under `module.width_1x1` and so on."""
    prefix = f"{module}." if module else ""
    return {
        f"{prefix}{field}": Setting(default, 1, limits.MAX_WIDTH, help, f"{prefix}{layer}.out_channels")
        for (field, default), (layer, help) in zip(defaults._asdict().items(), _SETTINGS.values(), strict=True)
    }


def chosen_widths(settings: Mapping[str, int], module: str = "") -> Widths:
    """The six widths of a module out of all settings."""
    prefix = f"{module}." if module else ""
    return Widths(*(settings[f"{prefix}{field}"] for field in Widths._fields))


def inception_module(
    b: Builder,
    x: str,
    widths: Widths,
    *,
    prefix: str = "",
    unit: Unit = conv_relu,
    stride: int = 1,
    padding: Callable[[int], Padding] = lambda kernel: pair(kernel // 2),
) -> str:
    """Adds a module: 1x1; 1x1 then 3x3; 1x1 then 5x5; 3x3 max pool then 1x1; joined by concat.

    `(in_channels, H, W)` becomes `(width_1x1 + width_3x3 + width_5x5 + width_pool, H/stride,
    W/stride)`. Every 1x1 convolution carries the stride, as source 000 has it.

    Args:
        b: the builder to add to.
        x: the node that feeds all branches.
        widths: output channels of the six convolutions.
        prefix: dotted name in front of every node of the module.
        unit: what surrounds each convolution.
        stride: of the module.
        padding: the padding of a window of the given size.
    """
    dot = f"{prefix}." if prefix else ""

    def conv(branch: str, name: str, width: int, kernel: int, x: str) -> str:
        op = Conv2d(width, pair(kernel), pair(stride if kernel == 1 else 1), padding(kernel))
        return unit(b, f"{dot}{branch}.{name}", op, x)

    one = conv("branch1x1", "conv", widths.width_1x1, 1, x)
    three = conv("branch3x3", "reduce", widths.reduce_3x3, 1, x)
    three = conv("branch3x3", "conv", widths.width_3x3, 3, three)
    five = conv("branch5x5", "reduce", widths.reduce_5x5, 1, x)
    five = conv("branch5x5", "conv", widths.width_5x5, 5, five)
    pool = b.add(f"{dot}branch_pool.pool", MaxPool2d(pair(3), padding=padding(3)), x)
    pool = conv("branch_pool", "conv", widths.width_pool, 1, pool)
    return b.add(f"{dot}concat", Concat(), one, three, five, pool)
