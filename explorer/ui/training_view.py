"""The training page: a short run of the current network, in a process of its own, watched live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from explorer import theme
from explorer.charts.run import curve
from explorer.errors import ExplorerError
from explorer.network import analyse, at_size
from explorer.spec import Spec
from explorer.training import runs
from explorer.training.config import DATA, DEVICES, PASSES, Done, Progress, TrainConfig, epoch_macs, training_spec
from explorer.training.runs import RunStatus
from explorer.ui import frame, pages, state
from explorer.ui.text import plain
from explorer.ui.view import View

_REFUSED = "run refused"
_EPOCHS, _BATCHES = 50, (16, 32, 64, 128, 256)
"""What the form offers; a link may bring more."""
_MANY_MACS = 10**12
"""MACs of an epoch from which a CPU needs minutes."""
_SMALL_SIDE = 64
_LISTED = 20
"""Runs to choose from, the newest ones."""


def show(view: View) -> None:
    """The whole page under its frame."""
    left, right = st.columns([2, 5], gap="large")
    with left:
        if frame.shows("form"):
            _network(view.spec)
            _form(view)
    with right:
        if frame.shows("runs"):
            _runs(view)


def _network(spec: Spec) -> None:
    st.markdown(f"##### {plain(spec.title)}")
    if spec.edits:
        st.caption(f"with {spec.edits} edit{'s' if spec.edits > 1 else ''}")
    st.page_link(pages.NETWORK.file, label="Change it", icon=pages.NETWORK.icon, query_params=spec.to_query())


def _form(view: View) -> None:
    st.button("Start", type="primary", icon=":material/play_arrow:", width="stretch", on_click=_start)
    _size(view.spec, view.get(pages.CONFIG["data"]))
    st.selectbox("Images", list(DATA), format_func=_data_title, **_bound("data", DATA))
    st.slider("Epochs", 1, max(_EPOCHS, view.get(pages.CONFIG["epochs"])), **_bound("epochs"))
    batch = view.get(pages.CONFIG["batch"])
    st.select_slider("Batch", sorted({*_BATCHES, batch}), **_bound("batch"))
    # No bounds here: with them the browser only reddens a field, and nobody says what is allowed.
    st.number_input("Learning rate", step=0.001, format="%.4f", **_bound("lr"))
    st.number_input("Seed", step=1, **_bound("seed"))
    st.segmented_control("Device", DEVICES, required=True, **_bound("device", default="default"))
    if (refused := st.session_state.get(_REFUSED)) and not state.problem():
        st.error(plain(f"It was not started: {refused}."), icon=":material/error:")


def _data_title(id: str) -> str:
    return DATA[id].title + (" (downloads once)" if DATA[id].needs_internet else "")


def _bound(name: str, among: Iterable[str] = (), default: str = "value") -> dict[str, Any]:
    """Arguments that tie a field to its value. What cannot be used stays in the field until it is mended, so
    that a run never starts with another value than the one that is read there.
    """
    key, field = pages.CONFIG[name], _field(name)
    value = st.session_state[field] if field in st.session_state and state.problem() else state.view().get(key)

    def change() -> None:
        state.put(key, st.session_state[field])
        st.session_state[_REFUSED] = None

    return {**state.tie(field, value, among, default), "on_change": change}


def _field(name: str) -> str:
    return f"training {name}"


def _size(spec: Spec, data: str) -> None:
    """What is about to be trained, in numbers."""
    try:
        trained_spec = training_spec(spec, data)
        trained = analyse(trained_spec)
    except ExplorerError:
        return  # said when the run is refused
    if trained.error is not None:
        st.error(plain(str(trained.error)), icon=":material/error:")
        return
    info, totals, classes = DATA[data], trained.trace.totals, trained_spec.choice.classes
    epoch = epoch_macs(totals.macs, data)
    st.caption(
        plain(
            f"{theme.number(totals.params)} parameters with {classes} classes, images at "
            f"{theme.size(spec.choice.input_shape)}. One epoch: {theme.number(info.train)} images x {PASSES} x "
            f"{theme.macs(totals.macs)} (forward, and twice that backward) = {theme.macs(epoch)}."
        )
    )
    side = at_size(spec, _SMALL_SIDE).choice.input_shape[1] if epoch > _MANY_MACS else 0
    if 0 < side < min(spec.choice.input_shape[1:]):
        st.button(
            f"Use {side}x{side} images",
            help="A CPU needs minutes for an epoch of this.",
            on_click=lambda: state.edit(lambda now: at_size(now, _SMALL_SIDE)),
        )


def _start() -> None:
    """Starts what the fields say now: a value may have come in after the page was last drawn."""
    view = state.view()
    try:
        config = TrainConfig.make(**{name: st.session_state[_field(name)] for name in pages.CONFIG})
        state.put(pages.RUN, runs.start(view.spec, config))
        st.session_state[_REFUSED] = None
    except ExplorerError as error:
        st.session_state[_REFUSED] = str(error)


def _runs(view: View) -> None:
    ids = [id for id in runs.runs()[:_LISTED] if _is_readable(id)]
    if not ids:
        st.info("No run yet. One that you start goes on in a process of its own, also when you leave this page.")
        return
    id = view.get(pages.RUN) if view.get(pages.RUN) in ids else ids[0]
    st.selectbox("Run", ids, format_func=_run_title, **state.bind(pages.RUN, ids, shown=id))
    running = runs.status(id).running
    st.fragment(_watch, run_every=1.0 if running else None)(id, running)


def _is_readable(id: str) -> bool:
    """Whether the run is one that this version understands; another is nobody's fault here."""
    try:
        return bool(runs.status(id))
    except (ValueError, OSError):
        return False


def _run_title(id: str) -> str:
    status = runs.status(id)
    clock = datetime.fromtimestamp(status.started).strftime("%H:%M:%S")
    # A state that changes while it is watched stands in the headline only, which is drawn live.
    ended = "" if status.running else f": {status.state}"
    return f"{clock}  {status.spec.title} on {status.config.info.title}{ended}"


def _watch(id: str, was_running: bool) -> None:
    status = runs.status(id)
    if was_running and not status.running:
        st.rerun()  # the whole page once more: the polling ends with it
    _headline(status)
    _numbers(status.progress[-1] if status.progress else None, status.done)
    if status.progress:
        _curves(status.progress)


def _headline(status: RunStatus) -> None:
    last = status.progress[-1] if status.progress else None
    done = last.share if last else 0.0
    if status.reason:
        st.error(plain(f"The run failed: {status.reason}."), icon=":material/error:")
    elif status.running:
        words = "Starting the worker process ..."
        if last is not None:
            words = f"Epoch {last.epoch} of {last.epochs}, about {last.seconds_left:.0f} s left"
        bar, button = st.columns([6, 1], vertical_alignment="center")
        bar.progress(done, plain(words))
        button.button("Stop", icon=":material/stop:", on_click=runs.stop, args=(status.id,))
    else:
        seconds = f" after {status.done.seconds:.1f} s on {status.done.device}" if status.done else ""
        st.progress(done, plain(f"{'Stopped' if status.state == 'stopped' else 'Finished'}{seconds}"))


def _numbers(last: Progress | None, done: Done | None) -> None:
    columns = st.columns(4)
    test = f"{100 * done.test_accuracy:.2f} %" if done is not None and done.test_accuracy is not None else "–"
    columns[0].metric("Test accuracy", test, border=True)
    columns[1].metric("Training accuracy", f"{100 * last.accuracy:.1f} %" if last else "–", border=True)
    columns[2].metric("Loss", f"{last.loss:.4f}" if last else "–", border=True)
    columns[3].metric("Images a second", f"{last.images_per_second:,.0f}" if last else "–", border=True)


def _curves(progress: Sequence[Progress]) -> None:
    steps, whole = [point.step for point in progress], progress[-1].steps
    losses, accuracies = [point.loss for point in progress], [point.accuracy for point in progress]
    left, right = st.columns(2)
    loss = curve(steps, losses, "Training loss", whole=whole)
    accuracy = curve(steps, accuracies, "Training accuracy", whole=whole, share=True)
    left.plotly_chart(loss, key="loss", alt=f"Training loss over steps, now {losses[-1]:.4f}.")
    right.plotly_chart(accuracy, key="accuracy", alt=f"Training accuracy over steps, now {accuracies[-1]:.1%}.")
