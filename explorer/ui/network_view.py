"""The network page: what a network costs and sees, as numbers, a diagram, charts and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from explorer import diagram, tables, theme
from explorer.analysis import Row, Totals, Trace
from explorer.charts.network import cost_by_module, field_growth
from explorer.compare import changes
from explorer.network import Analysis, analyse, build
from explorer.spec import Spec
from explorer.ui import controls, diagram_view
from explorer.ui.text import plain

Arrow = Literal["up", "down", "off"]

_MODULE = "module shown"
_PARAMS = "Trainable values: weights, biases, BN scale and shift."
_MACS = "Of convolutions and linear layers, bias excluded. FLOPs are twice as many."
_ACTIVATIONS = "The output of every node for one image, at 4 bytes a value."
_FIELD = (
    "Input pixels that one element of the last map of more than one place sees, before clipping to the image; "
    "what a gate adds is left out."
)


def show(spec: Spec) -> None:
    """The whole page under its frame."""
    shown = _sidebar(spec)
    now, before = analyse(spec), analyse(spec.unedited)
    st.caption(plain(f"{spec.entry.summary} Source: {spec.entry.source.rstrip('.')}."))
    if now.error is not None:
        st.error(plain(f"{now.error}. Everything before it is shown."), icon=":material/error:")
    _totals(now.trace, before.trace)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        _diagram(now, shown)
    with right:
        cost, field = cost_by_module(now.trace, before.trace), field_growth(now.trace)
        # Many modules scroll beside the diagram instead of pushing the page apart.
        tall = cost.layout.height > _TALL
        with st.container(height=_TALL if tall else "content", border=tall):
            st.plotly_chart(cost, key="cost", config=_STATIC, alt="Bars: parameters and MACs of each module.")
        st.plotly_chart(field, key="field", config=_STATIC, alt="Line: receptive field of each module's output.")
    st.markdown("##### What the edits change")
    _differences(now.trace, before.trace)
    st.markdown("##### Every node")
    _trace_table(now.trace)


_TALL = 460
"""Pixels of a chart from which it scrolls."""
_STATIC: dict[str, Any] = {"displayModeBar": False}


def _sidebar(spec: Spec) -> str:
    """All controls; returns the module that is being looked at."""
    with st.sidebar:
        controls.architecture(spec)
        controls.input_and_classes(spec)
        names = controls.rewritable(spec)
        for module in controls.modules(spec):
            if module not in names:
                controls.settings(spec, module)
        st.divider()
        shown = _pick_module(spec, names)
        controls.settings(spec, shown)
        with st.expander(f"Rewrites of {plain(shown)} only"):
            controls.rewrites(spec, shown)
        st.divider()
        st.markdown("**Rewrites of the whole network**")
        controls.rewrites(spec)
        controls.reset(spec)
    return shown


def _pick_module(spec: Spec, names: list[str]) -> str:
    if st.session_state.get(_MODULE) not in names:
        branched = (name for name in names if any(node.name.startswith(f"{name}.branch") for node in build(spec).nodes))
        st.session_state[_MODULE] = next(branched, names[0])
    return st.selectbox("Module", names, key=_MODULE, persist_state="session")


def _select(module: str) -> None:
    st.session_state[_MODULE] = module


def _totals(now: Trace, before: Trace) -> None:
    """The four numbers of a network, three of them with their difference from the unedited one."""
    new, old = now.totals, before.totals
    params, macs, activations, field = st.columns(4)
    with params:
        _number("Parameters", _PARAMS, theme.number, new.params, old.params)
    with macs:
        _number("Multiply-adds", _MACS, theme.macs, new.macs, old.macs)
    with activations:
        _number("Activations", _ACTIVATIONS, theme.memory, new.activations, old.activations)
    with field:
        _metric("Receptive field", _FIELD, theme.pair(now.field), _notes(new), "off")


def _notes(totals: Totals) -> str:
    """What the other cards leave open, in a few words."""
    statistics = f"{theme.number(totals.statistics)} BN statistics" if totals.statistics else "no BN"
    heads = f"heads: {theme.number(totals.auxiliary_params)} params" if totals.auxiliary_params else ""
    return heads or statistics


def _number(label: str, help: str, write: Callable[[int], str], now: int, before: int) -> None:
    difference = theme.change(before, now, write)
    # Something always stands under the number, so that the first edit does not move the page.
    # Named, for Streamlit takes only a hyphen for a minus.
    arrow: Arrow = "up" if now > before else "down" if now < before else "off"
    _metric(label, help, write(now), difference or "unedited", arrow)


def _metric(label: str, help: str, value: str, below: str, arrow: Arrow) -> None:
    st.metric(label, value, below, delta_color="off", delta_arrow=arrow, help=help, border=True)


def _diagram(now: Analysis, shown: str) -> None:
    titles = {"network": "Whole network", "module": plain(shown)}
    view = st.segmented_control(
        "Diagram",
        list(titles),
        default="network",
        format_func=titles.__getitem__,
        required=True,
        key="diagram view",
        label_visibility="collapsed",
    )
    draw = diagram.network if view == "network" else diagram.module
    picture = draw(now.trace, shown, now.error)
    alt = f"Diagram of {len(picture.boxes)} boxes; the table of every node says the same in text."
    diagram_view.show(picture, key="diagram", alt=alt, on_click=_select)


def _differences(now: Trace, before: Trace) -> None:
    found = changes(before, now)
    if not found:
        st.caption("Nothing yet: move a slider or switch a rewrite on.")
        return
    rows = [
        {
            "module": change.module,
            "parameters before": change.before.params,
            "after": change.after.params,
            "difference": change.params,
            "MACs before": change.before.macs,
            "MACs after": change.after.macs,
            "MACs difference": change.macs,
        }
        for change in found
    ]
    _table(rows, height="content")


def _trace_table(now: Trace) -> None:
    _table([_cells(row) for row in now.rows], height=420)


def _cells(row: Row) -> dict[str, object]:
    return {
        "node": row.name,
        "op": row.op.describe(),
        "output": theme.size(row.out_shape),
        "parameters": row.params,
        "how": theme.arithmetic(row.formula),
        "MACs": row.macs,
        "multiplications": theme.arithmetic(row.macs_formula),
        "receptive field": tables.field(row),
        "jump": "" if row.jump is None else theme.pair(row.jump),
    }


def _table(rows: list[dict[str, Any]], *, height: Any) -> None:
    first = rows[0]
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format=theme.COLUMN)
        for name, value in first.items()
        if isinstance(value, int)
    }
    columns[next(iter(first))] = st.column_config.TextColumn(width=235, pinned=True)
    st.dataframe(rows, hide_index=True, column_config=columns, height=height)
