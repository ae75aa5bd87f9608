"""The four numbers of a network, three of them with their difference from another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from explorer import theme
from explorer.analysis import Totals, Trace

Arrow = Literal["up", "down", "off"]

_PARAMS = "Trainable values: weights, biases, BN scale and shift."
_MACS = "Of convolutions and linear layers, bias excluded. FLOPs are twice as many."
_ACTIVATIONS = "The output of every node for one image, at 4 bytes a value."
_FIELD = (
    "Input pixels that one element of the last map of more than one place sees, before clipping to the image; "
    "what a gate adds is left out."
)


def show(now: Trace, before: Trace, same: str) -> None:
    """Draws them side by side.

    Args:
        now: the network.
        before: what it is compared with.
        same: what stands under a number that does not differ.
    """
    new, old = now.totals, before.totals
    params, macs, activations, field = st.columns(4)
    with params:
        _number("Parameters", _PARAMS, theme.number, new.params, old.params, same)
    with macs:
        _number("Multiply-adds", _MACS, theme.macs, new.macs, old.macs, same)
    with activations:
        _number("Activations", _ACTIVATIONS, theme.memory, new.activations, old.activations, same)
    with field:
        _metric("Receptive field", _FIELD, theme.pair(now.field), _notes(new), "off")


def _notes(totals: Totals) -> str:
    """What the other cards leave open, in a few words."""
    statistics = f"{theme.number(totals.statistics)} BN statistics" if totals.statistics else "no BN"
    heads = f"heads: {theme.number(totals.auxiliary_params)} params" if totals.auxiliary_params else ""
    return heads or statistics


def _number(label: str, help: str, write: Callable[[int], str], now: int, before: int, same: str) -> None:
    difference = theme.change(before, now, write)
    # Something always stands under the number, so that the first edit does not move the page.
    # Named, for Streamlit takes only a hyphen for a minus.
    arrow: Arrow = "up" if now > before else "down" if now < before else "off"
    _metric(label, help, write(now), difference or same, arrow)


def _metric(label: str, help: str, value: str, below: str, arrow: Arrow) -> None:
    st.metric(label, value, below, delta_color="off", delta_arrow=arrow, help=help, border=True)
