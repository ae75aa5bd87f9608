"""All runs: a table to filter and to choose from, the chosen ones' curves on one another, and what accuracy costs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from explorer.common import formats, limits
from explorer.common.errors import ExplorerError
from explorer.draw.charts import runs as charts
from explorer.draw.charts.layout import STATIC
from explorer.runs import client, table
from explorer.runs.client import Run
from explorer.runs.events import Validation
from explorer.runs.measures import MEASURES
from explorer.runs.table import OVER, PRICES, RunSummary
from explorer.ui.frame import site
from explorer.ui.session import state, visitor
from explorer.ui.session.keys import Key
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_HEIGHT = 300
_EVERY = 2.0
"""Seconds between two looks at how the runs stand."""
_FILTERS = (
    ("Network", site.NAMED, "network"),
    ("Images", site.DRAWN_FROM, "data"),
    ("State", site.IN_STATE, "state"),
)
_COLUMNS: dict[str, Any] = {
    "started": st.column_config.TextColumn("submitted", width=150),
    "network": st.column_config.TextColumn(width=190),
    "accuracy": st.column_config.NumberColumn("held-out accuracy", format="percent"),
    "loss": st.column_config.NumberColumn("held-out loss", format="%.4f"),
    "seconds": st.column_config.NumberColumn(format="%.1f"),
    "images_per_second": st.column_config.NumberColumn("images a second", format="%,d"),
    "params": st.column_config.NumberColumn("parameters", format=formats.COLUMN),
    "macs": st.column_config.NumberColumn("MACs", format=formats.COLUMN),
    "lr": st.column_config.NumberColumn("learning rate", format="%g"),
}
_SHOWN = (
    "started", "network", "accuracy", "data", "state", "loss", "seconds", "params", "macs", "images_per_second",
    "epochs", "batch", "optimizer", "lr", "seed", "device", "study",
)  # fmt: skip


def show(view: View, runs: Sequence[Run]) -> None:
    """The section of all runs.

    Args:
        view: what the page shows.
        runs: the newest runs of everybody.
    """
    owner = visitor.owner()
    lines = [table.line(run, owner) for run in runs]
    shown = _filtered(view, lines)
    chosen = _labels(view, runs)
    _tell_unreadable()
    if not shown:
        st.info("No run is like that." if lines else "No run yet. One that you start is listed here.")
    else:
        _table(view, shown)
    if any(run.under_way for run in runs):
        st.fragment(_watch, run_every=_EVERY)(_states(runs))
    left, right = st.columns(2, gap="medium")
    with left:
        _overlay(view, chosen)
    with right:
        _scatter(view, shown, chosen)
    _tell_mixed([line for line in lines if line.id in chosen])


def _watch(before: list[tuple[str, str]]) -> None:
    """Draws the page once more when a run has come, gone or changed."""
    with suppress(ExplorerError):
        if _states(client.find()) == before:
            return
    st.rerun()


def _states(runs: Sequence[Run]) -> list[tuple[str, str]]:
    return [(run.id, run.state) for run in runs]


def _tell_mixed(lines: Sequence[RunSummary]) -> None:
    titles = sorted({line.data for line in lines})
    if len(titles) > 1:
        words = f"The ticked runs are of {len(titles)} sets of images, {'; '.join(titles)}: an accuracy on one says "
        st.caption(plain(f"{words}nothing against an accuracy on another."))


def _tell_unreadable() -> None:
    if lost := client.unreadable():
        runs_are = "1 run is" if len(lost) == 1 else f"{len(lost)} runs are"
        words = f"{runs_are} kept and cannot be read, such as {lost[0]}: 'python -m explorer runs delete' forgets one."
        st.warning(plain(words), icon=":material/info:")


def _filtered(view: View, lines: Sequence[RunSummary]) -> list[RunSummary]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Whose",
            ["mine", "all"],
            format_func=lambda whose: "Mine" if whose == "mine" else "Everybody's",
            required=True,
            label_visibility="collapsed",
            **state.bind_key(site.WHOSE, default="default"),
        )
        for label, key, field in _FILTERS:
            there = sorted({getattr(line, field) for line in lines})
            options = list(dict.fromkeys(["", *there, view.get(key)]))
            st.selectbox(
                label,
                options,
                format_func=lambda option: plain(option) or "all",
                width=150,
                **state.bind_key(key, options),
            )
    wanted = {field: view.get(key) for _, key, field in _FILTERS}
    return table.matching(lines, mine=view.get(site.WHOSE) == "mine", **wanted)


def _table(view: View, lines: Sequence[RunSummary]) -> None:
    ids = [line.id for line in lines]
    chosen = [row for row, id in enumerate(ids) if id in view.get(site.OVERLAID)]
    # Places mean something in the rows that they were chosen from, and in no others.
    key = f"runs {hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}"
    if key in st.session_state and list(st.session_state[key].selection.rows) != chosen:
        st.session_state[key] = {"selection": {"rows": chosen}}

    def choose() -> None:
        others = [id for id in state.view().get(site.OVERLAID) if id not in ids]
        rows = st.session_state[key].selection.rows
        state.put(site.OVERLAID, (*others, *(ids[row] for row in rows)))

    st.dataframe(
        [{name: getattr(line, name) for name in _SHOWN} for line in lines],
        hide_index=True,
        column_config=_COLUMNS,
        height=min(_HEIGHT, 38 + 35 * len(lines)),
        placeholder="",
        key=key,
        on_select=choose,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": chosen}},
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Tick one to open it, and up to {limits.MAX_OVERLAID} to compare them. A click on a column's name sorts.",
            width="content",
        )
        csv = partial(table.to_csv, lines)
        ticked = view.get(site.OVERLAID)
        if len(ticked) == 1:
            st.button("Open the ticked run", icon=":material/open_in_full:", on_click=_open, args=ticked)
        st.download_button("CSV", csv, "runs.csv", "text/csv", icon=":material/download:", on_click="ignore")


def _open(id: str) -> None:
    state.move(lambda view: view.set(site.RUN, id).set(site.SHOWN, "run"))


def _labels(view: View, runs: Sequence[Run]) -> dict[str, str]:
    """The chosen runs that are there, by id, each with its label."""
    known = {run.id: run for run in runs}
    chosen = (known.get(id) or _run(id) for id in view.get(site.OVERLAID))
    return table.labels(run for run in chosen if run is not None)


def _run(id: str) -> Run | None:
    """A run that is too old for the list; None where there is none."""
    try:
        return client.status(id)
    except ExplorerError:
        return None


def _overlay(view: View, chosen: dict[str, str]) -> None:
    what, over = view.get(site.MEASURE), view.get(site.OVER)
    with st.container(horizontal=True):
        _switch("Measure", site.MEASURE, {name: measure.title for name, measure in MEASURES.items()})
        _switch("Over", site.OVER, OVER)
    curves = {label: client.curve(id).validated for id, label in chosen.items()}
    if not any(curves.values()):
        st.info("The curves of the runs that you tick are drawn here on one another.")
        return
    ends = [f"{label} {_told(points[-1], what)}" for label, points in curves.items() if points]
    alt = f"{MEASURES[what].title} on the held-out images over {OVER[over]}; at the end: {', '.join(ends)}."
    st.plotly_chart(charts.overlay(curves, what, over), key="overlay", config=STATIC, alt=alt)


def _told(point: Validation, what: str) -> str:
    value: float = getattr(point, what)
    return formats.percent(value) if MEASURES[what].is_share else f"{value:.4f}"


def _scatter(view: View, lines: Sequence[RunSummary], chosen: dict[str, str]) -> None:
    price = view.get(site.PRICE)
    _switch("Against", site.PRICE, PRICES)
    known = [line for line in lines if line.accuracy is not None]
    if not known:
        st.info("The accuracy of each finished run is set against its cost here.")
        return
    best = max(known, key=lambda line: line.accuracy or 0.0)
    alt = (
        f"Held-out accuracy of {len(known)} runs against {PRICES[price]}; the best is {best.network} on {best.data} "
        f"with {formats.percent(best.accuracy or 0.0)}."
    )
    st.plotly_chart(charts.scatter(lines, chosen, price), key="scatter", config=STATIC, alt=alt)


def _switch(label: str, key: Key[str], names: dict[str, str]) -> None:
    st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        **state.bind_key(key, default="default"),
    )
