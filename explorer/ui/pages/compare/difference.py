"""What differs between two networks: by module, and node by node."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.analysis.compare import KINDS, SAME, Alignment, Difference, ModulePair, align
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw import diagram
from explorer.graph.trace import NodeTrace, Totals, Trace, partial_trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.ui.components import graph_diagram
from explorer.ui.frame import site
from explorer.ui.pages import drawn
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View


def show(view: View, labels: dict[str, Spec]) -> None:
    """The difference of the first network and another one."""
    st.markdown("## What differs")
    (first, before), *others = labels.items()
    names = [label for label, _ in others]
    against = min(view.get(site.AGAINST), len(others))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(others) > 1:
            st.segmented_control(
                "Against the first",
                range(1, len(labels)),
                format_func=lambda number: plain(names[number - 1]),
                required=True,
                **state.bind_key(site.AGAINST, default="default", shown=against),
            )
        st.toggle("Unchanged ones too", **state.bind_key(site.UNCHANGED))
    second, after = others[against - 1]
    alignment = align(before, after)
    st.caption(plain(_sentence(alignment, first, second)))
    modules = [pair for pair in alignment.modules if pair.differs or view.get(site.UNCHANGED)]
    if modules:
        _table([_module_cells(alignment, pair) for pair in modules])
    if modules and alignment.by_name:
        _nodes(view, modules)
    beside = [pair for pair in modules if view.get(site.INSIDE) in ("", pair.name)]
    if beside:
        _beside(beside[0], (first, before), (second, after), drawn.type_size(view))


def _sentence(alignment: Alignment, first: str, second: str) -> str:
    """What the alignment means, and what all of it sums to."""
    if not alignment.by_name:
        return (
            f"{first} and {second} share next to no names ({formats.number(alignment.shared)} layers), so their layers "
            "cannot "
            "be set against each other. Their modules stand side by side by their place from the image on."
        )
    counts = [(kind, sum(pair.count(kind) for pair in alignment.modules)) for kind in KINDS]
    counted = ", ".join(f"{formats.number(count)} {kind}" for kind, count in counts if count)
    return f"From {first} (before) to {second} (after), layers aligned by name: {counted}."


def _module_cells(alignment: Alignment, pair: ModulePair) -> dict[str, object]:
    counts = {kind: pair.count(kind) for kind in KINDS if kind != SAME} if alignment.by_name else {}
    before, after = pair.sums
    grown = {"± parameters": after.params - before.params, "± MACs": after.macs - before.macs}
    return {"module": pair.name, **counts, **_costs(before, after), **grown}


def _costs(before: Totals | NodeTrace | None, after: Totals | NodeTrace | None) -> dict[str, object]:
    """Both numbers of parameters and of MACs; what is not there costs nothing."""
    return {
        "parameters before": before.params if before else 0,
        "parameters after": after.params if after else 0,
        "MACs before": before.macs if before else 0,
        "MACs after": after.macs if after else 0,
    }


def _nodes(view: View, modules: list[ModulePair]) -> None:
    names = ["", *(pair.name for pair in modules)]
    if view.get(site.INSIDE) not in names:
        names.append(view.get(site.INSIDE))
    st.selectbox(
        "Layers of", names, format_func=lambda name: name or "all modules", **state.bind_key(site.INSIDE, names)
    )
    rows = [
        _node_cells(pair, node)
        for pair in modules
        for node in pair.nodes
        if (node.kind != SAME or view.get(site.UNCHANGED)) and view.get(site.INSIDE) in ("", pair.name)
    ]
    if rows:
        _table(rows, height=min(420, 38 + 35 * len(rows)))
    else:
        st.caption("There is nothing to show of this module.")


def _beside(pair: ModulePair, before: tuple[str, Spec], after: tuple[str, Spec], type_size: int) -> None:
    """The layers of a module in both networks, side by side; in the second what is new or costs otherwise is marked."""
    old = _alone(before[1], pair.before)
    sides = ((before[0], pair.before, old, None), (after[0], pair.after, _alone(after[1], pair.after), old))
    for column, (label, name, trace, marked) in zip(st.columns(2), sides, strict=True):
        with column:
            st.markdown(f"**{plain(f'{label}: {name}' if name else f'{label}: nothing in its place')}**")
            if trace is not None:
                boxes = diagram.network(trace, (diagram.ALL,), before=marked)
                words = f"{label} {name}".replace(" ", "_")
                alt = f"Graph of the layers of {name} in {label}; the table above says what differs."
                graph_diagram.show(
                    boxes, key=f"beside {name} {marked is None}", name=words, alt=alt, type_size=type_size
                )


def _alone(spec: Spec, module: str) -> Trace | None:
    """A module's layers; None where it has none, or reads from or ends in more than one place."""
    if not module:
        return None
    try:
        return partial_trace(build(spec).alone(module))[0]
    except ExplorerError:
        return None


def _node_cells(pair: ModulePair, node: Difference) -> dict[str, object]:
    before, after = node.before, node.after
    return {
        "layer": f"{pair.name}.{node.name}" if node.name != pair.name else node.name,
        "what": f"{node.kind}: {', '.join(node.fields).replace('_', ' ')}" if node.fields else node.kind,
        "op": _both(before and before.op.describe(), after and after.op.describe()),
        "output": _both(before and formats.size(before.out_shape), after and formats.size(after.out_shape)),
        **_costs(before, after),
    }


def _both(before: str | None, after: str | None) -> str:
    """One text where both agree or there is only one."""
    return " → ".join(dict.fromkeys(text for text in (before, after) if text))


def _table(rows: list[dict[str, Any]], *, height: Any = "content") -> None:
    first = rows[0]
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format=formats.COLUMN)
        for name in first
        if any(isinstance(row[name], int) for row in rows)
    }
    columns[next(iter(first))] = st.column_config.TextColumn(width=235, pinned=True)
    st.dataframe(rows, hide_index=True, column_config=columns, height=height)
