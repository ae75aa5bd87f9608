"""Colours that are told apart with any colour vision, and what each stands for."""

from __future__ import annotations

from explorer.graph.ops import (
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Gate,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Multiply,
    Op,
)

# Okabe and Ito, "Color Universal Design" (2008): eight colours told apart with any colour vision.
BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#8C8C8C"
PALETTE = {
    "blue": BLUE,
    "sky": SKY,
    "green": GREEN,
    "orange": ORANGE,
    "vermilion": VERMILION,
    "purple": PURPLE,
    "grey": GREY,
}
"""Every colour by its name, which is its class in a picture."""

FAMILIES: dict[str, tuple[str, tuple[type[Op], ...]]] = {
    "convolution": (BLUE, (Conv2d,)),
    "depthwise": (SKY, (DepthwiseConv2d,)),
    "pool": (GREEN, (MaxPool2d, AvgPool2d, GlobalAvgPool2d, GlobalMaxPool2d)),
    "join": (PURPLE, (Concat, Add, Multiply, Gate)),
    "normalisation": (GREY, (BatchNorm1d, BatchNorm2d, LocalResponseNorm)),
    "linear": (ORANGE, (Linear,)),
}
"""Families of ops that are told apart by colour; every other op is grey."""


def colour(op: Op) -> str:
    """The colour of an op's family."""
    return next((colour for colour, kinds in FAMILIES.values() if isinstance(op, kinds)), GREY)
