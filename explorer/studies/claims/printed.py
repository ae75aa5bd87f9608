"""Tables as the sources print them, to be held against a trace."""

from __future__ import annotations

from typing import NamedTuple

from explorer.graph.ops import DepthwiseConv2d, Flatten, Shape
from explorer.graph.trace import NodeTrace, Trace

GOOGLENET: dict[str, Shape] = {
    "conv1.conv": (64, 112, 112),
    "conv1.pool": (64, 56, 56),
    "conv2.reduce": (64, 56, 56),
    "conv2.conv": (192, 56, 56),
    "conv2.pool": (192, 28, 28),
    "inception_3a.branch1x1.conv_relu": (64, 28, 28),
    "inception_3a.branch3x3.conv_relu": (128, 28, 28),
    "inception_3a.branch5x5.conv_relu": (32, 28, 28),
    "inception_3a.branch_pool.conv_relu": (32, 28, 28),
    "inception_3a.concat": (256, 28, 28),
    "fc": (10,),
}
"""The shapes that source 001 prints, by our name of the node."""


class PrintedRow(NamedTuple):
    """A line of a Keras summary: the shape without batch, channels first here, and `Param #`, which
    counts running statistics as well.
    """

    shape: Shape
    values: int


def _maps(side: int, *lines: tuple[int, int]) -> tuple[PrintedRow, ...]:
    """Lines of square maps, given as (channels, values)."""
    return tuple(PrintedRow((channels, side, side), values) for channels, values in lines)


_SEPARABLE = 536_536
_MIDDLE = (*((728, 0), (728, _SEPARABLE)) * 3, (728, 0))

XCEPTION = (
    *_maps(299, (3, 0)),
    *_maps(150, (32, 864), (32, 128), (32, 0), (64, 18_432), (64, 256), (64, 0)),
    *_maps(150, (128, 8_768), (128, 512), (128, 0), (128, 17_536)),
    *_maps(75, (128, 0), (128, 0), (256, 33_920), (256, 0)),
    *_maps(38, (256, 33_024)),
    *_maps(75, (256, 67_840)),
    *_maps(38, (256, 1_024), (256, 0), (256, 0), (256, 0), (728, 188_672), (728, 0)),
    *_maps(19, (728, 187_096)),
    *_maps(38, (728, _SEPARABLE)),
    *_maps(19, (728, 2_912), (728, 0), (728, 0), *_MIDDLE * 8, (728, 0), (728, _SEPARABLE), (728, 0)),
    *_maps(10, (1024, 745_472)),
    *_maps(19, (1024, 752_024)),
    *_maps(10, (1024, 4_096), (1024, 0), (1024, 0)),
    *_maps(10, (1536, 1_582_080), (1536, 6_144), (1536, 0), (2048, 3_159_552), (2048, 8_192), (2048, 0)),
    PrintedRow((2048,), 0),
    PrintedRow((1000,), 2_049_000),
)
"""The summary that source 004 prints, line by line."""


def keras_lines(trace: Trace) -> tuple[PrintedRow, ...]:
    """A trace as Keras would print it: a separable convolution is one line, and global pooling makes
    a vector by itself.
    """
    lines: list[PrintedRow] = []
    depthwise = 0
    for row in trace.rows:
        if isinstance(row.op, DepthwiseConv2d):
            depthwise = row.params
        elif not isinstance(row.op, Flatten):
            lines.append(PrintedRow(_vector(row), depthwise + row.params + row.statistics))
            depthwise = 0
    return tuple(lines)


def _vector(row: NodeTrace) -> Shape:
    return row.out_shape[:1] if row.op.whole_image else row.out_shape
