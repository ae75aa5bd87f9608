"""The network page: what a network costs and sees, as numbers, a diagram, charts and tables."""

from __future__ import annotations

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from explorer.analysis import notes
from explorer.analysis.unproductive import wasted
from explorer.common import formats
from explorer.draw import cost_bars, diagram
from explorer.draw.charts.cost import treemap
from explorer.draw.charts.layout import STATIC
from explorer.draw.charts.network import field_growth
from explorer.draw.flow.module import drawn_first
from explorer.edits.layers import fields
from explorer.graph.trace import Trace
from explorer.spec.build import Analysis, analyse, edited
from explorer.spec.spec import Spec
from explorer.ui.components import (
    chip_line,
    controls,
    difference_table,
    graph_diagram,
    layer_controls,
    node_details,
    note_list,
    picked,
    svg_picture,
    switch_row,
    totals_bar,
    trace_table,
    transfer_panel,
    why_line,
    width_table,
)
from explorer.ui.frame import frame, site
from explorer.ui.pages import drawn
from explorer.ui.session import state
from explorer.ui.session.text import label, plain
from explorer.ui.session.view import View

_MODULE = "module shown"
_TALL = 460
"""Pixels of the bars, from which on they scroll."""


def show(view: View) -> None:
    """The whole page under its frame."""
    spec = view.spec
    now, unedited = analyse(spec), analyse(spec.unedited)
    original = spec.unedited if spec.edits else None
    chip_line.show(spec, key="network chips")
    if now.error is not None:
        st.error(plain(f"{now.error}. Everything before it is shown."), icon=":material/error:")
    for sentence in notes.of_groups(spec)[:1]:
        st.warning(plain(sentence), icon=":material/warning:")
    if frame.is_visible("switches"):
        switch_row.show(spec, key="network switches")
    if frame.is_visible("text"):
        why_line.show(spec, lambda: _notes(spec, now.trace))
    totals_bar.show(now.trace, unedited.trace, totals_bar.SAME)
    if frame.is_visible("picture"):
        _picture(view)
    if frame.is_visible("text"):
        _text(spec, now.trace)
    left, right = st.columns([11, 9], gap="medium") if frame.is_visible("diagram") else [st.container()] * 2
    with left:
        _diagram(view, now, unedited.trace if original else None)
    with right:
        _node(view, now.trace)
        _field(spec)
        picked.tell(view.get(site.NODE))
    _cost(spec)
    if frame.is_visible("widths"):
        _widths(spec)
    if frame.is_visible("difference"):
        st.markdown("##### What the edits change")
        difference_table.show(unedited.trace, now.trace, key="network differences")
    if frame.is_visible("nodes"):
        st.markdown("##### Every node")
        trace_table.show(spec, original, key="network rows", on_click=_pick)
    if frame.is_visible("exchange"):
        transfer_panel.show(spec)


def head(view: View) -> None:
    """Which network it is."""
    if frame.is_visible("network"):
        controls.architecture(view.spec, "collapsed")


def sidebar(view: View) -> None:
    """The network's input, its settings and its verbs."""
    spec = view.spec
    if frame.is_visible("network"):
        controls.input_and_classes(spec)
    names = controls.rewritable(spec)
    if frame.is_visible("settings"):
        for module in controls.modules(spec):
            if module not in names:
                controls.settings(spec, module)
        if names:
            _module(spec, names)
    if frame.is_visible("verbs"):
        st.markdown("**Verbs on the whole network**")
        controls.rewrites(spec)
        controls.reset()


def _module(spec: Spec, names: list[str]) -> None:
    shown = _pick_module(spec, names)
    controls.settings(spec, shown)
    if frame.is_visible("verbs"):
        panel = st.expander(f"Verbs on {label(shown)} only", on_change="rerun", key="verbs of a module")
        if panel.open:
            with panel:
                controls.rewrites(spec, shown)


def _pick_module(spec: Spec, names: list[str]) -> str:
    if st.session_state.get(_MODULE) not in names:
        nodes = [node.name for node in edited(spec).nodes]
        branched = (name for name in names if any(node.startswith(f"{name}.branch") for node in nodes))
        st.session_state[_MODULE] = next(branched, names[0])
    return st.selectbox("Module", names, key=_MODULE, persist_state="session")


def _text(spec: Spec, trace: Trace) -> None:
    about = f"One module by itself, {spec.module} of {spec.entry.title}." if spec.module else spec.entry.summary
    st.caption(plain(f"{about} Source: {spec.entry.source.rstrip('.')}."))
    note_list.show(_notes(spec, trace), key="network notes")


def _notes(spec: Spec, trace: Trace) -> tuple[str, ...]:
    return notes.of_module(spec, trace) if spec.module else notes.of_network(trace)


def _picture(view: View) -> None:
    spec = view.spec
    drawn.show(
        view,
        key="network picture",
        alt=f"The layers of a module of {spec.title} as boxes whose areas are costs; the table says the same in text.",
        at=view.get(site.OPENED) or drawn_first(spec),
        on_click=_pick,
        on_open=_open,
    )


def _open(module: str) -> None:
    state.move(lambda view: view.set(site.OPENED, module))


def _diagram(view: View, now: Analysis, before: Trace | None) -> None:
    if not frame.is_visible("diagram"):
        return
    unfolded: tuple[str, ...] = view.get(site.UNFOLDED)
    boxes = diagram.network(now.trace, unfolded, now.error, before)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(boxes.boxes)} boxes. Click a module to unfold it, its frame to fold it.")
        st.button("Unfold all", type="tertiary", on_click=_unfold, args=((diagram.ALL,),))
        st.button("Fold all", type="tertiary", on_click=_unfold, args=((),), disabled=not unfolded)
    alt = f"Diagram of {len(boxes.boxes)} boxes; the table of every node says the same in text."
    name = view.spec.title.replace(" ", "_")
    graph_diagram.show(boxes, key="diagram", name=name, alt=alt, on_click=_click)


def _click(id: str) -> None:
    """A node is picked; a folded module or repeat is unfolded, an unfolded one folded."""
    view = state.view()
    trace = analyse(view.spec).trace
    if any(row.name == id for row in trace.rows):
        _pick(id)
    else:
        unfolded: tuple[str, ...] = view.get(site.UNFOLDED)
        _unfold(diagram.toggled(trace, unfolded, id))
        st.session_state[_MODULE] = id
        state.redraw()


def _unfold(ids: tuple[str, ...]) -> None:
    state.move(lambda view: view.set(site.UNFOLDED, ids))


def _pick(name: str) -> None:
    # Without a label: two clicks in a second are two steps back.
    state.move(lambda view: view.set(site.NODE, name))


def _node(view: View, trace: Trace) -> None:
    if not frame.is_visible("node"):
        return
    name = view.get(site.NODE)
    node_details.show(trace, name)
    node = edited(view.spec).by_name.get(name)
    if node is not None and fields(node.op) and frame.is_visible("settings"):
        panel = st.expander("Change this layer", on_change="rerun", key="change layer")
        if panel.open:
            with panel:
                layer_controls.layer(view.spec, name)


# A click changes neither the network nor its figures, which take longest of all that is drawn here.
@lru_cache(maxsize=32)
def _growth(spec: Spec) -> go.Figure:
    return field_growth(analyse(spec).trace)


@lru_cache(maxsize=32)
def _treemap(spec: Spec, count: str) -> go.Figure:
    return treemap(analyse(spec).trace, count)


@lru_cache(maxsize=32)
def _bars(spec: Spec) -> str:
    return cost_bars.by_module_beside(analyse(spec).trace, analyse(spec.unedited).trace)


def _field(spec: Spec) -> None:
    if not frame.is_visible("field"):
        return
    trace = analyse(spec).trace
    st.plotly_chart(_growth(spec), key="field", config=STATIC, alt="Line: what each module's output sees.")
    waste = wasted(trace)
    if waste.rows:
        st.caption(
            plain(
                f"Wasted windows: {len(waste.rows)} convolutions, {formats.number(waste.totals.params)} parameters "
                f"({formats.percent(waste.share)}), read what sees the whole image already, from {waste.rows[0].name} "
                "on: a window larger than 1x1 shows them no new pixel."
            )
        )
    else:
        st.caption(
            "No window is wasted: every convolution larger than 1x1 reads what has not yet seen the whole image."
        )


def _cost(spec: Spec) -> None:
    if not frame.is_visible("cost"):
        return
    left, right = st.columns(2, gap="medium")
    # Many modules scroll beside the map instead of pushing the page apart.
    with left.container(height=_TALL, border=False):
        alt = "Bars: parameters, MACs and activations of each module; the table says the same in text."
        svg_picture.show(_bars(spec), key="cost", alt=alt, shrinks=False)
    with right:
        count = st.segmented_control(
            "Areas",
            ["params", "macs"],
            format_func=_COUNTS.__getitem__,
            required=True,
            **state.bind_key(site.AREAS, default="default"),
        )
        alt = f"Areas: the share of each layer in the {_COUNTS[count]}, by module and branch."
        st.plotly_chart(_treemap(spec, count), key="treemap", config=STATIC, alt=alt)


_COUNTS = {"params": "parameters", "macs": "MACs"}


def _widths(spec: Spec) -> None:
    panel = st.expander("Every width, to edit", on_change="rerun", key="widths panel")
    if panel.open:
        with panel:
            width_table.show(spec)
