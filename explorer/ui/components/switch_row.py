"""The switches above a picture: what the network has, and what turning each would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from explorer.edits.rewrites import REWRITES
from explorer.spec.spec import Spec
from explorer.spec.switches import State, states, turned
from explorer.ui.components import effect_words
from explorer.ui.components.asset import component, read
from explorer.ui.session import state

_component = component(
    "switch_row",
    html=(
        '<div class="switches" style="min-height: 62px"></div><div class="said" role="status" aria-live="polite"></div>'
    ),
    css=read("switch_row.css"),
    js=read("switch_row.js"),
)


TURNED = "switch turned last"
"""Where a session keeps it."""


class Card(NamedTuple):
    """A switch in words.

    Args:
        id, title: of the switch.
        on: whether the network has it.
        can: whether it can be turned.
        params, macs: what it changes, or has changed.
        said: the same for a screen reader, once it has been turned.
        help: what it does, or why it cannot.
    """

    id: str
    title: str
    on: bool
    can: bool
    params: str
    macs: str
    said: str
    help: str


def cards(spec: Spec, prefix: str = "") -> list[dict[str, object]]:
    """The switches of a network, as the component takes them."""
    return [_card(one)._asdict() for one in states(spec, prefix)]


def _card(one: State) -> Card:
    switch = one.switch
    summary = REWRITES[switch.puts_in or switch.takes_out].summary
    card = Card(switch.id, switch.title, one.is_on, not one.why_not, "", "", "", summary)
    if one.why_not:
        return card._replace(params=f"{one.why_not}", help=f"{one.why_not[0].upper()}{one.why_not[1:]}.")
    if one.now is None or one.turned is None:
        return card._replace(params="it does not fit then" if one.now else "the network does not fit")
    # Against the network without the edit: what it did where it is made, what it would do where it is not.
    before, after = (one.turned, one.now) if one.is_turned else (one.now, one.turned)
    word = "now" if one.is_turned else "off" if one.is_on else "on"
    params, macs = effect_words.between(before, after)
    return card._replace(params=f"{word}: {params}", macs=macs, said=f"{params} parameters")


def show(spec: Spec, *, key: str, prefix: str = "") -> None:
    """Draws them; a turned one edits the network.

    Args:
        spec: the network.
        key: of the element.
        prefix: the part of it that they are kept to; the whole where empty.
    """

    def turn() -> None:
        change = st.session_state[key].get("turned")
        if isinstance(change, Mapping) and isinstance(id := change.get("id"), str):
            st.session_state[TURNED] = id
            state.edit(lambda now: turned(now, id, prefix))

    _component(key=key, data={"switches": cards(spec, prefix)}, on_turned_change=turn)
