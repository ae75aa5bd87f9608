"""Two buttons that hand out a picture in the size of a slide."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.ui.components.asset import component, read

SIZE = "1280x720"
"""Pixels of a slide; a PNG has twice as many a side."""

_CSS = """
.files { display: flex; gap: 8px; align-items: center; font-size: calc(14px * var(--larger, 1)); }
button {
  font: inherit; min-height: 30px; padding: 2px 14px; cursor: pointer; border-radius: 8px;
  color: var(--st-text-color); background: var(--st-background-color); border: 1px solid var(--st-border-color);
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: -1px; }
.said { font-size: calc(14px * var(--larger, 1)); margin: 4px 0 0; }
.said:empty { display: none; }
"""

_component = component(
    "slide_files",
    html=(
        '<div class="files"><button data-kind="svg">SVG</button><button data-kind="png">PNG</button></div>'
        '<p class="said" role="status"></p>'
    ),
    css=_CSS,
    js=read("slide_files.js"),
    shares=["save.js"],
)


def show(address: str, query: Mapping[str, str], name: str, *, key: str) -> None:
    """Draws them.

    Args:
        address: that answers with the picture.
        query: of the picture, but for its size.
        name: of the files, without an ending.
        key: of the element.
    """
    _component(key=key, data={"address": address, "query": {**query, "picture": SIZE}, "name": name}, height="content")
