"""Convolutions: full, grouped, dilated, rectangular, depthwise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeGuard

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Family, Layer, Op, Pair, Record, Shape, Window, options, require_positive, squeeze
from explorer.graph.ops.window import Padding, check_padding, describe, resolve


@dataclass(frozen=True)
class Conv2d(Op):
    """A 2-D convolution, `(in_channels, H, W)` to `(out_channels, H', W')`.

    `in_channels` is not stored: it is whatever the input has, so a width changed upstream follows
    through by itself.

    Args:
        out_channels: number of filters.
        kernel_size, stride, dilation: `(height, width)` pairs.
        padding: a pair as in torch, or "same" as in TensorFlow.
        groups: channels are split into this many independent convolutions; it must divide both
            channel counts (Krizhevsky et al. 2012, section 3.5; Xie et al. 2017).
        bias: one trainable value per filter.
    """

    family: ClassVar[Family] = "convolution"

    out_channels: int
    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True

    def __post_init__(self) -> None:
        require_positive(
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )
        check_padding(self.padding)

    def window(self, shape: Shape) -> Window:
        return resolve(shape, self.kernel_size, self.stride, self.padding, self.dilation)

    def out_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        height, width = self.window(shape).out_size
        if self.groups > 1 and (shape[0] % self.groups or self.out_channels % self.groups):
            raise ExplorerError(
                f"{self.groups} groups must divide both the {shape[0]} input channels "
                f"and the {self.out_channels} output channels"
            )
        return self.out_channels, height, width

    def params(self, *inputs: Shape) -> int:
        height, width = self.kernel_size
        return (height * width * (inputs[0][0] // self.groups) + self.bias) * self.out_channels

    def macs(self, out_shape: Shape, *inputs: Shape) -> int:
        (height, width), (channels, rows, columns) = self.kernel_size, out_shape
        return height * width * (inputs[0][0] // self.groups) * channels * rows * columns

    def record(self, *inputs: Shape) -> Record:
        (shape,) = inputs
        window = self.window(shape)
        symmetric = window.before == window.after
        layer = Layer(
            "Conv2d",
            (shape[0], self.out_channels),
            (
                ("kernel_size", squeeze(self.kernel_size)),
                *options(
                    "Conv2d",
                    stride=self.stride,
                    padding=window.before if symmetric else 0,
                    dilation=self.dilation,
                    groups=self.groups,
                    bias=self.bias,
                ),
            ),
        )
        if symmetric:
            return (layer,)
        # nn.Conv2d pads both sides alike, and its own "same" refuses strides.
        (top, left), (bottom, right) = window.before, window.after
        return Layer("ZeroPad2d", ((left, right, top, bottom),)), layer

    def describe(self) -> str:
        grouped = f", {self.groups} groups" if self.groups > 1 else ""
        return f"Conv {describe(self.kernel_size, self.stride, self.dilation)}, {self.out_channels}{grouped}"


@dataclass(frozen=True)
class DepthwiseConv2d(Op):
    """One small convolution per channel, `(C, H, W)` to `(C * depth_multiplier, H', W')`: the
    spatial half of a separable convolution (Chollet 2017, "Xception", section 1.2).

    It is `Conv2d` with as many groups as the input has channels; the number follows the input.
    """

    family: ClassVar[Family] = "depthwise"

    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    depth_multiplier: int = 1
    bias: bool = True

    @lru_cache(maxsize=4096)  # noqa: B019, for these values are small and few
    def on(self, in_channels: int) -> Conv2d:
        """The grouped convolution that this is on an input of so many channels."""
        return Conv2d(
            in_channels if self.depth_multiplier == 1 else in_channels * self.depth_multiplier,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            groups=in_channels,
            bias=self.bias,
        )

    def __post_init__(self) -> None:
        require_positive(depth_multiplier=self.depth_multiplier)
        self.on(1)

    def window(self, shape: Shape) -> Window:
        return resolve(shape, self.kernel_size, self.stride, self.padding, self.dilation)

    def out_shape(self, *inputs: Shape) -> Shape:
        return self.on(inputs[0][0]).out_shape(*inputs)

    def params(self, *inputs: Shape) -> int:
        return self.on(inputs[0][0]).params(*inputs)

    def macs(self, out_shape: Shape, *inputs: Shape) -> int:
        return self.on(inputs[0][0]).macs(out_shape, *inputs)

    def record(self, *inputs: Shape) -> Record:
        return self.on(inputs[0][0]).record(*inputs)

    def describe(self) -> str:
        times = f", x{self.depth_multiplier}" if self.depth_multiplier > 1 else ""
        return f"Depthwise {describe(self.kernel_size, self.stride, self.dilation)}{times}"


def is_pointwise(op: Op) -> TypeGuard[Conv2d]:
    """Whether the op is a 1x1 convolution over all channels."""
    return isinstance(op, Conv2d) and op.kernel_size == (1, 1) and op.groups == 1


def is_spatial(op: Op) -> TypeGuard[Conv2d]:
    """Whether the op is a full convolution with a window larger than 1x1."""
    return isinstance(op, Conv2d) and op.kernel_size != (1, 1)
