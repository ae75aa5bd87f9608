"""Everything about one node: its op, shapes, arithmetic, field, and its line of PyTorch."""

from __future__ import annotations

import streamlit as st

from explorer.analysis import tables
from explorer.common import formats
from explorer.graph.source.line import line
from explorer.graph.trace import NodeTrace, Trace
from explorer.ui.session.text import plain


def show(trace: Trace, name: str) -> None:
    """The node of this name; how to pick one where there is none."""
    row = next((row for row in trace.rows if row.name == name), None)
    if row is None:
        st.caption("Click a box or a row to see its arithmetic here; arrow keys move, Enter picks.")
        return
    with st.container(border=True):
        st.markdown(_words(row))
        if code := line(row):
            st.code(code, language="python", wrap_lines=True)


def _words(row: NodeTrace) -> str:
    shapes = " and ".join(map(formats.size, row.in_shapes)) or "the image"
    facts = [f"**{plain(row.name)}**: {plain(row.op.describe())}", plain(f"{shapes} → {formats.size(row.out_shape)}")]
    if row.params:
        facts.append(f"parameters: {plain(f'{formats.arithmetic(row.formula)} = {formats.number(row.params)}')}")
    if row.macs:
        facts.append(f"MACs: {plain(f'{formats.arithmetic(row.macs_formula)} = {formats.number(row.macs)}')}")
    jump = "" if row.jump is None else f", effective stride {formats.pair(row.jump)}"
    facts.append(
        plain(f"receptive field {tables.field(row)}{jump}; its output takes {formats.memory(row.activations)}")
    )
    return "  \n".join(facts)
