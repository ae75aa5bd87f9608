"""The form of the next run: what is trained, on what, how, and what that will need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw.schedule_picture import schedule
from explorer.runs import client, datasets, devices
from explorer.runs.client import Run
from explorer.runs.config import (
    MEANINGS,
    OPTIONS,
    PASSES,
    TrainConfig,
    epoch_macs,
    training_spec,
)
from explorer.runs.estimate import Estimate, Pace, Work, estimate, pace, reached, work
from explorer.runs.schedule import SCHEDULES
from explorer.spec.build import analyse, at_size, valid
from explorer.spec.spec import Spec
from explorer.ui.components import svg_picture
from explorer.ui.frame import links, site
from explorer.ui.session import state, visitor
from explorer.ui.session.text import plain
from explorer.ui.session.view import View

_REFUSED = "run refused"
_EPOCHS, _BATCHES = 50, (16, 32, 64, 128, 256)
"""What the form offers; a link may bring more."""
_BUDGET = 60
"""Seconds that a time budget starts with."""
_MANY_MACS = 10**12
"""MACs of an epoch from which a CPU needs minutes."""
_SMALL_SIDE = 64
_LENGTHS = ("epochs", "seconds")
_NARROW_ONLY = """<style>@media (min-width: 641px) {
  [data-testid=stLayoutWrapper]:has(> .st-key-said):not(:has([data-testid=stAlert])) { display: none; }
}</style>"""


def show(view: View, ended: Sequence[Run]) -> None:
    """The whole form.

    Args:
        view: what the page shows.
        ended: runs whose pace the estimate follows.
    """
    with st.container(gap="xsmall"):
        _network(view.spec)
        device = "GPU" if devices.kind(view.get(site.CONFIG["device"])) == devices.CUDA else "CPU"
        st.button(
            f"Train on the {device}", type="primary", icon=":material/play_arrow:", width="stretch", on_click=_start
        )
        if view.spec.edits:
            words, both = "Train original and mine", partial(_start, beside=True)
            st.button(words, icon=":material/difference:", width="stretch", on_click=both)
        # In places of their own: what comes or goes would have all fields below it drawn anew, and lose the focus.
        with st.container(key="said"):
            _said(ended)
        with st.container(gap="xsmall"):
            _needs(view, ended)
        _fields(view)


def _said(runs: Sequence[Run]) -> None:
    """Why a run was not started, or where to look for one that was: on a telephone it is out of sight."""
    if (refused := st.session_state.get(_REFUSED)) and not state.problem():
        st.error(plain(f"It was not started: {refused}."), icon=":material/error:")
    elif any(run.under_way and run.owner == visitor.owner() for run in runs):
        st.html(_NARROW_ONLY)
        st.caption("A run of yours is under way: its curves stand below this form.")


def chosen(view: View) -> TrainConfig:
    """The configuration of the next run as it stands in the link."""
    return TrainConfig.make(**{name: view.get(key) for name, key in site.CONFIG.items()})


def _fields(view: View) -> None:
    _data(view)
    with st.container(gap="xsmall"):
        _length(view)
    left, right = st.columns(2)
    with left:
        batch = view.get(site.CONFIG["batch"])
        st.select_slider(OPTIONS["batch"].title, sorted({*_BATCHES, batch}), **_bound("batch"))
    with right:
        _number("lr", step=0.001, format="%g")
    _schedule(view)
    with st.expander("More settings", key="training more", on_change="rerun"):  # open it stays open when an error comes
        _more(view)


def with_data(view: View) -> View:
    """The view with data that are here: own images may have gone since they were chosen."""
    key = site.CONFIG["data"]
    if view.get(key) in datasets.ids():
        return view
    st.error(plain(f"The images {view.get(key)} are not on this machine any more."), icon=":material/error:")
    state.put(key, key.default)
    return state.view()


def _network(spec: Spec) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(spec.title)}**", width="content")
        links.follow(site.BUILD, "Change it", spec.to_query())


def _data(view: View) -> None:
    ids = datasets.ids()
    id = view.get(site.CONFIG["data"])
    # A name must not change while it is chosen: a browser knows its choice by the name.
    with st.container(gap="xsmall"):
        st.selectbox(
            OPTIONS["data"].title,
            ids,
            format_func=lambda id: datasets.info(id).title,
            help=plain(datasets.about(id)),
            **_bound("data", ids),
        )
        if not datasets.is_here(id):
            st.caption("The first run on them downloads them.")


def _length(view: View) -> None:
    """Epochs, or seconds in their place."""
    epochs, seconds = view.get(site.CONFIG["epochs"]), view.get(site.CONFIG["seconds"])

    def take(kind: str) -> None:
        _put("seconds", None if kind == "epochs" else _BUDGET)

    st.segmented_control(
        "Length",
        _LENGTHS,
        format_func=lambda name: OPTIONS[name].title,
        required=True,
        label_visibility="collapsed",
        **state.bind_widget(_field("length"), _LENGTHS[seconds is not None], take, default="default"),
    )
    if seconds is None:
        st.slider(OPTIONS["epochs"].title, 1, max(_EPOCHS, epochs), label_visibility="collapsed", **_bound("epochs"))
    else:
        _number("seconds", step=10, label_visibility="collapsed")
        st.caption("It ends when the time is over, so that it cannot be repeated bit for bit.")


def _schedule(view: View) -> None:
    _choice("optimizer")
    _choice("schedule")
    name = view.get(site.CONFIG["schedule"])
    alt = f"The schedule over the run: {SCHEDULES[name].title}."
    svg_picture.show(schedule(name), key="schedule", alt=alt)


def _more(view: View) -> None:
    left, right = st.columns(2)
    with left:
        _number("weight_decay", step=0.01, format="%g")
        _number("dropout", step=0.1, format="%g", placeholder="as it is")
    with right:
        _number("label_smoothing", step=0.1, format="%g")
        _number("seed", step=1)
    _choice("augmentation")
    data = datasets.info(view.get(site.CONFIG["data"]))
    if "flip" in view.get(site.CONFIG["augmentation"]) and not data.flips:
        st.caption(plain(f"Seen in a mirror, an image of {data.title} may be of no class: a flip teaches it wrongly."))
    _choice("mode")
    st.caption(plain(MEANINGS[view.get(site.CONFIG["mode"])]))
    for name in ("precision", "device"):
        option = OPTIONS[name]
        choices = [choice for choice in option.choices if choice != devices.CUDA or _has_gpu(view)]
        st.segmented_control(option.title, choices, required=True, help=_help(name), **_bound(name, default="default"))


def _has_gpu(view: View) -> bool:
    """Whether a GPU is offered: there is one, or a link has asked for it, which is answered in a sentence."""
    return bool(devices.gpus()) or view.get(site.CONFIG["device"]) == devices.CUDA


def _choice(name: str) -> None:
    """A list of what may be chosen."""
    option = OPTIONS[name]
    st.selectbox(
        option.title, list(option.choices), format_func=option.choices.__getitem__, **_bound(name, option.choices)
    )


def _number(name: str, **more: Any) -> None:
    """A field for a number; with bounds a browser would only redden it, and nobody would say what is allowed."""
    st.number_input(OPTIONS[name].title, help=_help(name), **more, **_bound(name))


def _help(name: str) -> str:
    words = OPTIONS[name].help
    return plain(f"{words[0].upper()}{words[1:]}.")


def _bound(name: str, among: Iterable[str] = (), default: str = "value") -> dict[str, Any]:
    """Arguments that tie a field to its value. What cannot be used stays in the field until it is mended, so
    that a run never starts with another value than the one that is read there.
    """
    key, field = site.CONFIG[name], _field(name)
    value = st.session_state[field] if field in st.session_state and state.problem() else state.view().get(key)
    return state.bind_widget(field, value, lambda chosen: _put(name, chosen), among, default)


def _put(name: str, value: object) -> None:
    state.put(site.CONFIG[name], value)
    st.session_state[_REFUSED] = None


def _field(name: str) -> str:
    return f"training {name}"


def _asked(view: View) -> dict[str, object]:
    """What the fields say now: a value may have come in after the page was last drawn."""
    asked = {name: st.session_state.get(_field(name), view.get(key)) for name, key in site.CONFIG.items()}
    return asked if view.get(site.CONFIG["seconds"]) is not None else {**asked, "seconds": None}


def _start(*, beside: bool = False) -> None:
    """Starts a run of the network; `beside` one of its original with the same configuration, to compare them."""
    view = state.view()
    specs = [view.spec.unedited, view.spec] if beside else [view.spec]
    try:
        config = TrainConfig.make(**_asked(view))
        for spec in specs:  # both or none
            valid(training_spec(spec, config.data))
        ids = [client.submit(spec, config, visitor.owner()) for spec in specs]
        chosen = tuple(ids) if beside else view.get(site.OVERLAID)
        shown = "runs" if beside else "run"
        state.move(lambda view: view.set(site.RUN, ids[-1]).set(site.SHOWN, shown).set(site.OVERLAID, chosen))
        st.session_state[_REFUSED] = None
    except ExplorerError as error:
        st.session_state[_REFUSED] = str(error)


def _needs(view: View, ended: Sequence[Run]) -> None:
    """What is about to be trained, in numbers, and what it will need."""
    config = chosen(view)
    try:
        trained_spec = training_spec(view.spec, config.data)
        trained = analyse(trained_spec)
    except ExplorerError:
        return  # said when the run is refused
    if trained.error is not None:
        st.error(plain(str(trained.error)), icon=":material/error:")
        return
    totals, classes = trained.trace.totals, trained_spec.build_config.classes
    asked = Work.of(trained.trace)
    st.markdown(f":small[{plain(_sentence(_estimate(asked, config, ended), config))}]")
    epoch = epoch_macs(totals.macs, config.data)
    st.caption(
        plain(
            f"{formats.number(totals.params)} parameters with {classes} classes, images at "
            f"{formats.size(view.spec.build_config.input_shape)}. "
            f"One epoch: {formats.number(config.info.train)} images x "
            f"{PASSES} x {formats.macs(totals.macs)} (forward, and twice that backward) = {formats.macs(epoch)}."
        )
    )
    if epoch > _MANY_MACS:
        _smaller(view.spec, config, ended)


def _estimate(asked: Work, config: TrainConfig, ended: Sequence[Run]) -> Estimate:
    device = devices.kind(config.device)
    return estimate(asked, config, device, pace(asked.totals.macs, reached(ended, device)))


def _sentence(needs: Estimate, config: TrainConfig) -> str:
    memory = f"{formats.bytes_(needs.memory)} of memory beside PyTorch's own"
    return f"It needs {_time(needs, config)} {_source(needs.pace, config)}, and {memory}."


def _time(needs: Estimate, config: TrainConfig) -> str:
    if config.seconds is not None:
        return f"{formats.duration(needs.seconds)}, which is about {needs.epochs:.3g} epochs"
    return f"about {formats.duration(needs.seconds)}"


def _source(pace: Pace, config: TrainConfig) -> str:
    if not pace.runs:
        device = "a CPU core" if devices.kind(config.device) == devices.CPU else "a GPU"
        return f"(no run yet: a guess for {device})"
    return f"(from {pace.runs} run{'s' if pace.runs > 1 else ''} on this machine)"


def _smaller(spec: Spec, config: TrainConfig, ended: Sequence[Run]) -> None:
    """Offers smaller images, and says what that saves."""
    small = at_size(spec, _SMALL_SIDE)
    side, needs = small.build_config.input_shape[1], work(training_spec(small, config.data))
    if side < min(spec.build_config.input_shape[1:]) and needs is not None:
        st.button(
            plain(f"Use {side}x{side} images: {_time(_estimate(needs, config, ended), config)}"),
            on_click=lambda: state.edit(lambda now: at_size(now, _SMALL_SIDE)),
        )
