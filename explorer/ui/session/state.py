"""What the pages of a session show, each as one value: it comes with the link, stands in the URL, goes from
page to page with the network in it, and every change of it can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import streamlit as st

from explorer.common.errors import ExplorerError
from explorer.spec.base import modules
from explorer.spec.spec import DEFAULT, Spec
from explorer.ui.session.history import History
from explorer.ui.session.keys import PRESENT, Key
from explorer.ui.session.view import Page, View, last

T = TypeVar("T")

_PAGE, _PROBLEM, _OPENED, _REDRAW, _KNOWN = "page", "problem", "opened", "redraw", "known"
_CHOSEN, _PRESENTING = "slots that were chosen", "presenting"
SHARED, MODULE = "network", "module"
"""The networks of a session: one that all its pages share, and the module of the home page."""
FIRST_MODULE = "inception_3a"
"""The module of the default network that is shown where none is named."""
_SLOTS = {SHARED: Spec.make(DEFAULT), MODULE: Spec.make(DEFAULT, module=FIRST_MODULE)}
"""The networks that a session starts with."""


def begin(page: Page) -> View:
    """The view that a page opens with: what the link says on the first run and whenever it is not the one
    that `publish` wrote. A bad link leaves the page as it was and its sentence in `problem`.
    """
    st.session_state[_PAGE] = page
    history = _history(page)
    if page.slot and (chosen := _chosen(page)) != history.view.spec:
        history.push(history.view._replace(spec=chosen), "")
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if query and last(query) != st.session_state.get(f"written {page.file}"):
        st.session_state[f"written {page.file}"] = last(query)
        is_first = f"{_OPENED} {page.file}" not in st.session_state
        move(lambda _: page.read(query, history.view.spec))
        if is_first:
            history.forget()
        present(history.view.get(PRESENT) or bool(st.session_state.get(_PRESENTING)))
    st.session_state[f"{_OPENED} {page.file}"] = True
    # It stays on from page to page, and is no step to take back.
    history.amend(history.view.set(PRESENT, bool(st.session_state.get(_PRESENTING))))
    return history.view


def present(on: bool) -> None:
    """Lets the pages stand alone for a class, or with all that is around them."""
    st.session_state[_PRESENTING] = on


def view() -> View:
    """What the page shows now."""
    return _history(st.session_state[_PAGE]).view


def move(change: Callable[[View], View], label: str = "") -> None:
    """Changes what the page shows, or keeps the sentence of why it cannot be changed so.

    The change starts from the view as it is now: a second one may come in before the page has been drawn
    with the first.

    Args:
        change: makes the new view.
        label: of the control; a quick series of changes of one control is one step back.
    """
    page: Page = st.session_state[_PAGE]
    try:
        after = change(view())
        if page.slot == MODULE and not after.spec.module:
            raise ExplorerError(
                f"this page shows one module, and {after.spec.architecture} was asked for as a whole: name a module, "
                f"such as {next(iter(modules(after.spec.architecture)), 'inception_3a of googlenet')}"
            )
        _history(page).push(after, label)
        st.session_state[_PROBLEM] = None
    except ExplorerError as error:
        st.session_state[_PROBLEM] = str(error)
    _fill_slot(page)


def edit(change: Callable[[Spec], Spec], label: str = "") -> None:
    """Changes the network; see `move`."""
    move(lambda view: view.edited(change), label)


def put(key: Key[T], value: T) -> None:
    """Changes one of the page's values; see `move`."""
    move(lambda view: view.set(key, value), key.name)


def step(by: int) -> bool:
    """Goes back or forward in what the page has shown; returns whether there was anything so far away."""
    page: Page = st.session_state[_PAGE]
    if not _history(page).step(by):
        return False
    st.session_state[_PROBLEM] = None
    _fill_slot(page)
    return True


def before() -> Spec | None:
    """The network as it was before the step that made it what it is; None where there was none, or it was another
    architecture, seen from farther away or nearer.
    """
    history = _history(st.session_state[_PAGE])
    now = history.view.spec
    seen = (view.spec for view in reversed(history.views[: history.place]))
    found = next((spec for spec in seen if spec != now), None)
    is_kin = found is not None and (found.architecture, found.module) == (now.architecture, now.module)
    return found if is_kin else None


def redraw() -> None:
    """Asks for the whole page, from a callback within its body: what stands beside it has to follow."""
    st.session_state[_REDRAW] = True


def wants_redraw() -> bool:
    """Whether the whole page was asked for; asked once, it is answered."""
    return bool(st.session_state.pop(_REDRAW, False))


def bind_key(key: Key[T], among: Iterable[T] = (), default: str = "value", shown: T | None = None) -> dict[str, Any]:
    """Arguments that tie a widget to one of the page's values.

    Args:
        key: the value.
        among: as in `bind_widget`.
        default: as in `bind_widget`.
        shown: what the widget shows where that is not the value as it stands in the link.
    """
    page: Page = st.session_state[_PAGE]
    value = view().get(key) if shown is None else shown
    return bind_widget(f"{page.title} {key.name}", value, lambda chosen: put(key, chosen), among, default)


def bind_widget(
    name: str, value: object, take: Callable[[Any], None], among: Iterable[object] = (), default: str = "value"
) -> dict[str, Any]:
    """Arguments that make the widget of this name show the value, and hand on what is chosen in it.

    The value is written only where it differs, which leaves a drag alone, and is the widget's default
    otherwise: a second run that comes quickly after the first would have the widget fall back to its first
    option or least value, and take that for chosen.

    A callback alone is no sign that something was chosen. A browser may repeat what it was shown, and where
    a run is cut short by the next, a slider that it gave another range is called under its old range as well.

    Args:
        name: of the widget.
        value: what it shows.
        take: is given what is chosen, if that is another value than the widget was last known to show.
        among: the options of a select box, which takes its default as a place among them.
        default: what another widget calls its default.
    """
    known: dict[str, object] = st.session_state.setdefault(_KNOWN, {})
    known[name] = value

    def change() -> None:
        chosen = st.session_state[name]
        if chosen != known[name]:
            known[name] = chosen
            take(chosen)

    tied = {"key": name, "on_change": change}
    if name in st.session_state and st.session_state[name] != value:
        st.session_state[name] = value
        return tied
    options = list(among)
    return {**tied, "index": options.index(value)} if options else {**tied, default: value}


def problem() -> str | None:
    """What was wrong with the last choice, if anything."""
    problem: str | None = st.session_state.get(_PROBLEM)
    return problem


def publish(page: Page, view: View) -> None:
    """Writes what a page shows into the URL, so that the address bar is always a link to it."""
    query = page.link(view)
    if last({key: st.query_params.get_all(key) for key in st.query_params}) != query:
        st.query_params.from_dict(query)
    st.session_state[f"written {page.file}"] = query


def here(page: Page, *, bare: bool = False) -> dict[str, str]:
    """The query of a link to a page as this session last saw it, with the network as it is now.

    Args:
        page: the page.
        bare: whether the network is left out.
    """
    view = _history(page).view
    return page.link(view._replace(spec=_chosen(page)) if page.slot else view, bare=bare)


def _history(page: Page) -> History:
    name = f"history {page.file}"
    st.session_state.setdefault(_CHOSEN, set())
    if page.slot and page.slot not in st.session_state:
        st.session_state[page.slot] = _SLOTS[page.slot]
    if name not in st.session_state:
        st.session_state[name] = History([View(_chosen(page) if page.slot else Spec.make(DEFAULT))])
    history: History = st.session_state[name]
    return history


def _chosen(page: Page) -> Spec:
    """The network of a page's slot; while nobody has chosen one, what the page shows first."""
    spec: Spec = st.session_state[page.slot]
    if page.first is None or page.slot in st.session_state[_CHOSEN]:
        return spec
    return page.first


def _fill_slot(page: Page) -> None:
    if page.slot and view().spec != _chosen(page):
        st.session_state[page.slot] = view().spec
        st.session_state[_CHOSEN].add(page.slot)
