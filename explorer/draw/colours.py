"""Colours that are told apart with any colour vision, and what each stands for."""

from __future__ import annotations

from explorer.graph.ops import Family, Op

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

CYCLE = ("blue", "orange", "green", "vermilion", "purple", "sky")
"""The colours of what has no colour by its kind, in their order."""

FAMILIES: dict[Family, str] = {
    "convolution": BLUE,
    "depthwise": SKY,
    "pool": GREEN,
    "join": PURPLE,
    "normalisation": GREY,
    "linear": ORANGE,
}
"""Families of ops that are told apart by colour; every other op is grey."""


def nth(index: int) -> str:
    """The colour of the so-many-th line of a chart; they begin anew after the last."""
    return PALETTE[CYCLE[index % len(CYCLE)]]


def colour(op: Op) -> str:
    """The colour of an op's family."""
    return FAMILIES.get(op.family, GREY)
