"""The build page: switches, numbers and the picture above, and below what is asked for."""

from __future__ import annotations

import streamlit as st

from explorer.analysis import notes
from explorer.edits.layers import fields
from explorer.graph.trace import Trace
from explorer.spec.build import analyse, build, edited
from explorer.spec.spec import Spec
from explorer.ui.components import chip_line, layer_controls, node_details, picked, switch_row, totals_bar, why_line
from explorer.ui.frame import baseline, frame, site
from explorer.ui.pages import drawn
from explorer.ui.pages.build import change, panels, zoom
from explorer.ui.session import state
from explorer.ui.session.text import label, plain
from explorer.ui.session.view import View


def head(view: View) -> None:
    """Which network it is, and how near it is seen."""
    if frame.is_visible("choice"):
        zoom.choice(view.spec)


def show(view: View) -> None:
    """The whole page under its frame."""
    spec = view.spec
    now, against = analyse(spec), baseline.of(view)
    chip_line.show(spec, key="chips", against=baseline.choice(view))
    if now.error is not None:
        st.error(plain(f"{now.error}. Everything before it is shown."), icon=":material/error:")
    for sentence in notes.of_groups(spec)[:1]:
        st.warning(plain(sentence), icon=":material/warning:")
    if frame.is_visible("switches"):
        switch_row.show(spec, key="switches")
    if frame.is_visible("text"):
        why_line.show(spec, lambda: panels.notes_of(spec, now.trace))
    totals_bar.show(now.trace, analyse(against.spec).trace)
    if frame.is_visible("picture"):
        _picture(view)
    else:
        picked.tell(view.get(site.NODE))
    if frame.is_visible("node"):
        _node(view, now.trace)
    if frame.is_visible("below"):
        _choices(view)
    for name in view.get(site.BELOW):
        st.markdown(f"## {site.BELOW_WORDS[name]}")
        _BELOW[name](view)


def _picture(view: View) -> None:
    spec = view.spec
    drawn.show(
        view,
        key="picture",
        alt=f"The layers of {_what(spec)} as boxes whose areas are costs; the table of layers says the same in text.",
        at=panels.drawn_at(view),
        on_click=panels.pick,
        on_open=None if spec.module else panels.open_module,
        layout=panels.layout_of(view),
        layouts=panels.layouts(view),
    )
    if panels.layout_of(view) == "graph":
        panels.graph_of(view)


def _what(spec: Spec) -> str:
    return spec.title if spec.module else f"a module of {spec.title}"


def _node(view: View, trace: Trace) -> None:
    """The arithmetic of the layer that is picked, and its values."""
    name = view.get(site.NODE)
    node = edited(view.spec).by_name.get(name)
    if node is None or not fields(node.op):
        node_details.show(trace, name)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        node_details.show(trace, name)
    with right:
        if build(view.spec).by_name.get(name) != node:
            st.caption(label(f"Before the switches it is {node.op.describe()}"))
        layer_controls.layer(view.spec, name)


def _choices(view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="below"):
        st.pills(
            "Show below",
            site.BELOW_WORDS,
            selection_mode="multi",
            label_visibility="collapsed",
            format_func=site.BELOW_WORDS.__getitem__,
            width="stretch",
            **state.bind_key(site.BELOW, default="default"),
        )
        zoom.further(view)


_BELOW = {
    "change": change.show,
    "rewrites": change.rewrites,
    "notes": panels.text,
    "diagram": panels.graph,
    "cost": panels.cost,
    "field": panels.field,
    "layers": panels.layers,
    "difference": panels.difference,
    "exchange": panels.exchange,
}
