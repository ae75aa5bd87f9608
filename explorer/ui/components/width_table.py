"""The widths of a network in tables that can be edited."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.analysis.widths import Table, tables
from explorer.spec.build import edited
from explorer.spec.spec import Spec
from explorer.ui.session import state

_TAKEN = "widths taken"


def show(spec: Spec) -> None:
    """A table for each kind of module: a row a module, a column a layer."""
    for index, table in enumerate(tables(edited(spec))):
        _table(spec, index, table)


def _table(spec: Spec, index: int, table: Table) -> None:
    # A browser keeps what was typed into a table under its key, for a while even when the table is gone: after
    # every edit it is a table of a name that never was, which takes its numbers from here.
    key = f"widths {spec.architecture} {spec.module} {index} {st.session_state.get(_TAKEN, 0)}"
    rows = [
        {"module": module, **{name: cell.value for name, cell in zip(table.layers, cells, strict=True)}}
        for module, cells in table.rows
    ]
    columns: dict[str, Any] = {name: st.column_config.NumberColumn(step=1, width="small") for name in table.layers}
    columns["module"] = st.column_config.TextColumn(pinned=True, disabled=True)
    st.data_editor(
        rows,
        hide_index=True,
        column_config=columns,
        key=key,
        on_change=_take,
        args=(key, table),
        height="content",
    )


def _take(key: str, table: Table) -> None:
    """Takes what was typed over into the network, all of it as one step."""
    changed: dict[str, object] = {}
    for row, cells in st.session_state[key]["edited_rows"].items():
        for name, value in cells.items():
            changed[table.rows[int(row)][1][table.layers.index(name)].key] = value
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1
    state.edit(lambda now: now.with_(settings={**dict(now.settings), **changed}))
