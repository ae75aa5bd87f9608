"""How near a network is seen: whole, or one of its modules by itself, and the way from one to the other."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode

import streamlit as st

from explorer.api import questions
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
        width=145,
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
    if not _differs(spec, _around(spec.architecture, view.get(site.AROUND))):
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
    state.move(lambda view: view.edited(lambda _: other).set(site.BASELINE, "").set(site.AROUND, ""))


def _to(module: str) -> None:
    def seen(view: View) -> View:
        whole = _whole(view)
        return _seen(view, alone(whole, module) if module else whole, whole)

    state.move(seen)


def _take(module: str) -> None:
    state.redraw()
    _to(module)


def _put(everywhere: bool) -> None:
    state.redraw()

    def put(view: View) -> View:
        network = placed(view.spec, _whole(view), everywhere=everywhere)
        return _seen(view, network, network)

    state.move(put)


def _whole(view: View) -> Spec:
    """The network that is shown, or that the module by itself was taken out of."""
    return _around(view.spec.architecture, view.get(site.AROUND)) if view.spec.module else view.spec


@lru_cache(maxsize=64)
def _around(architecture: str, text: str) -> Spec:
    spec = Spec.from_query(questions.parsed(text)) if text else Spec.make(architecture)
    # A link may name any network: a module goes back into its own.
    return spec if spec.architecture == architecture and not spec.module else Spec.make(architecture)


def _seen(view: View, spec: Spec, network: Spec) -> View:
    """A view of the same architecture from nearer or from farther away, with the same layer picked.

    Args:
        view: as it was.
        spec: what is seen now.
        network: what it is, or was taken out of.
    """
    node, module = view.get(site.NODE), view.spec.module
    name = f"{module}.{node}" if module and node else node
    if spec.module:
        name = name.removeprefix(f"{spec.module}.") if under(spec.module, name) else ""
    moved = view.edited(lambda _: spec).set(site.NODE, name).set(site.BASELINE, "")
    is_edited = bool(spec.module) and network != Spec.make(network.architecture)
    moved = moved.set(site.AROUND, urlencode(network.to_query()) if is_edited else "")
    return moved.set(site.OPENED, module) if module and not spec.module else moved
