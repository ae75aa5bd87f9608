"""The block lab: one module, its branches, and everything that follows from them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.analysis import notes
from explorer.common import formats
from explorer.draw import branch_fields, cost_bars, diagram
from explorer.edits.layers import fields
from explorer.graph.trace import Trace
from explorer.spec.base import modules
from explorer.spec.build import Analysis, analyse, build, edited
from explorer.spec.spec import Spec
from explorer.ui import live
from explorer.ui.components import (
    chip_line,
    controls,
    difference_table,
    graph_diagram,
    layer_controls,
    live_widths,
    node_details,
    note_list,
    picked,
    svg_picture,
    switch_row,
    totals_bar,
    trace_table,
    transfer_panel,
    why_line,
)
from explorer.ui.frame import frame, site
from explorer.ui.pages import drawn
from explorer.ui.session import state
from explorer.ui.session.text import label, plain
from explorer.ui.session.view import View
from explorer.zoo import ARCHITECTURES


def show(view: View) -> None:
    """The whole page under its frame."""
    spec = view.spec
    now, preset = analyse(spec), analyse(spec.unedited)
    original = spec.unedited if spec.edits else None
    chip_line.show(spec, key="lab chips")
    if now.error is not None:
        st.error(plain(f"{now.error}. Everything before it is shown."), icon=":material/error:")
    for sentence in notes.of_groups(spec)[:1]:
        st.warning(plain(sentence), icon=":material/warning:")
    if frame.is_visible("switches"):
        switch_row.show(spec, key="lab switches")
    if frame.is_visible("text"):
        why_line.show(spec, lambda: notes.of_module(spec, now.trace))
    totals_bar.show(now.trace, preset.trace, totals_bar.SAME)
    if frame.is_visible("picture"):
        _picture(view)
    left, middle, right = st.columns([7, 16, 13], gap="medium")
    with left:
        _structure(view)
        _widths(spec)
        picked.tell(view.get(site.NODE))
    with middle:
        _diagram(spec, now, preset.trace if original else None)
        _text(spec, now.trace)
    with right:
        _right(view, now.trace, preset.trace)
    if frame.is_visible("arithmetic"):
        trace_table.show(spec, original, key="lab rows", on_click=_pick)
    if frame.is_visible("difference"):
        st.markdown("##### What differs from the original")
        difference_table.show(preset.trace, now.trace, key="lab differences")
    if frame.is_visible("exchange"):
        transfer_panel.show(spec)


def head(view: View) -> None:
    """Which module it is."""
    if frame.is_visible("preset"):
        _preset(view.spec)


def _structure(view: View) -> None:
    """What it is made of: how its branches meet, its branches, and every rewrite."""
    spec, graph = view.spec, edited(view.spec)
    if frame.is_visible("preset"):
        controls.input_shape(spec)
    if frame.is_visible("layers"):
        for node in layer_controls.joins(graph)[:1]:
            layer_controls.join(spec, node)
            layer_controls.branch(node.name)
        layer_controls.take_out_branch(spec)
    if frame.is_visible("verbs"):
        _verbs(view)
        controls.reset()


def _picture(view: View) -> None:
    costs = f"{formats.number(analyse(view.spec).trace.totals.params)} parameters"
    drawn.show(
        view,
        key="lab picture",
        alt=f"The module's layers as boxes whose areas are costs, {costs} in all; the table says the same in text.",
        on_click=_pick,
    )


def _widths(spec: Spec) -> None:
    if frame.is_visible("widths"):
        with st.container(key=_WIDTHS):
            keys = layer_controls.widths(spec)
        live_widths.show(live.ADDRESS, spec.to_query(), within=_WIDTHS, keys=keys, key="lab live")


_WIDTHS = "lab-widths"


def _diagram(spec: Spec, now: Analysis, before: Trace | None) -> None:
    if not frame.is_visible("diagram"):
        return
    boxes = diagram.network(now.trace, (diagram.ALL,), now.error, before)
    alt = f"Diagram of {len(boxes.boxes)} boxes; the table of every node says the same in text."
    graph_diagram.show(boxes, key="lab diagram", name=spec.title.replace(" ", "_"), alt=alt, on_click=_pick, height=430)


def _text(spec: Spec, now: Trace) -> None:
    if frame.is_visible("text"):
        note_list.show(notes.of_module(spec, now), key="lab notes")


def _pick(id: str) -> None:
    # Without a label: two clicks in a second are two steps back.
    state.move(lambda view: view.set(site.NODE, id))


def _right(view: View, now: Trace, preset: Trace) -> None:
    if frame.is_visible("node"):
        node_details.show(now, view.get(site.NODE))
        if frame.is_visible("layers"):
            _layer(view)
    if frame.is_visible("cost"):
        alt = "Bars: parameters, MACs and activations of each branch; the table says the same in text."
        svg_picture.show(
            cost_bars.by_module_beside(now, preset), key="lab cost", alt=alt, shrinks=False, follows=live.COST
        )
    if frame.is_visible("field"):
        branches = branch_fields.branches(now)
        words = "; ".join(
            f"{branch.name}: {', '.join(formats.pair(f) for _, f in branch.fields)}" for branch in branches
        )
        alt = f"What each branch sees. {words}"
        svg_picture.show(branch_fields.picture(branches), key="lab squares", alt=alt, shrinks=False)


def _preset(spec: Spec) -> None:
    ids = [id for id in ARCHITECTURES if modules(id)]
    st.selectbox(
        "Module of",
        ids,
        label_visibility="collapsed",
        width=190,
        format_func=lambda id: ARCHITECTURES[id].title,
        **state.bind_widget("lab architecture", spec.architecture, lambda id: _open(id, ""), ids),
    )
    presets = modules(spec.architecture)
    open_it = partial(_open, spec.architecture)
    st.selectbox(
        "Preset",
        presets,
        label_visibility="collapsed",
        width=170,
        **state.bind_widget("lab module", spec.module, open_it, presets),
    )


def _open(id: str, module: str) -> None:
    state.edit(lambda _: Spec.make(id, module=module or modules(id)[0]))


def _layer(view: View) -> None:
    name = view.get(site.NODE)
    node = edited(view.spec).by_name.get(name)
    if node is not None and fields(node.op):
        if build(view.spec).by_name.get(name) != node:
            st.caption(label(f"Before the verbs it is {node.op.describe()}"))
        layer_controls.layer(view.spec, name)


def _verbs(view: View) -> None:
    branches = layer_controls.branches(edited(view.spec))
    panel = st.expander("Verbs", on_change="rerun", key="lab verbs")
    if not panel.open:
        return
    with panel:
        where = st.selectbox("Where", ["the whole module", *branches], key="lab verbs where", persist_state="session")
        controls.rewrites(view.spec, where if where in branches else "")
