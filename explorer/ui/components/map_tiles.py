"""A grid of small pictures, each with a line under it, which breaks into as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.common.png import Png
from explorer.ui.components.asset import component

_CSS = """
.tiles { display: flex; flex-wrap: wrap; gap: 10px 8px; }
figure { margin: 0; width: var(--side); }
img {
  width: var(--side); height: var(--side); object-fit: contain; image-rendering: pixelated; display: block;
  background: #8c8c8c33; border-radius: 4px;
}
figcaption {
  font-family: var(--st-font); font-size: 12px; line-height: 1.3; color: var(--st-text-color); margin-top: 3px;
  overflow-wrap: anywhere;
}
"""

_JS = """
export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".tiles");
  const told = JSON.stringify(data);
  if (frame.told === told) return;
  frame.told = told;
  frame.style.setProperty("--side", `${data.side}px`);
  frame.replaceChildren(...data.tiles.map(({ image, caption, alt }) => {
    const figure = document.createElement("figure");
    const picture = document.createElement("img");
    if (image.startsWith("data:image/png;base64,")) picture.src = image;
    picture.alt = picture.title = alt;
    const line = document.createElement("figcaption");
    line.textContent = caption;
    figure.append(picture, line);
    return figure;
  }));
}
"""

_component = component("tiles", html='<div class="tiles"></div>', css=_CSS, js=_JS)


class Tile(NamedTuple):
    """A picture, the line under it, and what a screen reader says in its place."""

    image: Png
    caption: str
    alt: str


def show(tiles: Sequence[Tile], *, key: str, side: int) -> None:
    """Draws the pictures, each as large as the others.

    Args:
        tiles: what to draw.
        key: of the element.
        side: of a picture, in pixels.
    """
    _component(key=key, data={"side": side, "tiles": [tile._asdict() for tile in tiles]}, height="content")
