"""What differs between two networks, by module."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.compare import Change, changes
from explorer.common import formats
from explorer.graph.trace import Trace
from explorer.ui.components import row_table
from explorer.ui.components.row_table import TableRow
from explorer.ui.session.text import plain

_COLUMNS = ("module", "parameters before", "after", "difference", "MACs before", "after", "difference")


def show(before: Trace, now: Trace, *, title: str, key: str) -> None:
    """A row for each module whose sums differ from what is called so; a sentence where none does."""
    differences = changes(before, now)
    if not differences:
        st.caption(plain(f"No module differs from {title}."))
        return
    lines = [TableRow(change.module, _cells(change), ("",) * len(_COLUMNS)) for change in differences]
    row_table.show(_COLUMNS, lines, numbers=_COLUMNS[1:], key=key, alt="Modules whose costs differ.")


def _cells(change: Change) -> tuple[str, ...]:
    old, new = change.before, change.after
    params = (formats.number(old.params), formats.number(new.params), _signed(change.params))
    return (change.module, *params, formats.number(old.macs), formats.number(new.macs), _signed(change.macs))


def _signed(difference: int) -> str:
    return formats.signed(difference) if difference else ""
