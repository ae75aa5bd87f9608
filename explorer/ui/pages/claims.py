"""The claims page: what the sources say, what comes out, and the networks compared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.common import formats
from explorer.common.articles import ARTICLES, named
from explorer.common.errors import ExplorerError
from explorer.spec.spec import Spec
from explorer.studies.claims import CLAIMS, Claim, claim, jobs
from explorer.studies.claims.ledger import NEEDS_RUN, LedgerRow, costs, lines, tally
from explorer.ui.frame import frame, links, site
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_PICKED, _TABLE, _REFUSED = "claim picked", "claims table", "claim run refused"
_ICONS = {
    "✓": ":material/check_circle:",
    "◐": ":material/rule:",
    "✗": ":material/cancel:",
    "…": ":material/hourglass_empty:",
}


def show(view: View) -> None:
    """The whole page under its frame."""
    shown = lines()
    if frame.is_visible("text"):
        _explain()
    with st.container(horizontal=True, vertical_alignment="center"):
        marks = {line.summary: _mark(line) for line in shown}
        counts = ", ".join(f"{marks[summary]} {summary}: {count}" for summary, count in tally(shown).items())
        st.caption(plain(counts), width="content")
        running = _run_button(shown)
    st.fragment(_progress, run_every=1.0 if running else None)(running)
    id = _asked(view)
    if not frame.is_visible("table"):
        _detail(next(line for line in shown if line.claim.id == id))
        return
    left, right = st.columns([10, 11], gap="medium")
    with left:
        # The table's own buttons float on this line.
        st.caption("Click a row to open it.")
        _table(shown, id)
    with right:
        _detail(next(line for line in shown if line.claim.id == id))


def _explain() -> None:
    st.markdown(
        "Five articles on Inception networks say many things in numbers. Here each of them is computed: from the "
        "networks themselves, or by a short run where it speaks of training. Each shows both numbers, why, and the "
        "networks compared. At the end stand mistakes in the articles' code, shown by running it as written and "
        "done right."
    )


def _asked(view: View) -> str:
    """The claim of the link; the first one where there is none."""
    id = view.get(site.CLAIM)
    if not id:
        return next(iter(CLAIMS))
    try:
        return claim(id).id
    except ExplorerError as error:
        st.error(plain(f"That cannot be shown: {error}."), icon=":material/error:")
        return next(iter(CLAIMS))


def _table(shown: Sequence[LedgerRow], id: str) -> None:
    ids = [line.claim.id for line in shown]
    if st.session_state.get(_PICKED) != id:
        # A link chose it: a table of a new name takes its selection from here.
        st.session_state[_PICKED], st.session_state[_TABLE] = id, f"claims table at {id}"
    key = st.session_state[_TABLE]

    def pick() -> None:
        ((row, _), *_) = st.session_state[key].selection.cells or [(ids.index(id), "")]
        st.session_state[_PICKED] = ids[row]
        state.put(site.CLAIM, ids[row])

    st.dataframe(
        [
            {
                "verdict": f"{_mark(line)} {line.summary}",
                "claim": line.claim.title,
                "article": ARTICLES[line.claim.source].title,
            }
            for line in shown
        ],
        hide_index=True,
        height=490,
        column_config={
            "verdict": st.column_config.TextColumn(width=140),
            "claim": st.column_config.TextColumn(width=290),
            "article": st.column_config.TextColumn(width=120),
        },
        key=key,
        on_select=pick,
        # A click anywhere in a row; to select rows, one would have to hit the box beside them.
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [(ids.index(id), "claim")]}},
    )


def _mark(line: LedgerRow) -> str:
    """A sign for a verdict, which stands beside its words."""
    if line.found is None:
        return "…"
    if not line.found.verdict.holds:
        return "✗"
    return "◐" if line.found.verdict.condition else "✓"


def _run_button(shown: Sequence[LedgerRow]) -> bool:
    """The button for all that is still to be measured; returns whether a run is under way."""
    missing = [line.claim.id for line in shown if line.claim.needs_run and line.found is None]
    job = jobs.latest()
    running = job is not None and job.running
    if missing and not running:
        words = "Run what needs it (about a minute)" if len(missing) > 1 else "Run what needs it"
        st.button(words, icon=":material/play_arrow:", on_click=_start, args=(missing,), key="run all")
    return running


def _progress(was_running: bool) -> None:
    if refused := st.session_state.get(_REFUSED):
        st.error(plain(f"It was not started: {refused}."), icon=":material/error:")
    job = jobs.latest()
    if was_running and not (job and job.running):
        st.rerun()  # the whole page once more: with what was found, and without polling
    if job and job.running:
        st.info(plain(f"In a process of its own: {job.words} ..."), icon=":material/hourglass_empty:")
    elif job and job.failed:
        st.error(plain(f"The run failed: {job.failed}."), icon=":material/error:")


def _start(ids: Sequence[str]) -> None:
    try:
        jobs.start(ids)
        st.session_state[_REFUSED] = None
    except ExplorerError as error:
        st.session_state[_REFUSED] = str(error)


def _detail(line: LedgerRow) -> None:
    entry, claimed = line.found, line.claim
    with st.container(border=True):
        words = str(entry.verdict) if entry else NEEDS_RUN
        st.markdown(f"## {_ICONS[_mark(line)]} {plain(words[0].upper() + words[1:])}")
        st.markdown(plain(named(claimed.text)))
        if entry is None:
            st.caption("Nothing is known yet: this one is measured by running it, in a process of its own.")
            job = jobs.latest()
            busy = job is not None and job.running
            st.button("Run this", icon=":material/play_arrow:", on_click=_start, args=([claimed.id],), disabled=busy)
        else:
            stated, computed = st.columns(2)
            stated.markdown(f"**The article**  \n{plain(named(entry.stated))}")
            computed.markdown(f"**Here**  \n{plain(named(entry.computed))}")
            st.markdown(f"**Why.** {plain(named(entry.why))}")
        _evidence(claimed)
        measured = f", measured {line.when.astimezone():%Y-%m-%d %H:%M}" if line.when else ""
        article = ARTICLES[claimed.source]
        st.caption(plain(f'{claimed.id}, from "{article.title}" ({article.about}){measured}'))


def _evidence(claimed: Claim) -> None:
    """The networks compared, and a link that opens each."""
    header = "| network | parameters | MACs | receptive field |\n|---|---:|---:|---:|"
    rows = [
        f"| {plain(network.label)} | {formats.number(cost.totals.params)} | {formats.short(cost.totals.macs)} "
        f"| {formats.pair(cost.field)} |"
        for network, cost in zip(claimed.networks, costs(claimed.id), strict=True)
    ]
    st.markdown("\n".join([header, *rows]))
    parts = dict.fromkeys(network.part for network in claimed.networks if network.part)
    if parts:
        st.caption(plain(f"Counted is {', '.join(parts)} alone."))
    with st.container(horizontal=True, gap="small"):
        _links(claimed)


def _links(claimed: Claim) -> None:
    """One for each network that can be opened; what no rewrite makes is opened before its edit."""
    labels: dict[Spec, str] = {}
    for network in sorted(claimed.networks, key=lambda network: network.edit is not None):
        words = f"{network.label}, before the edit for this claim" if network.edit else network.label
        labels.setdefault(network.spec, words)
    for spec, label in labels.items():
        query = spec.to_query()
        links.follow(site.BUILD, f"Open {label}", query)
