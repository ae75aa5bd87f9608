"""A trace as rows of a table: for programs (JSON, CSV) and for people (aligned text)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from explorer.common import formats
from explorer.graph.trace import NodeTrace, Trace

Record = dict[str, object]


def record(row: NodeTrace) -> Record:
    """A row as plain values. `receptive_field` and `jump` are None where there is no single one;
    `local_field` differs from the first behind a gate.
    """
    return {
        "name": row.name,
        "op": row.kind,
        "inputs": list(row.inputs),
        "out_shape": list(row.out_shape),
        "params": row.params,
        "statistics": row.statistics,
        "macs": row.macs,
        "receptive_field": _numbers(row.receptive_field),
        "jump": _numbers(row.jump),
        "formula": row.formula,
        "local_field": _numbers(row.local_field),
    }


def to_csv(trace: Trace) -> str:
    """The rows under a header, as RFC 4180 has it: CRLF, quotes where needed. Shapes and pairs read
    `64x112x112`, several inputs stand in one cell apart by spaces, an empty cell is None.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    records = [record(row) for row in trace.rows]
    writer.writerow(records[0] if records else ())
    for row in records:
        writer.writerow([_cell(key, value) for key, value in row.items()])
    return text.getvalue()


def to_text(trace: Trace) -> str:
    """The rows as an aligned table with the totals below."""
    header = ("name", "op", "output", "params", "MACs", "field", "jump", "params =")
    body = [_line(row) for row in trace.rows]
    sums = trace.totals
    heads = f" ({formats.number(sums.auxiliary_params)} in auxiliary heads)" if sums.auxiliary_params else ""
    statistics = f", {formats.number(sums.statistics)} statistics" if sums.statistics else ""
    totals = (
        f"{formats.number(sums.params)} params{heads}{statistics}, {formats.macs(sums.macs)} "
        f"({formats.number(sums.macs)}), "
        f"{formats.number(sums.activations)} activations"
    )
    return f"{grid((header, *body), right=(3, 4))}\n\ntotal: {totals}"


def grid(lines: Sequence[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Columns two spaces apart, the first line ruled off; those in `right` are set flush right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    flush = set(right)

    def aligned(line: Sequence[str]) -> str:
        cells = [
            cell.rjust(width) if i in flush else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    return "\n".join([aligned(lines[0]), aligned(["-" * width for width in widths]), *map(aligned, lines[1:])])


def _line(row: NodeTrace) -> tuple[str, ...]:
    counted = row.op.counted
    return (
        row.name,
        row.op.describe(),
        formats.size(row.out_shape),
        formats.number(row.params) if counted else "",
        formats.number(row.macs) if row.macs else "",
        field(row),
        formats.pair(row.jump) if row.jump else "",
        row.formula if counted else "",
    )


def _numbers(pair: Sequence[int] | None) -> list[int] | None:
    return None if pair is None else list(pair)


def _cell(key: str, value: object) -> object:
    if isinstance(value, list):
        return (" " if key == "inputs" else "x").join(map(str, value))
    return value


def field(row: NodeTrace) -> str:
    """The receptive field; behind a gate the local one beside it."""
    local = f" ({formats.pair(row.local_field)} locally)" if row.whole_image and row.local_field else ""
    return formats.pair(row.receptive_field) + local
