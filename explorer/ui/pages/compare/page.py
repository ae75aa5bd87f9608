"""The page: bars, columns, totals and charts, and what its other parts show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import streamlit as st

from explorer.analysis.candidates import MEASURES, Candidate, Point, candidate, growth
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw import comparison_bars
from explorer.draw.charts import compare as charts
from explorer.draw.charts.layout import STATIC
from explorer.draw.flow.strip import scale, strip
from explorer.spec.build import analyse, valid
from explorer.spec.spec import Spec
from explorer.ui.components import still, svg_picture
from explorer.ui.frame import frame, links, site
from explorer.ui.frame.pins import pinned
from explorer.ui.pages.compare import difference, zoo
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
            zoo.show(labels)
    if frame.is_visible("charts"):
        _charts(labels)
    if frame.is_visible("difference"):
        difference.show(view, labels)


def _explain(chosen: list[Candidate]) -> None:
    (first, name), (second, other) = ((valid(side.spec).totals, side.label) for side in chosen[:2])
    st.markdown(
        plain(
            f"{other} has {formats.number(second.params)} parameters "
            f"({formats.ratio(first.params, second.params)} of {name}) and takes {formats.macs(second.macs)} an image "
            f"({formats.ratio(first.macs, second.macs)}). Size, work, memory and "
            "sight are different things: the table sets each against the first network, the charts show where along "
            "the depth they come from, and the difference names every layer that is not the same in both."
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
    st.markdown("## Module by module, to one scale")
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
