"""Pooling: maximum and average over windows, average over the whole map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import (
    Family,
    Layer,
    Op,
    Pair,
    Record,
    Shape,
    Window,
    options,
    require_map,
    require_positive,
    squeeze,
)
from explorer.graph.ops.window import Padding, check_padding, describe, resolve


@dataclass(frozen=True)
class _Pool2d(Op):
    """What both windowed pools share, `(C, H, W)` to `(C, H', W')`. Padding never counts: it is
    minus infinity for the maximum, and under "same" it is left out of the average.
    """

    family: ClassVar[Family] = "pool"

    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)

    def __post_init__(self) -> None:
        require_positive(kernel_size=self.kernel_size, stride=self.stride)
        check_padding(self.padding)
        if self.padding != "same" and any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ExplorerError(f"padding is {self.padding}: a pool allows at most half its window {self.kernel_size}")

    def window(self, shape: Shape) -> Window:
        return resolve(shape, self.kernel_size, self.stride, self.padding, (1, 1))

    def out_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return shape[0], *self.window(shape).out_size

    def record(self, *inputs: Shape) -> Record:
        (shape,) = inputs
        window = self.window(shape)
        axes = [
            _axis(before, after, stride)
            for before, after, stride in zip(window.before, window.after, window.stride, strict=True)
        ]
        padding, crop = (axes[0][0], axes[1][0]), (axes[0][1], axes[1][1])
        kind = type(self).__name__
        pool = Layer(
            kind,
            (),
            (
                ("kernel_size", squeeze(self.kernel_size)),
                # torch's default stride is the window, not 1, so it is always written.
                ("stride", squeeze(self.stride)),
                *options(kind, padding=padding, ceil_mode=any(a[2] for a in axes), **self._average_options()),
            ),
        )
        return (pool,) if crop == (0, 0) else (pool, Layer("ZeroPad2d", ((-crop[1], 0, -crop[0], 0),)))

    def _average_options(self) -> dict[str, bool]:
        return {}

    def describe(self) -> str:
        name = type(self).__name__.removesuffix("Pool2d")
        return f"{name} pool {describe(self.kernel_size, self.stride)}"


def _axis(before: int, after: int, stride: int) -> tuple[int, int, bool]:
    """Padding, crop and ceil mode that make torch's symmetric pool pad `before` and `after`.

    TF "same" may ask for one pixel more after than before. With a stride above 1, rounding the
    output size up lets the last window overhang by just that pixel. With stride 1 the larger
    padding on both sides gives one output too many, the first, which a crop takes away.
    """
    if before == after:
        return before, 0, False
    return (before, 0, True) if stride > 1 else (after, 1, False)


@dataclass(frozen=True)
class MaxPool2d(_Pool2d):
    """The largest value under each window."""


@dataclass(frozen=True)
class AvgPool2d(_Pool2d):
    """The mean under each window. Explicit padding counts as zeros, as in torch; padding of "same"
    is left out of the mean, as in TensorFlow.
    """

    def _average_options(self) -> dict[str, bool]:
        return {"count_include_pad": self.padding != "same"}


@dataclass(frozen=True)
class _GlobalPool2d(Op):
    family: ClassVar[Family] = "pool"
    whole_image: ClassVar[bool] = True

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return inputs[0][0], 1, 1


@dataclass(frozen=True)
class GlobalAvgPool2d(_GlobalPool2d):
    """The mean of each channel over the whole map, `(C, H, W)` to `(C, 1, 1)`
    (Lin et al. 2014, "Network in Network", section 3.2).
    """

    def record(self, *inputs: Shape) -> Record:
        return (Layer("AdaptiveAvgPool2d", (1,)),)

    def describe(self) -> str:
        return "Global average pool"


@dataclass(frozen=True)
class GlobalMaxPool2d(_GlobalPool2d):
    """The largest value of each channel over the whole map, `(C, H, W)` to `(C, 1, 1)`
    (Woo et al. 2018, "CBAM", section 3.1).
    """

    def record(self, *inputs: Shape) -> Record:
        return (Layer("AdaptiveMaxPool2d", (1,)),)

    def describe(self) -> str:
        return "Global max pool"
