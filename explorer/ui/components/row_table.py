"""A table in the page whose rows can be picked, by mouse or keyboard; the diagram lights up the same node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from explorer.common.glossary import explained
from explorer.draw import colours
from explorer.ui.components.asset import component, read

_CSS = f"""
.rows {{
  contain: layout paint; max-height: 420px; overflow: auto; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); font-size: 13px;
}}
.rows:focus-visible {{ outline: 2px solid var(--st-primary-color); }}
table {{ border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 3px 8px; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--st-border-color); }}
th {{ position: sticky; top: 0; background: var(--st-secondary-background-color); font-weight: 600; z-index: 1; }}
th[title] {{ text-decoration: underline dotted; text-underline-offset: 3px; cursor: help; }}
.number {{ text-align: right; }}
tr[data-id] {{ cursor: pointer; }}
tr[data-id]:hover {{ background: var(--st-secondary-background-color); }}
tr.picked td {{ background: color-mix(in srgb, var(--st-primary-color) 22%, transparent); }}
td.grew, td.shrank, td.new {{ font-weight: 600; }}
td.grew::before {{ content: "▲ "; color: {colours.VERMILION}; }}
td.shrank::before {{ content: "▼ "; color: {colours.BLUE}; }}
td.new::before {{ content: "● "; color: {colours.GREEN}; }}
"""

_component = component(
    "rows",
    html='<div class="rows" tabindex="0"></div>',
    css=_CSS,
    js=read("row_table.js"),
    shares=["follow.js"],
)


class TableRow(NamedTuple):
    """A row: the id that a click tells, its cells, and for each cell `grew`, `shrank`, `new` or nothing."""

    id: str
    cells: tuple[str, ...]
    marks: tuple[str, ...]


def show(
    columns: Sequence[str],
    rows: Sequence[TableRow],
    *,
    numbers: Sequence[str],
    key: str,
    alt: str,
    on_click: Callable[[str], None] | None = None,
    follows: str = "",
) -> None:
    """Draws a table.

    Args:
        columns: titles.
        rows: cells as text.
        numbers: titles of the columns that are set flush right.
        key: of the widget.
        alt: what the table is, for a screen reader.
        on_click: called with the id of a row that was clicked.
        follows: what of the answers of `explorer.ui.live` has its rows while a hand moves; nothing where empty.
    """
    ids = {row.id for row in rows}

    def clicked() -> None:
        if on_click is not None and (id := st.session_state[key].get("clicked")) in ids:
            on_click(id)

    data = {
        "columns": [{"title": title, "number": title in numbers, "help": explained(title)} for title in columns],
        "rows": [row._asdict() for row in rows],
        "alt": alt,
        "follows": follows,
    }
    _component(key=key, data=data, on_clicked_change=clicked)
