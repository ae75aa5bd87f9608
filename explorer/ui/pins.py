"""Pins: views that this session keeps under a name, from any page, to come back to or to compare."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from explorer.ui import state
from explorer.ui.state import Page, View
from explorer.ui.text import plain

LONGEST_NAME = 60
MOST = 30
_PINS, _NAME = "pins", "pin name"


class Pin(NamedTuple):
    """A view of a page under a name that a person typed."""

    name: str
    page: Page
    view: View


def pinned() -> tuple[Pin, ...]:
    """All pins, the oldest first."""
    found: tuple[Pin, ...] = st.session_state.get(_PINS, ())
    return found


def menu(page: Page, view: View) -> None:
    """A field to pin what is shown, and a link to every pin."""
    # Its content is drawn when it is opened: a closed one must not slow a drag down.
    panel = st.popover("Pins", icon=":material/keep:", type="tertiary", on_change="rerun", key="pins menu")
    if not panel.open:
        return
    with panel:
        st.text_input("Name of what is shown now", placeholder=_suggested(page, view), key=_NAME)
        st.button("Pin it", on_click=_pin, args=(page,), disabled=len(pinned()) >= MOST, width="stretch")
        for place, pin in enumerate(pinned()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.page_link(
                    pin.page.file,
                    label=plain(pin.name),
                    icon=pin.page.icon,
                    query_params=state.link(pin.page, pin.view),
                    width="stretch",
                )
                st.button("Remove", icon=":material/close:", key=f"unpin {place}", on_click=_unpin, args=(place,))


def _suggested(page: Page, view: View) -> str:
    """A name for what nobody has named: the network with its number of edits, or the page."""
    if not page.slot:
        return page.title
    edits = view.spec.edits
    return view.spec.title + (f", {edits} edit{'s' if edits > 1 else ''}" if edits else "")


def _pin(page: Page) -> None:
    view = state.view()
    typed = str(st.session_state.get(_NAME) or "").strip()[:LONGEST_NAME]
    name = typed or _suggested(page, view)
    others = [pin for pin in pinned() if pin.name != name]
    st.session_state[_PINS] = (*others, Pin(name, page, view))
    st.session_state[_NAME] = ""


def _unpin(place: int) -> None:
    st.session_state[_PINS] = pinned()[:place] + pinned()[place + 1 :]
