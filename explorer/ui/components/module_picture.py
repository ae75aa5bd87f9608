"""The picture of a module in the page, which a browser asks for and paints itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from explorer.draw.flow import picture
from explorer.draw.flow.labels import AREAS, Area
from explorer.draw.flow.strip import MEASURES
from explorer.ui.components.asset import component, read

_TITLES: Mapping[Area, str] = {"params": "parameters", "macs": "MACs", "activations": "activations"}
_GROUNDS = ("light", "dark")
_LAYOUTS = ("flow", "graph")


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
    <label class="of-strip" hidden>strip
      <select data-columns>
        {"".join(f'<option value="{name}">{measure.title}</option>' for name, measure in MEASURES.items())}
      </select>
    </label>
    <label class="of-strip" hidden>find <input type="search" size="12" list="columns-of-strip"></label>
    <datalist id="columns-of-strip"></datalist>
    <span class="of-layout">as</span>
    {"".join(f'<button data-layout="{layout}" aria-pressed="false">{layout}</button>' for layout in _LAYOUTS)}
    <div class="of-flow"><span>area</span>
    {"".join(f'<button data-area="{area}" aria-pressed="false">{_TITLES[area]}</button>' for area in AREAS)}
    <span>save</span>
    <button data-save="svg" aria-label="Save the module as SVG">SVG</button>
    <button data-save="png" aria-label="Save the module as PNG">PNG</button></div>
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
    columns: str,
    layout: str,
    layouts: Sequence[str],
    on_edit: Callable[[str, object], None],
    on_click: Callable[[str], None],
    on_area: Callable[[str], None],
    on_columns: Callable[[str], None],
    on_layout: Callable[[str], None],
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
        columns: what the columns of its strip stand for.
        layout: `flow`; `graph` where the page draws the module as a graph below this, which leaves it out.
        layouts: those that can be chosen; none where it is no choice.
        on_edit: called with what was changed in the query, and its value.
        on_click: called with the name of a node that was clicked.
        on_area: called with what the area shall stand for.
        on_columns: called with what the columns shall stand for.
        on_layout: called with how the module shall be drawn.
        at: the module that is drawn, of a network whose strip stands above it; empty where all is one module.
        on_open: called with a module that was clicked in the strip.
    """

    def edited() -> None:
        change = st.session_state[key].get("edited")
        if isinstance(change, Mapping) and isinstance(changed := change.get("key"), str):
            on_edit(changed, change.get("value"))

    def told(what: str, do: Callable[[str], None] | None) -> Callable[[], None]:
        def tell() -> None:
            if do is not None and isinstance(value := st.session_state[key].get(what), str):
                do(value)

        return tell

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
        "columns": columns,
        "layout": layout,
        "layouts": list(layouts),
    }
    _component(
        key=key,
        data=data,
        on_edited_change=edited,
        on_clicked_change=told("clicked", on_click),
        on_area_change=told("area", on_area),
        on_columns_change=told("columns", on_columns),
        on_layout_change=told("layout", on_layout),
        on_opened_change=told("opened", on_open),
    )
