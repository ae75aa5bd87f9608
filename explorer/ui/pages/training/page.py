"""The training page: the form of the next run, and beside it one run as it goes, or all of them."""

from __future__ import annotations

import streamlit as st

from explorer.common.errors import ExplorerError
from explorer.runs import client
from explorer.runs.client import Run
from explorer.runs.executor import base
from explorer.ui.components import chip_line
from explorer.ui.frame import frame, site
from explorer.ui.pages.training import form, run_panel, runs_table
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_VIEWS = {"run": "This run", "runs": "All runs"}


def show(view: View) -> None:
    """The whole page under its frame."""
    runs = _found()
    if runs is None:
        return
    if not any(run.under_way for run in runs):
        base.current().prewarm()
    view = form.with_data(view)
    if frame.is_visible("form"):
        chip_line.show(view.spec, key="chips")
    left, right = st.columns([2, 5], gap="large") if frame.is_visible("form") else (None, st.container())
    if left is not None:
        with left:
            form.show(view, runs)
    if frame.is_visible("runs"):
        with right:
            _runs(view, runs)


def _found() -> list[Run] | None:
    """The newest runs; None where the list of them cannot be used, which is said."""
    try:
        return client.find()
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return None


def _runs(view: View, runs: list[Run]) -> None:
    st.segmented_control(
        "Shown",
        list(_VIEWS),
        format_func=_VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **state.bind_key(site.SHOWN, default="default"),
    )
    (run_panel.show if view.get(site.SHOWN) == "run" else runs_table.show)(view, runs)
