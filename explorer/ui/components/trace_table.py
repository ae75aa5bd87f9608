"""The trace as a table: every node with its arithmetic, and what the edits changed in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from explorer.analysis import tables
from explorer.common import formats
from explorer.draw.diagram import GREW, NEW, SHRANK
from explorer.graph.trace import NodeTrace
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.ui.components import row_table
from explorer.ui.components.row_table import TableRow

_COLUMNS = (
    "layer",
    "op",
    "output",
    "parameters",
    "formula of the parameters",
    "MACs",
    "formula of the MACs",
    "receptive field",
    "effective stride",
)
_NUMBERS = ("parameters", "MACs")


def show(spec: Spec, before: Spec | None, *, key: str, on_click: Callable[[str], None], follows: str = "") -> None:
    """Draws it.

    Args:
        spec: the network.
        before: what it is compared with; None where nothing is to be marked.
        key: of the widget.
        on_click: called with the name of a node that was clicked.
        follows: as in `row_table.show`.
    """
    shown = lines(spec, before)
    alt = "Every layer with its op, output, parameters, MACs and receptive field."
    row_table.show(_COLUMNS, shown, numbers=_NUMBERS, key=key, alt=alt, on_click=on_click, follows=follows)


# A click changes neither, and a large network has hundreds of formulas.
@lru_cache(maxsize=64)
def lines(spec: Spec, before: Spec | None) -> tuple[TableRow, ...]:
    """Its rows; see `show`."""
    old = {} if before is None else analyse(before).trace.by_name
    return tuple(_line(row, old.get(row.name), before is not None) for row in analyse(spec).trace.rows)


def _line(row: NodeTrace, old: NodeTrace | None, marked: bool) -> TableRow:
    cells = (
        row.name,
        row.op.describe(),
        formats.size(row.out_shape),
        formats.number(row.params) if row.op.counted else "",
        formats.arithmetic(row.formula),
        formats.number(row.macs) if row.macs else "",
        formats.arithmetic(row.macs_formula),
        tables.field(row),
        "" if row.jump is None else formats.pair(row.jump),
    )
    marks = [""] * len(cells)
    if marked and old is None:
        marks[0] = NEW
    elif old is not None:
        marks[3], marks[5] = _mark(row.params - old.params), _mark(row.macs - old.macs)
    return TableRow(row.name, cells, tuple(marks))


def _mark(difference: int) -> str:
    return GREW if difference > 0 else SHRANK if difference < 0 else ""
