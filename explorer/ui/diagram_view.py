"""A diagram in the page: the laid-out SVG, scrollable, coloured by the theme, its boxes clickable."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer import diagram, theme

_FAMILIES = "\n".join(
    f".{name} path, .{name} polygon {{ stroke: {colour}; fill: {colour}; }}"
    for name, (colour, _) in theme.FAMILIES.items()
)

_CSS = f"""
.frame-of-diagram {{
  height: 560px; overflow: auto; text-align: center;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
}}
svg {{ max-width: 100%; height: auto; margin: 8px; }}
svg text {{ fill: var(--st-text-color); font-family: var(--st-font); }}
.edge path {{ stroke: {theme.GREY}; }}
.edge polygon {{ stroke: {theme.GREY}; fill: {theme.GREY}; }}
.box path, .box polygon {{ stroke: {theme.GREY}; fill: {theme.GREY}; fill-opacity: 0.14; stroke-width: 1.3; }}
{_FAMILIES}
.error path, .error polygon {{ stroke: {theme.VERMILION}; fill: {theme.VERMILION}; stroke-dasharray: 4 3; }}
.frame path, .frame polygon {{ stroke: {theme.GREY}; stroke-dasharray: 2 3; }}
.module {{ cursor: pointer; }}
.module:hover path, .module:hover polygon {{ fill-opacity: 0.3; }}
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame-of-diagram");
  if (frame.drawn === data.svg) return;
  const first = frame.drawn === undefined;
  frame.drawn = data.svg;
  frame.innerHTML = data.svg;
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", data.alt);
  const detail = frame.querySelector(".frame");
  if (first && detail) {
    const [inner, outer] = [detail.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (inner.bottom > outer.bottom) frame.scrollTop = inner.top - outer.top - 40;
  }
  frame.onclick = (event) => {
    const box = event.target.closest(".module");
    if (box) setTriggerValue("clicked", box.id);
  };
}
"""

_component = st.components.v2.component(
    "network_diagram", html='<div class="frame-of-diagram"></div>', css=_CSS, js=_JS
)


def show(picture: diagram.Diagram, *, key: str, alt: str, on_click: Callable[[str], None]) -> None:
    """Draws a diagram.

    Args:
        picture: what to draw; the same picture is laid out and sent once.
        key: of the widget.
        alt: what a screen reader says in its place.
        on_click: called with the id of a folded module that was clicked.
    """

    def clicked() -> None:
        id = st.session_state[key].get("clicked")
        if any(box.id == id for box in picture.boxes):
            on_click(id)

    _component(key=key, data={"svg": diagram.svg(picture), "alt": alt}, on_clicked_change=clicked)
