"""The picture of a module in the page, which a browser asks for and paints itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import streamlit as st

from explorer.draw.flow import picture
from explorer.draw.flow.labels import AREAS, Area
from explorer.ui.components.asset import component, read

_TITLES: Mapping[Area, str] = {"params": "parameters", "macs": "MACs", "activations": "activations"}
_GROUNDS = ("light", "dark")


def _colours(ground: str) -> str:
    """The colours of the picture on a ground, which its files have as well."""
    names = {
        "ink": picture.INK,
        "muted": picture.MUTED,
        "ribbon": picture.RIBBON,
        "changed": picture.CHANGED,
        "ground": picture.GROUND,
        "pool": picture.PIECES["pool"],
    }
    values = " ".join(f"--{name}: {colours[ground]};" for name, colours in names.items())
    boxes = "\n".join(
        f'[data-ground="{ground}"] rect.{style} {{ fill: {fill[ground]}; stroke: {line[ground]}; }}'
        for style, (fill, line) in picture.STYLES.items()
    )
    return f'[data-ground="{ground}"] {{ {values} }}\n{boxes}'


_INSIDE = f"""
  <div class="strip" role="figure" aria-label="Modules of the network" hidden>
    <svg role="group" xmlns="http://www.w3.org/2000/svg"></svg>
  </div>
  <div class="paper" role="figure">
    <svg role="group" xmlns="http://www.w3.org/2000/svg"></svg>
    <input type="number" min="1" hidden>
    <p class="no-picture" hidden>
      No picture here: the network does not fit, or its layers are no chains side by side.
    </p>
  </div>
  <div class="tools">
    <span>area</span>
    {"".join(f'<button data-area="{area}" aria-pressed="false">{_TITLES[area]}</button>' for area in AREAS)}
    <span>save</span>
    <button data-save="svg" aria-label="Save the module as SVG">SVG</button>
    <button data-save="png" aria-label="Save the module as PNG">PNG</button>
  </div>
"""
"""What the script puts into the component once; as its HTML it would be sent with every edit."""

_CSS = "\n".join([*map(_colours, _GROUNDS), read("module_picture.css")])
_component = component(
    "module_picture",
    html='<div class="module-picture" data-ground="light"></div>',
    css=_CSS,
    js=f"const INSIDE = {json.dumps(_INSIDE)};\n{read('module_picture.js')}",
    shares=["follow.js", "save.js", "tell.js"],
)


def show(
    address: str,
    query: Mapping[str, str],
    *,
    key: str,
    area: str,
    node: str,
    name: str,
    alt: str,
    type_size: int,
    baseline: str,
    in_hand: str,
    on_edit: Callable[[str, object], None],
    on_click: Callable[[str], None],
    on_area: Callable[[str], None],
    at: str = "",
    on_open: Callable[[str], None] | None = None,
) -> None:
    """Draws it.

    Args:
        address: that answers with the picture of a network.
        query: of the network.
        key: of the element.
        area: what the area of a box stands for.
        node: the one that is picked.
        name: of the files that it is saved as.
        alt: what a screen reader says of it.
        type_size: pixels of its text.
        baseline: the query of what the network is compared with; its original where empty.
        in_hand: the same while a hand changes it.
        on_edit: called with what was changed in the query, and its value.
        on_click: called with the name of a node that was clicked.
        on_area: called with what the area shall stand for.
        at: the module that is drawn, of a network whose strip stands above it; empty where all is one module.
        on_open: called with a module that was clicked in the strip.
    """

    def edited() -> None:
        change = st.session_state[key].get("edited")
        if isinstance(change, Mapping) and isinstance(changed := change.get("key"), str):
            on_edit(changed, change.get("value"))

    def clicked() -> None:
        if isinstance(id := st.session_state[key].get("clicked"), str):
            on_click(id)

    def chosen() -> None:
        if isinstance(area := st.session_state[key].get("area"), str):
            on_area(area)

    def opened() -> None:
        if on_open is not None and isinstance(module := st.session_state[key].get("opened"), str):
            on_open(module)

    data = {
        "address": address,
        "at": at,
        "strip": on_open is not None,
        "query": dict(query),
        "area": area,
        "node": node,
        "name": name,
        "alt": alt,
        "type": type_size,
        "baseline": baseline,
        "inHand": in_hand,
    }
    _component(
        key=key,
        data=data,
        on_edited_change=edited,
        on_clicked_change=clicked,
        on_area_change=chosen,
        on_opened_change=opened,
    )
