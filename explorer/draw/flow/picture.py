"""The picture of a module as data: what a browser paints and animates, and what a file is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from explorer.draw.svg import document, element

TYPE = 14
"""Pixels of the text, where nobody says more."""


class Box(NamedTuple):
    """A rectangle.

    Args:
        id: unique in the picture, and the same as long as it stands for the same.
        x, y, width, height: in pixels.
        style: what it stands for, one of `STYLES`.
        layer: the node that it stands for; empty where it is none.
        changed: whether it differs from the original, or is new.
    """

    id: str
    x: float
    y: float
    width: float
    height: float
    style: str
    layer: str = ""
    changed: bool = False


class Ribbon(NamedTuple):
    """Channels on their way: a closed path, as wide as they are many."""

    id: str
    path: str


class Text(NamedTuple):
    """A line of text: where it stands, where it is held (start, middle or end), and its pieces, each with a style."""

    id: str
    x: float
    y: float
    anchor: str
    pieces: tuple[tuple[str, str], ...]


class Handle(NamedTuple):
    """The edge of a box, by which a width is changed.

    Args:
        id: the node's name.
        x, y: its middle.
        key: what it changes, as a link calls it.
        title: what it changes, for a person.
        value, least, most: channels.
        per_pixel: channels for each pixel that it moves.
    """

    id: str
    x: float
    y: float
    key: str
    title: str
    value: int
    least: int
    most: int
    per_pixel: float


class Picture(NamedTuple):
    """All of it, in the order in which it is painted; its type in pixels, the arithmetic's is one less."""

    width: float
    height: float
    ribbons: tuple[Ribbon, ...]
    boxes: tuple[Box, ...]
    texts: tuple[Text, ...]
    handles: tuple[Handle, ...]
    type_size: int


INK = {"light": "#16202b", "dark": "#f2f4f7"}
MUTED = {"light": "#52606d", "dark": "#aab4c0"}
RIBBON = {"light": "#dcebf5", "dark": "#24394a"}
CHANGED = {"light": "#b35900", "dark": "#f2a95c"}
GROUND = {"light": "#ffffff", "dark": "#0f141a"}
_LINE = {"light": "#d5dbe2", "dark": "#3a4653"}
_BLUE = {"light": "#0072b2", "dark": "#5fb4ea"}
_POOL = {"light": "#00805e", "dark": "#4fc3a1"}

STYLES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "kernel1": ({"light": "#a9d0ea", "dark": "#2d5f82"}, {"light": "#a9d0ea", "dark": "#2d5f82"}),
    "kernel3": ({"light": "#4597cd", "dark": "#3f95cf"}, {"light": "#4597cd", "dark": "#3f95cf"}),
    "kernel5": ({"light": "#0b5f98", "dark": "#a6d8fa"}, {"light": "#0b5f98", "dark": "#a6d8fa"}),
    "depthwise": ({"light": "#f0a6c8", "dark": "#c76a97"}, {"light": "#c2557f", "dark": "#f0a6c8"}),
    "linear": ({"light": "#e69f00", "dark": "#b57d00"}, {"light": "#e69f00", "dark": "#b57d00"}),
    "pool": ({"light": "#e0f2ec", "dark": "#173229"}, _POOL),
    "plain": (GROUND, MUTED),
    "bar": ({"light": "#f3f6fa", "dark": "#1a222c"}, _LINE),
    "column": (GROUND, GROUND),
    "opened": ({"light": "#e3eff8", "dark": "#1d2f3f"}, _BLUE),
    "mark": (CHANGED, CHANGED),
    "segment": ({"light": "#e3eff8", "dark": "#1d2f3f"}, _BLUE),
}
"""Fill and outline of each kind of box, on a light and on a dark ground. What is drawn as an outline alone (`ghost`,
the original behind a layer that changed, and `gone`) has the colour of what changed.
"""
OUTLINES = ("ghost", "gone")

PIECES = {
    "plain": MUTED,
    "strong": INK,
    "changed": CHANGED,
    "pool": _POOL,
}
"""The colour of each kind of text."""


def svg(picture: Picture, ground: str = "light", *, is_clear: bool = False) -> str:
    """The picture as a file that looks the same anywhere.

    Args:
        picture: what to draw.
        ground: light or dark.
        is_clear: whether what is behind it shows through.
    """
    paper = element("rect", width=picture.width, height=picture.height, fill=GROUND[ground])
    parts: list[Element] = [] if is_clear else [paper]
    parts += [element("path", d=ribbon.path, fill=RIBBON[ground]) for ribbon in picture.ribbons]
    parts += [_box(box, ground) for box in picture.boxes]
    parts += [_text(text, ground, picture.type_size) for text in picture.texts]
    return document(picture.width, picture.height, *parts)


def _box(box: Box, ground: str) -> Element:
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height, "rx": min(3.0, box.height / 2)}
    if box.style in OUTLINES:
        return element("rect", fill="none", stroke=CHANGED[ground], stroke_width=2, stroke_dasharray="5 4", **place)
    fill, line = STYLES[box.style]
    line, width = (CHANGED, 3) if box.changed else (line, 1.5)
    return element("rect", fill=fill[ground], stroke=line[ground], stroke_width=width, **place)


def _text(text: Text, ground: str, type_size: int) -> Element:
    return element(
        "text",
        *_pieces(text, ground, type_size),
        x=text.x,
        y=text.y,
        text_anchor=text.anchor,
        font_family="'Source Sans 3', 'Source Sans Pro', sans-serif",
    )


def _pieces(text: Text, ground: str, type_size: int) -> Iterator[Element]:
    for words, style in text.pieces:
        kind, _, small = style.partition(" ")
        yield element(
            "tspan",
            words,
            fill=PIECES[kind][ground],
            font_size=type_size - 1 if small else type_size,
            font_weight=400 if kind == "plain" else 600,
        )
