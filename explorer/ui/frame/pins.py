"""Pins: views kept under a name, from any page, to come back to or to compare. The browser keeps them from
visit to visit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import streamlit as st

from explorer.common.errors import ExplorerError
from explorer.spec.chips import named
from explorer.spec.spec import Spec
from explorer.ui.components.asset import component
from explorer.ui.frame import moved
from explorer.ui.frame.site import PAGES
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import Page, View

LONGEST_NAME = 60
MOST = 30
_LONGEST = 100_000
"""Characters that are read back from a browser."""
_PINS, _NAME, _STORE = "pins", "pin name", "pin store"

_JS = """
const KEY = "inception-explorer-pins";
export default function ({ data, setTriggerValue }) {
  try {
    if (data.text !== null) return localStorage.setItem(KEY, data.text);
    const kept = localStorage.getItem(KEY);
    if (kept) setTriggerValue("kept", kept);
  } catch { /* a browser may forbid it: then pins last as long as the visit */ }
}
"""

_component = component("pin_store", html="<span hidden></span>", js=_JS)


class Pin(NamedTuple):
    """A view of a page under a name that a person typed."""

    name: str
    page: Page
    view: View


def pinned() -> tuple[Pin, ...]:
    """All pins, the oldest first."""
    pins: tuple[Pin, ...] = st.session_state.get(_PINS, ())
    return pins


def keep() -> None:
    """Has the browser keep what was pinned, and gets back what it has kept from another visit."""
    text = _written() if _PINS in st.session_state else None
    _component(key=_STORE, data={"text": text}, on_kept_change=_take_back, height="content")


def _written() -> str:
    return json.dumps([{"name": pin.name, "page": pin.page.file, "query": pin.page.link(pin.view)} for pin in pinned()])


def _take_back() -> None:
    st.session_state[_PINS] = (*kept(str(st.session_state[_STORE].get("kept")), state.view().spec), *pinned())[-MOST:]


def kept(text: str, otherwise: Spec) -> Iterator[Pin]:
    """The pins in a browser's text; what is none, or no longer one, is left out.

    Args:
        text: as JSON.
        otherwise: the network of a view that names none.
    """
    pages = {page.file: page for page in PAGES}
    pins: Any = []
    with suppress(ValueError, RecursionError):
        pins = json.loads(text[:_LONGEST])
    for item in pins if isinstance(pins, list) else []:
        with suppress(ExplorerError, KeyError, TypeError, AttributeError):
            file, name = item["page"], str(item["name"])[:LONGEST_NAME]
            query = {str(key): [str(value)] for key, value in item["query"].items()}
            if file in moved.PAGES:
                query = {key: [value] for key, value in moved.query(file, query).items()}
            page = pages[file] if file in pages else moved.PAGES[file]
            yield Pin(name, page, page.read(query, otherwise))


def menu(page: Page, view: View) -> None:
    """A field to pin what is shown, and a link to every pin."""
    # Opened, it is drawn anew, for the name that it suggests. It is drawn closed as well: a browser that has it open
    # while the server takes it for closed would show it empty.
    with st.popover("Pins", type="tertiary", on_change="rerun", key="pins menu"):
        st.text_input("Name of what is shown now", placeholder=_suggested(page, view), key=_NAME)
        st.button("Pin it", on_click=_pin, args=(page,), disabled=len(pinned()) >= MOST, width="stretch")
        for index, pin in enumerate(pinned()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.page_link(
                    pin.page.file,
                    label=plain(pin.name),
                    icon=pin.page.icon,
                    query_params=pin.page.link(pin.view),
                    width="stretch",
                )
                st.button("Remove", icon=":material/close:", key=f"unpin {index}", on_click=_unpin, args=(index,))


def _suggested(page: Page, view: View) -> str:
    """A name for what nobody has named: the network with its edits, or the page."""
    if not page.slot:
        return page.title
    return named(view.spec, LONGEST_NAME)


def _pin(page: Page) -> None:
    view = state.view()
    typed = str(st.session_state.get(_NAME) or "").strip()[:LONGEST_NAME]
    name = typed or _suggested(page, view)
    others = [pin for pin in pinned() if pin.name != name]
    st.session_state[_PINS] = (*others, Pin(name, page, view))
    st.session_state[_NAME] = ""
    state.redraw()


def _unpin(index: int) -> None:
    st.session_state[_PINS] = pinned()[:index] + pinned()[index + 1 :]
    state.redraw()
