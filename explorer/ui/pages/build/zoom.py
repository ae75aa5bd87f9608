"""How near a network is seen: whole, or one of its modules by itself, and the way from one to the other."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from explorer.common.errors import ExplorerError
from explorer.draw.flow.module import drawn_first
from explorer.graph.graph import under
from explorer.spec.base import modules
from explorer.spec.spec import Spec
from explorer.spec.zoom import alone, kind, placed
from explorer.ui.components import controls
from explorer.ui.frame import site
from explorer.ui.session import state
from explorer.ui.session.text import label
from explorer.ui.session.view import View


def choice(spec: Spec) -> None:
    """The architecture, and its module by itself or none."""
    controls.architecture(spec, "collapsed", _other)
    names = ["", *modules(spec.architecture)]
    st.selectbox(
        "Module",
        names,
        label_visibility="collapsed",
        width=155,
        disabled=len(names) == 1,
        format_func=lambda name: name or "whole network",
        **state.bind_widget("module by itself", spec.module, _to, names),
    )


def further(view: View) -> None:
    """From a network into its module, and from an edited module back."""
    spec = view.spec
    if not spec.module:
        shown = view.get(site.OPENED) or drawn_first(spec)
        if shown in modules(spec.architecture):
            st.button(f"Take {label(shown)} by itself", icon=":material/zoom_in:", on_click=_take, args=(shown,))
        return
    if not _differs(spec, state.whole(spec.architecture)):
        return
    title, same = label(spec.entry.title), len(kind(spec.architecture, spec.module))
    st.button(f"Put it into {title}", icon=":material/zoom_out:", on_click=_put, args=(False,))
    if same > 1:
        st.button(f"Into all {same} of its kind", icon=":material/zoom_out:", on_click=_put, args=(True,))


@lru_cache(maxsize=64)
def _differs(module: Spec, network: Spec) -> bool:
    """Whether a module by itself is another than in its network."""
    try:
        inside = alone(network, module.module)
    except ExplorerError:
        return True
    return inside.with_(input=None) != module.with_(input=None, classes=None)


def _other(id: str) -> None:
    """Another architecture, as near as this one was seen."""
    near = bool(state.view().spec.module) and bool(modules(id))
    other = Spec.make(id, module=modules(id)[0] if near else "")
    state.move(lambda view: view.edited(lambda _: other).set(site.BASELINE, ""))


def _to(module: str) -> None:
    whole = state.whole(state.view().spec.architecture)
    state.move(lambda view: _seen(view, alone(whole, module) if module else whole))


def _take(module: str) -> None:
    state.redraw()
    _to(module)


def _put(everywhere: bool) -> None:
    state.redraw()
    spec = state.view().spec
    network = state.whole(spec.architecture)
    state.move(lambda view: _seen(view, placed(spec, network, everywhere=everywhere)))


def _seen(view: View, spec: Spec) -> View:
    """A view of the same architecture from nearer or from farther away, with the same layer picked."""
    node, module = view.get(site.NODE), view.spec.module
    name = f"{module}.{node}" if module and node else node
    if spec.module:
        name = name.removeprefix(f"{spec.module}.") if under(spec.module, name) else ""
    moved = view.edited(lambda _: spec).set(site.NODE, name).set(site.BASELINE, "")
    return moved.set(site.OPENED, module) if module and not spec.module else moved
