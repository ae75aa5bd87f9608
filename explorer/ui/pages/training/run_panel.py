"""One run: how it stands, its curves as they grow, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import streamlit as st

from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw.charts import run as charts
from explorer.draw.charts.layout import STATIC
from explorer.draw.schedule_picture import schedule
from explorer.runs import client, devices
from explorer.runs.client import Curve, Run
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished, Progress, Validation
from explorer.runs.measures import MEASURES
from explorer.runs.store import FAILED, QUEUED, STOPPED
from explorer.runs.table import clock, turn
from explorer.spec.chips import named
from explorer.ui.components import svg_picture
from explorer.ui.frame import frame, site
from explorer.ui.pages.training import form, report_panel, run_files
from explorer.ui.session import state, visitor
from explorer.ui.session.text import label, plain
from explorer.ui.session.view import View

_LISTED = 20
"""Runs to choose from, the newest ones of this browser."""
_SAID, _STOPPED = "run said", "run stopped"
_MEASURED = {
    "Held-out accuracy": "Share of right answers on the {:,} images that it never learns from, after its last whole "
    "epoch.",
    "Training accuracy": "Share of right answers over its last steps, on the images that it learns from.",
    "Training loss": "Mean cross-entropy over its last steps, as it is minimised.",
    "Images a second": "Over its last steps.",
}
_WHOLE = " with PyTorch's own"
"""On a CPU it is the memory of the whole process."""
_AWAITED, _WATCHED = 0.25, 1.0
"""Seconds between two looks at a run: until its first point, and from then on."""


def show(view: View, runs: Sequence[Run]) -> None:
    """The section of one run.

    Args:
        view: what the page shows.
        runs: the newest runs of everybody.
    """
    if words := st.session_state.get(_SAID):
        st.warning(plain(f"{words}."), icon=":material/info:")
    run = _chosen(view, runs)
    if run is None:
        _first(view)
        return
    st.caption(plain(f"{run.config.words}."))
    begun = bool(client.curve(run.id).progress)
    every = (_WATCHED if begun or run.state == QUEUED else _AWAITED) if run.under_way else None
    st.fragment(_watch, run_every=every)(run.id, run.under_way, begun, _before(run, runs))
    if not run.under_way:
        _actions(run)
        if frame.is_visible("report"):
            report_panel.show(view, run)


def _chosen(view: View, runs: Sequence[Run]) -> Run | None:
    """The run in the link, or this browser's newest; None where there is none, which is said."""
    here = {run.id: run for run in runs if run.owner == visitor.owner()}
    here = dict(list(here.items())[:_LISTED])
    if (id := view.get(site.RUN)) and id not in here:
        try:
            here[id] = client.status(id)
        except ExplorerError as error:
            st.info(plain(f"{error}: it may have been deleted."), icon=":material/info:")
    if not here:
        others = " Those of other browsers stand under All runs, Everybody's." if runs else ""
        st.info(f"No run of this browser yet. One that you start goes on when you leave this page.{others}")
        return None
    shown = id if id in here else next(iter(here))
    st.selectbox(
        "Run", list(here), format_func=lambda id: _title(here[id]), **state.bind_key(site.RUN, here, shown=shown)
    )
    return here[shown]


def _before(run: Run, runs: Sequence[Run]) -> str:
    """The run that this browser ended last before this one, on the same images; empty where there is none."""
    older = (one for one in runs if one.owner == run.owner and one.submitted < run.submitted and not one.under_way)
    return next((one.id for one in older if one.config.data == run.config.data), "")


def _ghost(id: str) -> charts.Ghost | None:
    """What stands behind a run; None where it measured nothing, or has been deleted."""
    try:
        return _ended(id) if id else None
    except ExplorerError:
        return None


@lru_cache(maxsize=32)
def _ended(id: str) -> charts.Ghost | None:
    run, curve = client.status(id), client.curve(id)
    return charts.Ghost(f"{named(run.spec, 30)}, before", curve, run.batches) if curve.validated else None


def _first(view: View) -> None:
    """What a first run will be seen in: what draws charts is loaded, and little moves when it starts."""
    config = form.chosen(view)
    easy = site.TRAINING.first
    if easy is not None and view.spec.architecture != easy.architecture:
        words = label(f"Begin with {named(easy)} at {formats.size(easy.build_config.input_shape[1:])}")
        st.button(words, icon=":material/model_training:", on_click=lambda: state.edit(lambda _: easy))
    _curves(Curve(), config, config.batches)


def _title(run: Run) -> str:
    # How it stands is said below: a browser knows its choice by the name, which must not change.
    whose = "" if run.owner == visitor.owner() else ", by another browser"
    return f"{clock(run)}  {named(run.spec)} on {run.data.title}{whose}"


def _watch(id: str, was_under_way: bool, had_begun: bool, before: str) -> None:
    try:
        run, curve = client.status(id), client.curve(id)
    except ExplorerError:
        st.rerun()  # it was deleted: the whole page says so
    if (run.under_way, bool(curve.progress)) != (was_under_way, had_begun):
        st.rerun()  # the whole page once more: the pace of the polling changes with it
    last = curve.progress[-1] if curve.progress else None
    _headline(run, last)
    for words in curve.notes:
        st.warning(plain(f"{words}."), icon=":material/info:")
    if last is not None or run.under_way:  # empty at first, so that nothing moves when the first point comes
        _numbers(run, last, curve.validated[-1] if curve.validated else None)
        _curves(curve, run.config, run.batches, _ghost(before))


def _headline(run: Run, last: Progress | None) -> None:
    if run.reason:
        st.error(plain(f"The run failed: {run.reason}."), icon=":material/error:")
    elif run.under_way:
        asked = st.session_state.get(_STOPPED) == run.id  # it stops at its next step, or once it has begun
        words = "Stopping" if asked else "Stop"
        with st.container(horizontal=True, vertical_alignment="center"):
            _progress(run, last)
            st.button(words, icon=":material/stop:", disabled=asked, on_click=_act, args=(client.cancel, run.id))
    else:
        seconds = f" after {run.end.seconds:.1f} s on {run.end.device}" if isinstance(run.end, Finished) else ""
        words = f"{'Stopped' if run.state == STOPPED else 'Finished'}{seconds}"
        st.progress(last.share if last else 0.0, plain(words))


def _progress(run: Run, last: Progress | None) -> None:
    if run.state == QUEUED:
        st.progress(0.0, plain(f"It waits for a free device: {turn(client.queue_position(run.id))}."))
    elif last is None:
        # Where its images have to come from the internet first, the worker says how far it is.
        line = client.last_line(run.id)
        st.progress(0.0, plain(line or "Starting the worker process ..."))
    else:
        epoch = f"Epoch {last.epoch} of {last.epochs}" if last.epochs else f"Epoch {last.epoch}"
        st.progress(last.share, plain(f"{epoch}, about {formats.duration(last.seconds_left)} left"))


def _numbers(run: Run, last: Progress | None, measured: Validation | None) -> None:
    values = (
        formats.percent(measured.accuracy, 2) if measured else "–",
        formats.percent(last.accuracy) if last else "–",
        f"{last.loss:.4f}" if last else "–",
        f"{last.images_per_second:,.0f}" if last else "–",
    )
    with st.container(horizontal=True, gap="small"):
        for (name, words), value in zip(_MEASURED.items(), values, strict=True):
            st.metric(name, value, border=True, help=words.format(run.data.held_out))
    with st.container(horizontal=True, vertical_alignment="center"):
        rate = f"Learning rate {formats.rate(last.lr)}" if last else "Learning rate"
        st.caption(plain(rate), width="content")
        with st.container(width=120):
            svg_picture.show(
                schedule(run.config.schedule, last.share if last else 0.0),
                key="rate",
                alt=f"{rate}, marked on its schedule.",
            )
        held = f", held-out loss {measured.loss:.4f}" if measured else ""
        if last:
            memory = f"{formats.bytes_(last.memory)}{_WHOLE if run.device == devices.CPU else ''}"
            spent = f"Memory {memory}, {last.seconds:.1f} s since the start{held}"
            st.caption(plain(spent), width="content")


def _curves(curve: Curve, config: TrainConfig, batches: int, ghost: charts.Ghost | None = None) -> None:
    epochs = config.epochs if config.seconds is None else None
    for what, column in zip(("loss", "accuracy"), st.columns(2), strict=True):
        figure = charts.curves(curve, what, batches, epochs, ghost)
        alt = f"{MEASURES[what].title} over the epochs, on training images and on held-out ones; {_now(curve, what)}."
        column.plotly_chart(figure, key=what, config=STATIC, alt=alt)


def _now(curve: Curve, what: str) -> str:
    if not curve.progress:
        return "nothing is measured yet"
    now = getattr(curve.progress[-1], what)
    return f"in training now {formats.percent(now) if what == 'accuracy' else f'{now:.4f}'}"


def _actions(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run.state in (STOPPED, FAILED):
            st.button(
                "Resume",
                icon=":material/resume:",
                help="It goes on from its checkpoint, or from the start where it has none.",
                on_click=_act,
                args=(client.resume, run.id),
            )
        st.button(
            "Use its settings",
            icon=":material/replay:",
            help="Puts its network and its settings into the form: to train it again, or with one thing changed.",
            on_click=_use,
            args=(run,),
        )
        run_files.show(run)
        with st.popover("Delete", icon=":material/delete:"):
            whose = "" if run.owner == visitor.owner() else " It was started in another browser."
            st.markdown(f"This forgets the run with its curves and its weights.{whose}")
            st.button("Delete it for good", type="primary", on_click=_delete, args=(run.id,))
    log = st.expander("Log", key="run log", on_change="rerun")
    if log.open:
        if output := client.logs(run.id):
            log.code(output, language=None, height=240)
        else:
            log.caption("Its process has written nothing.")


def _act(do: Callable[[str], None], id: str) -> None:
    """Does something with a run, or keeps the sentence of why it cannot be done."""
    try:
        do(id)
        st.session_state[_SAID] = None
        st.session_state[_STOPPED] = id if do is client.cancel else None
    except ExplorerError as error:
        st.session_state[_SAID] = str(error)


def _use(run: Run) -> None:
    def filled(view: View) -> View:
        view = view._replace(spec=run.spec)
        for name, key in site.CONFIG.items():
            view = view.set(key, getattr(run.config, name))
        return view

    state.move(filled)


def _delete(id: str) -> None:
    _act(client.delete, id)
    if not st.session_state[_SAID]:
        state.put(site.RUN, "")
