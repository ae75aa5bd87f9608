"""A chain of equal convolutions in one dimension, to play with: its network, and its field term by term."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, Pair
from explorer.graph.trace import NodeTrace, trace

MOST_KERNEL, MOST_STRIDE, MOST_DILATION, MOST_DEPTH = 7, 3, 4, 6


_TERMS = 2
"""Of the formula in one line, which a telephone has room for."""


class Chain(NamedTuple):
    """Layers that follow each other without padding.

    Args:
        kernel: weights of each layer.
        stride: of each layer.
        dilation: of the first layer.
        depth: number of layers.
        doubling: whether each layer's dilation is twice that of the one before (Yu and Koltun 2016).
    """

    kernel: int
    stride: int
    dilation: int
    depth: int
    doubling: bool = False

    @property
    def weights(self) -> int:
        """Of all layers along one axis."""
        return self.kernel * self.depth

    @property
    def dilations(self) -> tuple[int, ...]:
        """Of each layer."""
        return tuple(self.dilation * 2**index if self.doubling else self.dilation for index in range(self.depth))


class Term(NamedTuple):
    """What one layer adds to the field: (kernel - 1) x dilation x jump of its input, in input pixels."""

    kernel: int
    dilation: int
    jump: int
    field: int
    """What an element of this layer sees."""


def graph(chain: Chain, width: int) -> Graph:
    """The chain on a row of so many pixels."""
    builder = Builder((1, 1, width))
    for number, dilation in enumerate(chain.dilations, start=1):
        op = Conv2d(
            out_channels=1,
            kernel_size=(1, chain.kernel),
            stride=(1, chain.stride),
            padding=(0, 0),
            dilation=(1, dilation),
            groups=1,
            bias=False,
        )
        builder.add(f"layer{number}", op)
    return builder.graph()


@lru_cache(maxsize=64)
def rows(chain: Chain, outputs: int = 1) -> tuple[NodeTrace, ...]:
    """The traced chain on the shortest row of pixels that gives so many outputs, the image first."""
    # On a row that is surely long enough, the trace itself tells how much of it is seen.
    roomy = trace(graph(chain, 1 + prod((chain.stride,) * chain.depth) * sum(chain.dilations) * chain.kernel)).rows
    field, jump = seen(roomy[-1]), _jump(roomy[-1])
    return trace(graph(chain, field + (outputs - 1) * jump)).rows


def terms(chain: Chain) -> tuple[Term, ...]:
    """What each layer adds."""
    traced = rows(chain)
    return tuple(
        Term(chain.kernel, dilation, _jump(before), seen(row))
        for dilation, before, row in zip(chain.dilations, traced, traced[1:], strict=False)
    )


def formula(chain: Chain) -> str:
    """The field as a sum over the layers, in LaTeX with the numbers in it."""
    added = [rf"({term.kernel}-1) \cdot {term.dilation} \cdot {term.jump}" for term in terms(chain)]
    lines = [" + ".join(added[start : start + _TERMS]) for start in range(0, len(added), _TERMS)]
    numbers = r" \\ & \quad + ".join(lines)
    return (
        rf"\begin{{aligned}} & 1 + \sum_l (k-1)\, d_l\, j_l \\ & = 1 + {numbers} \\ & = {_field(chain)} \end{{aligned}}"
    )


def _field(chain: Chain) -> int:
    return seen(rows(chain)[-1])


def seen(row: NodeTrace) -> int:
    """Pixels of the row that an element sees."""
    field = row.local_field
    assert field is not None
    return field[1]


def cone(traced: tuple[NodeTrace, ...], index: int) -> tuple[frozenset[int], ...]:
    """The elements of each row, the image first, that one element of the last is made from."""
    reached = [frozenset({index})]
    for row in reversed(traced[1:]):
        reached.append(frozenset(source for element in reached[-1] for source in taps(row, element)))
    return tuple(reversed(reached))


def taps(row: NodeTrace, index: int) -> tuple[int, ...]:
    """The elements of its input that an element of a layer reads."""
    window = row.op.window(row.in_shapes[0])
    assert window is not None
    return tuple(index * window.stride[1] + tap * window.dilation[1] for tap in range(window.kernel_size[1]))


def middle(row: NodeTrace, index: int) -> float:
    """The middle of what an element sees, in input pixels."""
    assert row.field is not None
    ((first, last, jump),) = row.field[1]
    return (first + last) / 2 + index * jump


def _jump(row: NodeTrace) -> int:
    jump: Pair | None = row.jump
    assert jump is not None
    return jump[1]
