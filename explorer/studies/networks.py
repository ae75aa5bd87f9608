"""The networks that experiments and claims train: those of the zoo, narrow enough for one core."""

from __future__ import annotations

from explorer.graph.ops import Conv2d, Linear
from explorer.spec.build import build
from explorer.spec.spec import Spec

_LEAST = 2
"""Filters that a convolution keeps."""


def narrowed(spec: Spec, share: float) -> Spec:
    """The network with a share of the filters of every convolution and of the features of every hidden linear
    layer. Class scores stay as they are, and equal widths stay equal, so that what is added still can be.
    """
    nodes = [node for node in build(spec).nodes if node.name not in build(spec).outputs]
    filters = {f"{n.name}.out_channels": n.op.out_channels for n in nodes if isinstance(n.op, Conv2d)}
    features = {f"{n.name}.out_features": n.op.out_features for n in nodes if isinstance(n.op, Linear)}
    fewer = {key: max(_LEAST, round(value * share)) for key, value in {**filters, **features}.items()}
    return spec.with_(settings={**dict(spec.settings), **fewer})


def inceptionnet(side: int) -> Spec:
    """Source 002's two modules at a quarter of their widths, on grey images."""
    return narrowed(Spec.make("inceptionnet", input=(1, side, side)), 1 / 4)


def inception10(side: int, **settings: int) -> Spec:
    """Source 000's network at half its width, on grey images."""
    return Spec.make("inception10", input=(1, side, side), settings={"init_ch": 8, **settings})


def googlenet(architecture: str, **settings: int) -> Spec:
    """GoogLeNet, or another network that ends as it does, at an eighth of its widths, on grey images of 64x64.

    The window of its last pool is 7x7, for which its last map of 2x2 has no room.
    """
    settings = {**settings, "avg_pool.kernel_size": 2}
    return narrowed(Spec.make(architecture, input=(1, 64, 64), settings=settings), 1 / 8)


SIDE = 16
"""Of the images of the claims' runs: digits are 8x8, and at twice that a network of stride 4 still has a map."""
_WIDTHS = {
    "width_1x1": 16,
    "reduce_3x3": 24,
    "width_3x3": 32,
    "reduce_5x5": 8,
    "width_5x5": 8,
    "width_pool": 8,
}
INCEPTIONNET = Spec.make(
    "inceptionnet",
    input=(1, SIDE, SIDE),
    settings={f"{module}.{key}": value for module in ("inception1", "inception2") for key, value in _WIDTHS.items()},
)
"""Source 002's two modules, without normalisation, at widths that claims are measured with: close to
`inceptionnet(SIDE)`, but for its narrow branches, which are wider here.
"""
NORMALISED = INCEPTIONNET.with_(rewrites=["batch_norm"])
"""The same with BN behind every convolution."""
INCEPTION10 = inception10(SIDE)
SEPARABLE = INCEPTION10.with_(rewrites=["separable"])
"""The same with separable convolutions: depthwise, then pointwise."""
