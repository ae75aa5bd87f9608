"""The compare page: two to four networks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from explorer.analysis.candidates import MEASURES, Candidate, Point, candidate, growth, uses
from explorer.analysis.compare import KINDS, SAME, Alignment, Difference, ModulePair, align
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw import comparison_bars
from explorer.draw.charts import compare as charts
from explorer.draw.charts.layout import STATIC
from explorer.draw.flow.strip import scale, strip
from explorer.graph.trace import NodeTrace, Totals
from explorer.spec.build import analyse, valid
from explorer.spec.spec import Spec
from explorer.ui.components import still, svg_picture
from explorer.ui.frame import frame, links, site
from explorer.ui.frame.pins import pinned
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View
from explorer.zoo import ARCHITECTURES
from explorer.zoo.published import TOP_1


def show(view: View) -> None:
    """The whole page under its frame."""
    chosen = [candidate(text) for key in site.SIDES if (text := view.get(key))]
    _explain(chosen)
    if frame.is_visible("choice"):
        _choose(view)
    labels = _distinct(chosen)
    if frame.is_visible("bars"):
        _bars(labels)
    if frame.is_visible("networks"):
        _networks(labels)
    left, right = st.columns([3, 2], gap="medium")
    if frame.is_visible("totals"):
        with left:
            _totals(labels)
    if frame.is_visible("zoo"):
        with right:
            _zoo(labels)
    if frame.is_visible("charts"):
        _charts(labels)
    if frame.is_visible("difference"):
        _difference(view, labels)


def _explain(chosen: list[Candidate]) -> None:
    (first, name), (second, other) = ((valid(side.spec).totals, side.label) for side in chosen[:2])
    st.markdown(
        plain(
            f"{other} has {formats.number(second.params)} parameters "
            f"({formats.ratio(first.params, second.params)} of {name}) and takes {formats.macs(second.macs)} an image "
            f"({formats.ratio(first.macs, second.macs)}). Size, work, memory and "
            "sight are different things: the table sets each against the first network, the charts show where along "
            "the depth they come from, and the difference names every node that is not the same in both."
        )
    )


def _choose(view: View) -> None:
    options = dict.fromkeys(Candidate(Spec.make(id)).text for id in ARCHITECTURES)
    options |= dict.fromkeys(_pins())
    columns = st.columns(len(site.SIDES))
    for index, (key, column) in enumerate(zip(site.SIDES, columns, strict=True)):
        none = [""] if index > 1 else []
        here = dict.fromkeys([*none, *options, view.get(key)])
        if index < 2:
            here.pop("", None)
        column.selectbox(
            f"{_ORDINALS[index]} network",
            list(here),
            format_func=lambda text: candidate(text).label if text else "none",
            **state.bind_key(key, here),
        )


def _pins() -> Iterator[str]:
    """The pinned networks that can be compared: of those that do not fit their input there are no numbers."""
    for pin in pinned():
        if pin.page.slot:
            with suppress(ExplorerError):
                yield candidate(Candidate(pin.view.spec, pin.name).text).text


_ORDINALS = ("First", "Second", "Third", "Fourth")


def _distinct(chosen: list[Candidate]) -> dict[str, Spec]:
    """Each network under a label that no other has."""
    labels: dict[str, Spec] = {}
    for number, side in enumerate(chosen, 1):
        labels[side.label if side.label not in labels else f"{side.label} ({number})"] = side.spec
    return labels


def _bars(labels: dict[str, Spec]) -> None:
    traces = {label: valid(spec) for label, spec in labels.items()}
    alt = "Bars: parameters, MACs and activations of each network, by module; the table says the sums in text."
    svg_picture.show(comparison_bars.bars(traces), key="compare bars", alt=alt, shrinks=False)


def _networks(labels: dict[str, Spec]) -> None:
    """Each network, a module a column, all of them to one scale."""
    st.markdown("##### Module by module, to one scale")
    st.caption("Parameters upwards, MACs downwards; an edited network has its original as a line.")
    traces = {label: (valid(spec), analyse(spec.unedited).trace) for label, spec in labels.items()}
    most = scale(traces.values())
    for label, (now, original) in traces.items():
        st.markdown(f"**{plain(label)}**")
        picture = strip(now, original, width=_WIDE, most=most)
        alt = f"{labels[label].title}: a column for each of its modules; the table says the sums in text."
        still.show(picture, alt=alt)


_WIDE = 1200
"""Pixels of a network's columns, where it has few."""


# On a narrow screen Streamlit lets a table run out of its page.
_SCROLLED = "<style>[data-testid=stMarkdownContainer]:has(table) { overflow-x: auto; }</style>"


def _totals(labels: dict[str, Spec]) -> None:
    first, *others = labels.values()
    rows = []
    for measure in MEASURES:
        base = measure.value(first)
        values = [measure.value(spec) for spec in others]
        if base or any(values):
            cells = [f"{measure.write(value)} {_muted(formats.ratio(base, value))}" for value in values]
            rows.append(f"| {measure.name} | {' | '.join([measure.write(base), *cells])} |")
    known = [TOP_1.get(spec.architecture) if spec == Spec.make(spec.architecture) else None for spec in labels.values()]
    if any(known):
        cells = [f"{one.top_1:.1f} %" if one else "" for one in known]
        rows.append(f"| published top-1 on ImageNet | {' | '.join(cells)} |")
    st.html(_SCROLLED)
    header = " | ".join(plain(label) for label in labels)
    st.markdown("\n".join([f"| measure | {header} |", f"|---|{'---:|' * len(labels)}", *rows]))
    sources = [f"{label}: {one.source}" for label, one in zip(labels, known, strict=True) if one]
    if sources:
        st.caption(plain(f"Published, one network and one crop; edited networks have none. {'. '.join(sources)}."))
    with st.container(horizontal=True, gap="small"):
        for label, spec in labels.items():
            query = site.BUILD.link(View(spec))
            links.follow(site.BUILD, f"Open {label}", query)


def _muted(text: str) -> str:
    return f":gray[{text}]" if text else ""


def _charts(labels: dict[str, Spec]) -> None:
    lines = {label: growth(spec) for label, spec in labels.items()}
    for what, column in zip(charts.OVER_DEPTH, st.columns(len(charts.OVER_DEPTH)), strict=True):
        last = ", ".join(f"{label} {formats.short(_last(points, what))}" for label, points in lines.items())
        alt = f"{charts.OVER_DEPTH[what]} over depth; at the end: {last}."
        column.plotly_chart(charts.over_depth(lines, what), key=f"over depth {what}", config=STATIC, alt=alt)


def _last(points: Sequence[Point], what: str) -> int:
    last: int = next(value for point in reversed(points) if (value := getattr(point, what)) is not None)
    return last


def _difference(view: View, labels: dict[str, Spec]) -> None:
    st.markdown("##### What differs")
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


def _sentence(alignment: Alignment, first: str, second: str) -> str:
    """What the alignment means, and what all of it sums to."""
    if not alignment.by_name:
        return (
            f"{first} and {second} share next to no names ({formats.number(alignment.shared)} nodes), so their nodes "
            "cannot "
            "be set against each other. Their modules stand side by side by their place from the image on."
        )
    counts = [(kind, sum(pair.count(kind) for pair in alignment.modules)) for kind in KINDS]
    counted = ", ".join(f"{formats.number(count)} {kind}" for kind, count in counts if count)
    return f"From {first} (before) to {second} (after), nodes aligned by name: {counted}."


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
        "Nodes of", names, format_func=lambda name: name or "all modules", **state.bind_key(site.INSIDE, names)
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


def _node_cells(pair: ModulePair, node: Difference) -> dict[str, object]:
    before, after = node.before, node.after
    return {
        "node": f"{pair.name}.{node.name}" if node.name != pair.name else node.name,
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


def _zoo(labels: dict[str, Spec]) -> None:
    zoo = {entry.title: valid(Spec.make(id)).totals for id, entry in ARCHITECTURES.items()}
    chosen = {label: valid(spec).totals for label, spec in labels.items()}
    ratios = "; ".join(
        f"{label}: {formats.number(t.params)} parameters, {formats.macs(t.macs)}" for label, t in chosen.items()
    )
    least, most = uses(zoo.values())
    st.caption(
        plain(
            f"Each point is a network at its own input size. A parameter takes part in {least:.0f} to {most:.0f} MACs "
            "an image: a linear layer uses each weight once, a convolution once at every position of its map."
        )
    )
    st.plotly_chart(charts.scatter(zoo, chosen), key="zoo", config=STATIC, alt=f"Parameters against MACs. {ratios}.")
    with st.expander("What was published of each", on_change="rerun", key="published"):
        if st.session_state.get("published"):
            _published()


def _published() -> None:
    """Every network with its year, its costs, and what was published of its accuracy."""
    rows = [
        {
            "network": entry.title,
            "year": str(entry.year),
            "top-1, %": TOP_1[id].top_1 if id in TOP_1 else None,
            "parameters": (totals := valid(Spec.make(id)).totals).params,
            "MACs": totals.macs,
            "source": TOP_1[id].source if id in TOP_1 else "",
        }
        for id, entry in ARCHITECTURES.items()
    ]
    rows.sort(key=lambda row: row["top-1, %"] or 0, reverse=True)
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format=formats.COLUMN) for name in ("parameters", "MACs")
    }
    columns["top-1, %"] = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(rows, hide_index=True, column_config=columns, height=300)
