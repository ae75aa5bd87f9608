"""Controls that edit single layers of the network in view: values, layers put in and taken out, branches."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import streamlit as st

from explorer.analysis.widths import of, reach
from explorer.edits.layers import FIELDS, WIDTHS, Change, fields, kinds
from explorer.graph.graph import Graph, Node, module_of
from explorer.graph.ops import Concat
from explorer.spec.build import build, edited
from explorer.spec.spec import Spec
from explorer.ui.session import state
from explorer.ui.session.text import label

LAYERS = {
    "conv1x1": "Conv 1x1",
    "conv3x3": "Conv 3x3",
    "conv5x5": "Conv 5x5",
    "conv1x7": "Conv 1x7",
    "conv7x1": "Conv 7x1",
    "depthwise3x3": "Depthwise 3x3",
    "maxpool3x3": "Max pool 3x3",
    "avgpool3x3": "Average pool 3x3",
}
"""What can be put in; its window and width can be changed afterwards."""
_NEW_WIDTH = 32
"""Filters of a new branch that is concatenated."""
_SIZES = {"kernel_size": ("1", "2", "3", "5", "7", "1x3", "3x1", "1x7", "7x1")}
_STEPS = ("1", "2", "3", "4")
_TITLES = {"kernel_size": "kernel"}
"""Where four fields stand side by side, short words."""


def widths(spec: Spec) -> list[str]:
    """A slider for every width, by branch; which value each changes. A layer that a rewrite took out has none."""
    keys, usual, there = [], edited(spec.unedited).by_name, build(spec).by_name
    with st.container(gap=None):
        for node, name, value in of(edited(spec)):
            if node.name not in there:
                continue
            key, most = f"{node.name}.{name}", reach(value, usual.get(node.name, node))
            st.slider(label(node.name), 1, most, **_bound(spec, key, value))
            keys.append(key)
    return keys


def layer(spec: Spec, name: str) -> None:
    """Every value of one layer but its width, and what can be done with it."""
    graph = edited(spec)
    node = graph.by_name[name]
    values = [(field, value) for field, value in fields(node.op).items() if field not in WIDTHS]
    for column, (field, value) in zip(st.columns(max(len(values), 1), gap="small"), values, strict=False):
        with column:
            _field(spec, node, field, value)
    with st.container(horizontal=True):
        st.button("Take it out", icon=":material/delete:", on_click=_change, args=(Change(name),))
        with st.popover("Put a layer behind it", icon=":material/add:"):
            kind = _pick_layer("layer to put in")
            st.button("Put it in", on_click=_put, args=(name, kind))


def _field(spec: Spec, node: Node, field: str, value: int | str, title: str = "") -> None:
    key, help = f"{node.name}.{field}", f"{FIELDS[field].help[0].upper()}{FIELDS[field].help[1:]}."
    title = title or _TITLES.get(field, field.replace("_", " ")).capitalize()
    if field == "kind":
        st.segmented_control(
            title, kinds(node.op), required=True, help=help, **_bound(spec, key, str(value), default="default")
        )
    elif field in ("kernel_size", "stride", "dilation"):
        usual = _SIZES.get(field, _STEPS)
        options = usual if str(value) in usual else (*usual, str(value))
        st.selectbox(title, options, help=help, accept_new_options=True, **_bound(spec, key, str(value), options))
    else:
        # No bounds here: with them the browser only reddens a field, and nobody says what is allowed.
        st.number_input(title, step=1, help=help, **_bound(spec, key, value))


def _bound(spec: Spec, key: str, value: Any, among: Iterable[str] = (), default: str = "value") -> dict[str, Any]:
    """Arguments that tie a widget to one value of a layer."""
    name = f"{spec.architecture} {spec.module} {key}"

    def take(chosen: int | str) -> None:
        state.edit(lambda now: now.with_setting(key, chosen), key)

    return state.bind_widget(name, value, take, among, default)


def _pick_layer(key: str) -> str:
    return str(st.selectbox("Layer", list(LAYERS), format_func=LAYERS.__getitem__, key=key, persist_state="session"))


def _change(change: Change) -> None:
    state.edit(lambda now: now.with_change(change))


def _put(after: str, kind: str) -> None:
    graph = edited(state.view().spec)
    _change(Change(_free(graph, after), kind, _filters(graph, kind, after), after=after))


def _filters(graph: Graph, kind: str, source: str) -> int | None:
    """As many filters as the map has channels that the layer reads; a pool and a depthwise have none."""
    return graph.shapes.get(source, (_NEW_WIDTH,))[0] if kind.startswith("conv") else None


def _free(graph: Graph, name: str) -> str:
    taken = {*graph.by_name, *(module_of(name) for name in graph.by_name)}
    return next(free for number in count(2) if (free := f"{name}_{number}") not in taken)


def branch(join: str) -> None:
    """A button for a new branch into a join."""
    panel = st.popover("Add a branch", icon=":material/add:", width="stretch", on_change="rerun", key="add a branch")
    if panel.open:
        with panel:
            kind = _pick_layer("branch to add")
            st.button("Add it", on_click=_grow, args=(join, kind))


def _grow(join: str, kind: str) -> None:
    graph = edited(state.view().spec)
    number = next(n for n in count(1) if not any(name.startswith(f"branch_new{n}.") for name in graph.by_name))
    node = graph.by_name[join]
    # What is added or multiplied must be as wide as the others.
    wide = isinstance(node.op, Concat)
    width = _NEW_WIDTH if wide and kind.startswith("conv") else _filters(graph, kind, node.inputs[0])
    _change(Change(f"branch_new{number}.layer", kind, width, join=join))


def branches(graph: Graph) -> list[str]:
    """What the layers of a module are grouped by: the first part of their names."""
    return list(dict.fromkeys(module_of(node.name) for node in graph.nodes if node.inputs))


def take_out_branch(spec: Spec) -> None:
    """A choice of the branches, and a button that takes one out."""
    graph = edited(spec)
    there = [name for name in branches(graph) if name not in graph.by_name]
    if len(there) > 1:
        words = "Take a branch out"
        panel = st.popover(words, icon=":material/delete:", width="stretch", on_change="rerun", key=words.lower())
        if not panel.open:
            return
        with panel:
            name = st.selectbox("Branch", there, key="branch to take out", format_func=label)
            st.button("Take it out", key="take branch out", on_click=_change, args=(Change(name),))


def joins(graph: Graph) -> list[Node]:
    """Where branches meet, the last first."""
    return [node for node in reversed(graph.nodes) if len(node.inputs) > 1 and "kind" in fields(node.op)]


def join(spec: Spec, node: Node) -> None:
    """How the branches meet."""
    _field(spec, node, "kind", fields(node.op)["kind"], "Branches meet by")
