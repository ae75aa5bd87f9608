"""Xception as source 004 writes it in Keras, node by node in the order of its printed summary.

It differs from the paper: the entry flow's first shortcut (`conv2d_2`, `batch_normalization_2`) is
computed and never added, so that neither network nor summary holds it; most separable convolutions
have no BN behind them; two shortcuts have a bias beside their BN; and the stem is padded, for maps of
150, 75, 38, 19 and 10.
"""

from __future__ import annotations

from collections import Counter

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import (
    Add,
    BatchNorm2d,
    Conv2d,
    DepthwiseConv2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    MaxPool2d,
    Op,
    ReLU,
    pair,
)
from explorer.zoo.architecture import Architecture, BuildConfig

_HALVE = MaxPool2d(pair(3), stride=pair(2), padding="same")
_BN = BatchNorm2d(1e-3)


class _Keras:
    """Adds nodes under the names that Keras gives: numbered by kind, in the order of their making."""

    def __init__(self, b: Builder) -> None:
        self._b = b
        self._made: Counter[str] = Counter()

    def skip(self, *kinds: str) -> None:
        """Counts layers that are made and not connected."""
        self._made.update(kinds)

    def add(self, block: str, kind: str, op: Op, *inputs: str) -> str:
        """One layer, fed by the newest node where no other is named."""
        return self._b.add(self._name(block, kind), op, *inputs)

    def separable(self, block: str, width: int, *inputs: str) -> str:
        """A separable convolution, which is one layer to Keras and two nodes here."""
        name = self._name(block, "separable_conv2d")
        self._b.add(f"{name}_depthwise", DepthwiseConv2d(pair(3), padding="same", bias=False), *inputs)
        return self._b.add(f"{name}_pointwise", Conv2d(width, pair(1), bias=False))

    def _name(self, block: str, kind: str) -> str:
        number = self._made[kind]
        self._made[kind] += 1
        return f"{block}.{kind}_{number}" if number else f"{block}.{kind}"


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    k = _Keras(b)
    for width, stride in ((32, 2), (64, 1)):
        k.add("stem", "conv2d", Conv2d(width, pair(3), stride=pair(stride), padding="same", bias=False))
        k.add("stem", "batch_normalization", _BN)
        k.add("stem", "re_lu", ReLU())
    _entry_1(k)
    _residual(k, b.last, "entry_2", (256, 256), bias=True)
    _residual(k, b.last, "entry_3", (728, 728), bias=True)
    for number in range(1, 9):
        _middle(k, b.last, f"middle_{number}")
    _residual(k, b.last, "exit", (728, 1024), bias=False)
    for width in (1536, 2048):
        k.separable("exit", width)
        k.add("exit", "batch_normalization", _BN)
        k.add("exit", "re_lu", ReLU())
    if choice.classes is not None:
        k.add("head", "global_average_pooling2d", GlobalAvgPool2d())
        k.add("head", "flatten", Flatten())
        k.add("head", "dense", Linear(choice.classes))
    return b.graph()


def _entry_1(k: _Keras) -> None:
    """The block whose shortcut leads nowhere."""
    k.skip("conv2d", "batch_normalization")
    k.separable("entry_1", 128)
    k.add("entry_1", "batch_normalization", _BN)
    k.add("entry_1", "re_lu", ReLU())
    k.separable("entry_1", 128)
    k.add("entry_1", "max_pooling2d", _HALVE)


def _residual(k: _Keras, x: str, block: str, widths: tuple[int, int], bias: bool) -> None:
    """Two separable convolutions and a pool beside a 1x1 of stride 2. Keras lists the layers of both
    paths by their depth, counted from the output.
    """
    k.add(block, "re_lu", ReLU(), x)
    k.separable(block, widths[0])
    relu = k.add(block, "re_lu", ReLU())
    shortcut = k.add(block, "conv2d", Conv2d(widths[1], pair(1), stride=pair(2), padding="same", bias=bias), x)
    separable = k.separable(block, widths[1], relu)
    shortcut = k.add(block, "batch_normalization", _BN, shortcut)
    pool = k.add(block, "max_pooling2d", _HALVE, separable)
    k.add(block, "add", Add(), pool, shortcut)


def _middle(k: _Keras, shortcut: str, block: str) -> None:
    """Three separable convolutions beside the identity."""
    for _ in range(3):
        k.add(block, "re_lu", ReLU())
        branch = k.separable(block, 728)
    k.add(block, "add", Add(), branch, shortcut)


XCEPTION_AS_PRINTED = Architecture(
    id="xception_as_printed",
    title="Xception (as printed)",
    family="Xception",
    year=2019,
    introduced="A printed table to check every row against.",
    source="source 004, its code and printed summary: 22,817,480 values, of which 22,805,848 are trained. Not "
    "Chollet's network: the first shortcut is never added, most separable convolutions have no BN, two shortcuts "
    "have a bias, and the stem is padded.",
    summary="Xception with the mistakes of an article kept, node by node in the order of its printed table, so that "
    "each of its rows can be checked.",
    input_shape=(3, 299, 299),
    classes=1000,
    settings={},
    build=_build,
)
