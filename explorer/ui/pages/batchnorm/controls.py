"""What a person moves on the batch norm page."""

from __future__ import annotations

import streamlit as st

from explorer.lessons.batchnorm import numbers, running, scaling, transform
from explorer.lessons.batchnorm.record import RATES
from explorer.lessons.batchnorm.transform import Values
from explorer.ui.frame import site
from explorer.ui.session import state
from explorer.ui.session.keys import Key
from explorer.ui.session.view import View

_NAMES = "₁₂₃₄₅₆"
_WIDTH = 92
"""Pixels of a field for one number."""


def values(view: View, *, singly: bool) -> None:
    """The batch, as a list and, if wanted, number by number, with buttons that make it longer or shorter."""
    shown = view.get(site.VALUES)
    _list("Values of one channel, with commas", site.VALUES, shown)
    if singly:
        _each("x", site.VALUES, shown)
        with st.container(horizontal=True):
            st.button(
                "Add a value",
                icon=":material/add:",
                disabled=len(shown) == transform.MOST,
                on_click=_resize,
                args=(1,),
            )
            st.button(
                "Remove the last",
                icon=":material/remove:",
                disabled=len(shown) == transform.LEAST,
                on_click=_resize,
                args=(-1,),
            )


def upstream(shown: Values) -> None:
    """The gradient by each output."""
    _list("Gradients g by the outputs, with commas", site.UPSTREAM, shown)
    _each("g", site.UPSTREAM, shown)


def scale_and_shift() -> None:
    """Gamma, beta and epsilon."""
    gamma()
    st.slider("Shift, beta", -transform.BETAS, transform.BETAS, step=0.5, **state.bind_key(site.BETA))
    _one_of("Epsilon", transform.EPSILONS, site.EPSILON)


def gamma() -> None:
    """The scale."""
    st.slider("Scale, gamma", -transform.GAMMAS, transform.GAMMAS, step=0.1, **state.bind_key(site.GAMMA))


def statistics() -> None:
    """Batch size, momentum, and the value that is looked at."""
    st.slider("Values in a batch, m", running.LEAST, running.MOST, **state.bind_key(site.BATCH))
    _one_of("Momentum", running.MOMENTA, site.MOMENTUM)
    st.slider("A value to be normalised", 0, running.LARGEST, **state.bind_key(site.LOOKED_AT))


def scaling_and_bias() -> None:
    """By how much the weights are scaled, and the bias."""
    _one_of("Scale of the weights, a", scaling.SCALES, site.TIMES)
    st.toggle("Negative a", **state.bind_key(site.NEGATIVE))
    st.slider("Bias, b", -scaling.SHIFT, scaling.SHIFT, **state.bind_key(site.SHIFT))


def rate() -> None:
    """Of the experiment on MNIST."""
    st.segmented_control(
        "Learning rate",
        RATES,
        format_func=numbers.written,
        required=True,
        **state.bind_key(site.RATE, default="default"),
    )


def _one_of(label: str, offered: Values, key: Key[float]) -> None:
    st.select_slider(label, offered, format_func=numbers.written, **state.bind_key(key))


def _list(label: str, key: Key[Values], shown: Values) -> None:
    """All numbers in one field. What cannot be used stays there until it is mended."""
    name = f"batchnorm {key.name}"
    kept = st.session_state[name] if name in st.session_state and state.problem() else numbers.spelled(shown)

    def take(text: str) -> None:
        state.move(lambda view: view.set(key, key.parse(text)), key.name)

    st.text_input(label, **state.bind_widget(name, kept, take))


def _each(letter: str, key: Key[Values], shown: Values) -> None:
    """A field for each number."""
    with st.container(horizontal=True, gap="small"):
        for index, value in enumerate(shown):
            _field(letter, key, shown, index, value)


def _field(letter: str, key: Key[Values], shown: Values, index: int, value: float) -> None:
    def take(chosen: float) -> None:
        state.move(lambda view: _changed(view, key, index, len(shown), chosen), f"{key.name} {index}")

    # No bounds here: with them the browser only reddens a field, and nobody says what is allowed.
    label = f"{letter}{_NAMES[index]}"
    tied = state.bind_widget(f"batchnorm {letter} {index}", value, take)
    st.number_input(label, step=0.5, format="%g", width=_WIDTH, **tied)


def _changed(view: View, key: Key[Values], index: int, count: int, value: float) -> View:
    """The view with one of so many numbers changed."""
    values: Values = view.get(key)
    numbers = list(transform.fitted(values, count))
    numbers[index] = float(value)
    return view.set(key, tuple(numbers))


def _resize(by: int) -> None:
    """Adds a zero at the end, or takes the last value away."""
    state.move(lambda view: view.set(site.VALUES, _resized(view.get(site.VALUES), by)))


def _resized(values: Values, by: int) -> Values:
    return transform.fitted(values, len(values) + by)
