"""What can be changed beside the switches and the edges of boxes: input, settings, widths, and by every rewrite."""

from __future__ import annotations

import streamlit as st

from explorer.draw.flow.module import drawn_first
from explorer.spec.build import edited
from explorer.spec.spec import Spec
from explorer.ui import live
from explorer.ui.components import controls, layer_controls, live_widths, width_table
from explorer.ui.frame import baseline, site
from explorer.ui.pages.build import panels
from explorer.ui.session import state
from explorer.ui.session.view import View

_SLIDERS = "build-widths"
_WHERE = "where rewrites apply"


def show(view: View) -> None:
    """The input, what is set, and every width."""
    left, right = st.columns([1, 2], gap="medium")
    with left:
        if view.spec.module:
            _structure(view.spec)
        else:
            controls.input_and_classes(view.spec)
    with right, st.container(key=_SLIDERS):
        keys = layer_controls.widths(view.spec) if view.spec.module else _settings(view)
    in_hand = baseline.of(view).in_hand
    live_widths.show(live.ADDRESS, view.spec.to_query(), in_hand, within=_SLIDERS, keys=keys, key="live widths")
    if not view.spec.module:
        panel = st.expander("Every width, to edit", on_change="rerun", key="widths panel")
        if panel.open:
            with panel:
                width_table.show(view.spec)


def _structure(spec: Spec) -> None:
    """What enters a module, how its branches meet, and its branches."""
    controls.input_shape(spec)
    for node in layer_controls.joins(edited(spec))[:1]:
        layer_controls.join(spec, node)
        layer_controls.branch(node.name)
    layer_controls.take_out_branch(spec)


def _settings(view: View) -> list[str]:
    """The settings of a network that belong to no module, and those of one that is chosen; which have a slider."""
    spec, names = view.spec, controls.rewritable(view.spec)
    keys = []
    for module in controls.modules(spec):
        if module not in names:
            keys += controls.settings(spec, module)
    if names:
        wanted = view.get(site.OPENED) or drawn_first(spec)
        shown = wanted if wanted in names else names[0]
        bound = state.bind_widget(f"{spec.architecture} module shown", shown, panels.open_module, names)
        st.selectbox("Module", names, **bound)
        keys += controls.settings(spec, shown)
    return keys


def rewrites(view: View) -> None:
    """Every rewrite, of the whole or of a part."""
    spec = view.spec
    whole = "the whole module" if spec.module else "the whole network"
    parts = layer_controls.branches(edited(spec)) if spec.module else controls.rewritable(spec)
    # What was chosen for another network is no part of this one.
    if st.session_state.get(_WHERE) not in parts:
        st.session_state[_WHERE] = whole
    where = st.selectbox("Switches apply to", [whole, *parts], key=_WHERE, persist_state="session")
    controls.rewrites(spec, where if where in parts else "")
