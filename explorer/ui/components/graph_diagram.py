"""A diagram in the page: laid out here, coloured by the theme; zoom, pan, pick and export in the browser."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.draw import colours, diagram, graphviz
from explorer.ui.components.asset import component, read

_FAMILIES = "\n".join(
    f".{name} path, .{name} polygon {{ stroke: {colour}; fill: {colour}; }}"
    for name, colour in colours.FAMILIES.items()
)

_CSS = f"""
.frame-of-diagram {{
  contain: layout paint; overflow: auto; text-align: center; cursor: grab;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}}
.frame-of-diagram:focus-visible {{ outline: 2px solid var(--st-primary-color); }}
.tools {{ display: flex; gap: 4px; justify-content: flex-end; margin-bottom: 4px; }}
.tools button {{
  font: inherit; font-size: 14px; min-width: 28px; min-height: 26px; padding: 2px 6px;
  cursor: pointer; color: var(--st-text-color);
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius);
}}
.tools button:hover, .tools button:focus-visible {{ border-color: var(--st-primary-color); }}
svg {{ margin: 8px; }}
svg text {{ fill: var(--st-text-color); font-family: var(--st-font); font-size: {graphviz.TYPE}px; user-select: none; }}
.edge text {{ font-size: {graphviz.TYPE - 1}px; }}
.edge path {{ stroke: {colours.GREY}; fill: none; }}
.edge polygon {{ stroke: {colours.GREY}; fill: {colours.GREY}; }}
.box, .frame {{ cursor: pointer; }}
.box path, .box polygon {{ stroke: {colours.GREY}; fill: {colours.GREY}; fill-opacity: 0.14; stroke-width: 1.3; }}
{_FAMILIES}
.error path, .error polygon {{ stroke: {colours.VERMILION}; fill: {colours.VERMILION}; stroke-dasharray: 4 3; }}
.frame path, .frame polygon {{ stroke: {colours.GREY}; fill: transparent; stroke-dasharray: 2 3; }}
.grew path, .shrank path, .new path {{ stroke-width: 2.6; }}
.box:hover path, .box:hover polygon {{ fill-opacity: 0.3; }}
.picked path, .picked polygon {{ fill-opacity: 0.4 !important; stroke-width: 3.2 !important; }}
@media (max-width: 640px) {{ .frame-of-diagram {{ max-height: 380px; }} }}
@media print {{
  .frame-of-diagram {{ height: auto !important; max-height: none; overflow: visible; contain: none; }}
  svg {{ margin: 0; max-width: 100%; max-height: 24cm; }}
  .tools {{ display: none; }}
}}
"""

_HTML = """
<div class="diagram">
  <div class="tools">
    <button data-action="out" aria-label="Zoom out" title="Zoom out (-)">−</button>
    <button data-action="in" aria-label="Zoom in" title="Zoom in (+)">+</button>
    <button data-action="fit" aria-label="Fit" title="Fit (0)">Fit</button>
    <button data-action="svg" title="Save the diagram as SVG">SVG</button>
    <button data-action="png" title="Save the diagram as PNG">PNG</button>
  </div>
  <div class="frame-of-diagram" role="img" tabindex="0"></div>
</div>
"""

_component = component(
    "network_diagram", html=_HTML, css=_CSS, js=read("graph_diagram.js"), shares=["follow.js", "save.js"]
)


_HEIGHT = 560
"""Pixels of its frame."""


def show(
    picture: diagram.Diagram,
    *,
    key: str,
    name: str,
    alt: str,
    on_click: Callable[[str], None] | None = None,
    type_size: int = graphviz.TYPE,
    focus: str = "",
    follows: str = "",
) -> None:
    """Draws a diagram.

    Args:
        picture: what to draw; the same picture is laid out and sent once.
        key: of the widget.
        name: of the files that it is saved as.
        alt: what a screen reader says in its place.
        on_click: called with the id of a box or a frame that was clicked; for a frame, of its module.
        type_size: pixels of its text at least, but for a zoom of one's own.
        focus: the module that is seen first, where not all can be.
        follows: what of the answers of `explorer.ui.live` it is drawn from while a hand moves; nothing where empty.
    """
    frames = {f"frame {box.cluster}": box.cluster for box in picture.boxes if box.cluster}
    ids = {box.id: box.id for box in picture.boxes} | frames

    def clicked() -> None:
        if on_click is not None and (id := st.session_state[key].get("clicked")) in ids:
            on_click(ids[id])

    data = {**drawn(picture), "name": name, "alt": alt, "height": _HEIGHT, "follows": follows}
    data |= {"least": (type_size - 1) / (graphviz.TYPE - 1), "focus": f"frame {focus}" if focus else ""}
    _component(key=key, data=data, on_clicked_change=clicked)


def drawn(picture: diagram.Diagram) -> dict[str, object]:
    """The picture as it is sent, and the box of each node that has none of its own."""
    return {"svg": graphviz.svg(picture), "homes": {node: box for node, box in picture.homes if node != box}}
