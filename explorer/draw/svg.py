"""Small pictures as SVG: every text and attribute goes through an XML writer, which escapes it.

Colours are class names that the page's style sheet resolves, so that one picture serves the light and the
dark theme: a name of `colours.PALETTE` for a soft fill with an outline, with `line` for the outline alone and
`solid` for a full fill; `muted` for quiet text.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element


def element(tag: str, *children: Element | str, **attributes: object) -> Element:
    """An element. A trailing underscore goes and the others become hyphens: `class_`, `text_anchor`.

    Args:
        tag: its name.
        children: elements within it, or its text.
        attributes: numbers are written with at most two decimals.
    """
    made = Element(tag, {name.rstrip("_").replace("_", "-"): _written(value) for name, value in attributes.items()})
    for child in children:
        if isinstance(child, str):
            made.text = (made.text or "") + child
        else:
            made.append(child)
    return made


def written(drawn: Element) -> str:
    """An element as text."""
    return ElementTree.tostring(drawn, encoding="unicode")


def document(width: float, height: float, *children: Element | str) -> str:
    """One `<svg>` element whose size is its natural size in pixels.

    Args:
        width: of the picture.
        height: of the picture.
        children: elements, or the text of some, as `written` makes it.
    """
    box = f"0 0 {_written(width)} {_written(height)}"
    root = written(element("svg", width=width, height=height, viewBox=box, xmlns="http://www.w3.org/2000/svg"))
    inside = [child if isinstance(child, str) else written(child) for child in children]
    return f"{root.removesuffix('/>').rstrip()}>{''.join(inside)}</svg>"


def _written(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
