"""Sliding windows: padding as torch and as TensorFlow count it, and the output size that follows.

Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), sections 2 and 5.1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from explorer.common.errors import ExplorerError
from explorer.graph.ops.base import Pair, Shape, Window, require_map, text

Padding = Pair | Literal["same"]
"""Either torch's symmetric padding, or TensorFlow's "same": `ceil(size / stride)` outputs, the odd
pixel of padding going below and to the right."""


# A network has few distinct windows and many nodes, and each node asks more than once.
@lru_cache(maxsize=4096)
def resolve(shape: Shape, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Window:
    """The window on a map of this shape, with "same" turned into pixels.

    Raises:
        ExplorerError: the input is not a map, or the window, spread by its dilation, does not fit
            in the padded map.
    """
    require_map(shape)
    size = shape[1:]
    if padding == "same":
        axes = zip(size, kernel_size, stride, dilation, strict=True)
        (top, bottom), (left, right) = (_same(*axis) for axis in axes)
    else:
        (top, left) = (bottom, right) = padding
    height = size[0] + top + bottom - (kernel_size[0] - 1) * dilation[0] - 1
    width = size[1] + left + right - (kernel_size[1] - 1) * dilation[1] - 1
    if height < 0 or width < 0:
        spread = "" if dilation == (1, 1) else f" with dilation {text(dilation)}"
        padded = f"with padding {text((top, left))}" if top or left else "without padding"
        raise ExplorerError(f"a {text(kernel_size)} window{spread} {padded} does not fit in {size[0]}x{size[1]}")
    out_size = (height // stride[0] + 1, width // stride[1] + 1)
    return Window(
        kernel_size=kernel_size,
        stride=stride,
        before=(top, left),
        after=(bottom, right),
        dilation=dilation,
        out_size=out_size,
    )


def _same(size: int, kernel: int, stride: int, dilation: int) -> Pair:
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def describe(kernel_size: Pair, stride: Pair, dilation: Pair = (1, 1)) -> str:
    """A window in a few characters: `3x3 /2`, `3x3 d2`."""
    words = [text(kernel_size)]
    if stride != (1, 1):
        words.append(f"/{stride[0]}" if stride[0] == stride[1] else f"/{text(stride)}")
    if dilation != (1, 1):
        words.append(f"d{dilation[0]}" if dilation[0] == dilation[1] else f"d{text(dilation)}")
    return " ".join(words)


def check_padding(padding: Padding) -> None:
    """Raises ExplorerError unless the padding is "same" or a pair of numbers from 0 up."""
    if padding != "same" and (isinstance(padding, str) or min(padding) < 0):
        raise ExplorerError(f"padding is {padding}: it must be 'same' or a pair of numbers from 0 up")
