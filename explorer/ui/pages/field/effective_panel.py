"""The effective receptive field in the page: measured untrained, and with the weights of a finished run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import streamlit as st

from explorer.analysis.field.box import Box
from explorer.analysis.field.measured import Effective
from explorer.cli.field import IMAGES
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw.charts import field as charts
from explorer.draw.charts.layout import STATIC
from explorer.graph.ops import Pair
from explorer.graph.trace import NodeTrace
from explorer.runs import client
from explorer.runs.client import Run
from explorer.runs.events import Finished
from explorer.spec.spec import Spec
from explorer.ui.components import task_status
from explorer.ui.frame import links, site
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_LISTED = 20
"""Trained runs to choose from, the newest ones."""


def show(view: View, row: NodeTrace, element: Pair | None, seen: Box | None) -> None:
    """The section, for an element of a node and its theoretical field."""
    st.markdown("## The field that counts")
    st.caption(
        plain(
            "Not every pixel of the theoretical field counts the same: those in its middle reach the element by more "
            "paths. The gradient of the element with respect to each pixel says how much it counts (Luo et al. 2016); "
            f"it is measured in a process of its own, as the mean over {IMAGES} random images."
        )
    )
    where = (f"--node={row.name}", *(() if element is None else (f"--element={element[0]}x{element[1]}",)), "--json")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Untrained**, with random weights")
        drawn = partial(_answer, seen=seen, key="untrained")
        task_status.show("Measure it", ("field", view.spec.to_json(), *where), drawn, about="Some seconds.")
    with right:
        st.markdown("**Trained**, with the weights of a finished run")
        if run := _run(view):
            drawn = partial(_answer, seen=seen, key="trained")
            args = ("field", f"--run={run}", *where)
            task_status.show("Measure the trained one", args, drawn, about="Some seconds.")


def _run(view: View) -> str:
    """The run that is chosen; empty where there is none of this network, which is said with a way to one."""
    try:
        titles = dict(_trained())
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return ""
    same = [id for id, run in titles.items() if _is_same(view.spec, run)]
    chosen = view.get(site.RUN)
    if chosen and chosen not in same:
        st.info(plain("The run in the link is not here, or is one of another network."), icon=":material/info:")
    if same:
        shown = chosen if chosen in same else same[0]
        st.selectbox(
            "Run", same, format_func=lambda id: _title(titles[id]), **state.bind_key(site.RUN, same, shown=shown)
        )
        return shown
    st.caption("No finished run of this network is kept here. Train it first; its weights are kept for this page.")
    link = site.TRAINING.link(View(view.spec))
    links.follow(site.TRAINING, "Train this network", link)
    for id, run in list(titles.items())[:3]:
        query = site.FIELD.link(View(run.spec).set(site.RUN, id))
        links.follow(site.FIELD, f"Look at a run of {run.spec.title}", query)
    return ""


def _trained() -> Iterator[tuple[str, Run]]:
    """The newest runs with weights, but for those that this version does not understand."""
    for id in client.trained()[:_LISTED]:
        with suppress(ExplorerError):
            yield id, client.status(id)


def _is_same(spec: Spec, run: Run) -> bool:
    """Whether a run has trained this network, up to the number of classes that its data ask for."""
    try:
        return run._replace(spec=spec).network == run.network
    except ExplorerError:
        return False


def _title(run: Run) -> str:
    reached = run.end.accuracy if isinstance(run.end, Finished) else None
    right = f", {formats.percent(reached)} right" if reached is not None else ""
    length = f"{run.config.epochs} epochs" if run.config.seconds is None else f"{run.config.seconds} s"
    return f"{run.spec.title}, {length} on {run.data.title}{right}"


def _answer(text: bytes, seen: Box | None, key: str) -> None:
    try:
        measured = Effective.from_json(text)
    except ExplorerError as error:
        st.error(plain(f"{error}."), icon=":material/error:")
        return
    words = (
        f"{formats.number(measured.pixels)} pixels move it by more than 4.55 % of what the strongest does: "
        f"{formats.percent(measured.share)} of the {formats.number(measured.area)} pixels of the theoretical field in "
        "the image. "
        f"Within one standard deviation, {2 * measured.deviation[0]:.0f}x{2 * measured.deviation[1]:.0f} pixels wide, "
        f"lies {formats.percent(measured.inside)} of the gradient; of an even field it would be "
        f"{formats.percent(1 / 3)}."
    )
    st.plotly_chart(
        charts.heat(measured, seen), key=f"heat {key}", config=STATIC, alt=f"A map of the gradient: {words}"
    )
    st.markdown(plain(words))
    st.caption("Dashed: the theoretical field. Ellipse: one standard deviation. The shade is the root of the gradient.")
