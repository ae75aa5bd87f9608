"""The small networks that the claims' short runs train."""

from __future__ import annotations

from explorer.spec.spec import Spec

SIDE = 16
"""Digits are 8x8; at twice that size a network of stride 4 still has a map."""

_INPUT = (1, SIDE, SIDE)
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
    input=_INPUT,
    settings={f"{module}.{key}": value for module in ("inception1", "inception2") for key, value in _WIDTHS.items()},
)
"""Source 002's two modules at a quarter of their widths, without normalisation."""
NORMALISED = INCEPTIONNET.with_(rewrites=["batch_norm"])
"""The same with BN behind every convolution."""
INCEPTION10 = Spec.make("inception10", input=_INPUT, settings={"init_ch": 8})
"""Source 000's network at half its width, with BN."""
SEPARABLE = INCEPTION10.with_(rewrites=["separable"])
"""The same with separable convolutions: depthwise, then pointwise."""
