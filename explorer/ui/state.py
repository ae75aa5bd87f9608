"""What a page shows, as one value: it comes with the link, stands in the URL, goes from page to page with
the network in it, and every change of it can be undone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import streamlit as st

from explorer import limits
from explorer.errors import ExplorerError, shown
from explorer.network import build
from explorer.spec import DEFAULT, Spec
from explorer.start import modules
from explorer.suggest import unknown

T = TypeVar("T")


@dataclass(frozen=True)
class Key(Generic[T]):
    """One value of a page, beside its network.

    Args:
        name: its key in the URL, where it stands whenever it differs from the default.
        default: its value where the link names none.
        parse: text to value; raises ExplorerError with what is allowed.
        write: value to text; `parse` of it is the value.
    """

    name: str
    default: T
    parse: Callable[[str], T]
    write: Callable[[T], str] = str


def whole(name: str, default: int, minimum: int, maximum: int) -> Key[int]:
    """A whole number between bounds."""
    return Key(name, default, lambda text: limits.whole_number(name, text, minimum, maximum))


def word(name: str, words: Iterable[str], default: str | None = None) -> Key[str]:
    """One of a few words, the first where no default is named."""
    allowed = tuple(words)

    def parse(text: str) -> str:
        if text not in allowed:
            raise unknown(name, text, allowed)
        return text

    return Key(name, allowed[0] if default is None else default, parse)


def words(name: str, words: Iterable[str]) -> Key[tuple[str, ...]]:
    """Some of a few words, in their order; none at first."""
    allowed = tuple(words)

    def parse(text: str) -> tuple[str, ...]:
        chosen = text.split(",") if text else []
        for one in chosen:
            if one not in allowed:
                raise unknown(name, one, allowed)
        return tuple(one for one in allowed if one in chosen)

    return Key(name, (), parse, ",".join)


def switch(name: str) -> Key[bool]:
    """On or off, off at first."""

    def parse(text: str) -> bool:
        if text not in ("0", "1"):
            raise ExplorerError(f"{name} is {shown(text)}: it must be 1 for on or 0 for off")
        return text == "1"

    return Key(name, False, parse, lambda on: str(int(on)))


def text(name: str, longest: int = 80) -> Key[str]:
    """Any short text, empty at first. It comes from anywhere: show it through `text.plain` only."""

    def parse(text: str) -> str:
        if len(text) > longest or not text.isprintable():
            raise ExplorerError(f"{name} is {shown(text)}: it must be at most {longest} printable characters")
        return text

    return Key(name, "", parse)


class Page(NamedTuple):
    """A page of the app.

    Args:
        file: what Streamlit runs.
        title: in the navigation.
        icon: in front of it.
        keys: its values in the URL, beside the network's.
        slot: which of the session's networks it shows, and puts into the URL; empty for none.
        parts: sections that a presenter's link can hide.
    """

    file: str
    title: str
    icon: str
    keys: tuple[Key[Any], ...] = ()
    slot: str = ""
    parts: tuple[str, ...] = ()


class View(NamedTuple):
    """What a page shows: a network, where the page has one, and the page's own values."""

    spec: Spec
    values: tuple[tuple[str, Any], ...] = ()
    """Those that differ from their default, sorted."""

    def get(self, key: Key[T]) -> T:
        """The value of a key."""
        found: T = dict(self.values).get(key.name, key.default)
        return found

    def set(self, key: Key[T], value: T) -> View:
        """The view with one value changed, checked as if a link had brought it.

        Raises:
            ExplorerError: the value is not allowed.
        """
        checked = key.parse(key.write(value))
        others = [pair for pair in self.values if pair[0] != key.name]
        return self._replace(values=tuple(sorted([*others, (key.name, checked)] if checked != key.default else others)))

    def edited(self, change: Callable[[Spec], Spec]) -> View:
        """The view with another network.

        Raises:
            ExplorerError: there is no such network.
        """
        spec = change(self.spec)
        build(spec)
        return self._replace(spec=spec)


LONGEST_HISTORY = 200
_SAME_GESTURE = 1.0
"""Seconds within which changes of one control are one step back."""
_PAGE, _PROBLEM, _OPENED, _REDRAW = "page", "problem", "opened", "redraw"
SHARED, MODULE = "network", "module"
"""The networks of a session: one that all its pages share, and the module of the block lab."""
_SLOTS = {SHARED: Spec.make(DEFAULT), MODULE: Spec.make(DEFAULT, module="inception_3a")}
"""The networks that a session starts with."""


@dataclass
class _History:
    """The views of one page, the present one at `place`."""

    views: list[View]
    place: int = 0
    label: str = ""
    when: float = 0.0

    @property
    def view(self) -> View:
        return self.views[self.place]

    def push(self, view: View, label: str) -> None:
        """Makes a view the present one. One gesture, such as a drag, leaves one step."""
        if view == self.view:
            return
        now = time.monotonic()
        goes_on = bool(label) and label == self.label and now - self.when < _SAME_GESTURE and self.place > 0
        del self.views[self.place + (not goes_on) :]
        self.views.append(view)
        del self.views[:-LONGEST_HISTORY]
        self.place, self.label, self.when = len(self.views) - 1, label, now

    def forget(self) -> None:
        """Makes the present view the first: what a link opens has nothing before it."""
        self.views, self.place = [self.view], 0

    def step(self, by: int) -> None:
        self.place = min(max(self.place + by, 0), len(self.views) - 1)
        self.label = ""


def begin(page: Page) -> View:
    """The view that a page opens with: what the link says on the first run and whenever it is not the one
    that `publish` wrote. A bad link leaves the page as it was and its sentence in `problem`.
    """
    st.session_state[_PAGE] = page
    history = _history(page)
    if page.slot and (slot := st.session_state[page.slot]) != history.view.spec:
        history.push(history.view._replace(spec=slot), "")
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    if query and _last(query) != st.session_state.get(f"written {page.file}"):
        st.session_state[f"written {page.file}"] = _last(query)
        is_first = f"{_OPENED} {page.file}" not in st.session_state
        move(lambda _: read(page, query))
        if is_first:
            history.forget()
    st.session_state[f"{_OPENED} {page.file}"] = True
    return history.view


def view() -> View:
    """What the page shows now."""
    return _history(st.session_state[_PAGE]).view


def spec_before() -> Spec | None:
    """The network before its last edit; None where there is none, or it was another network."""
    history = _history(st.session_state[_PAGE])
    now = history.view.spec
    others = (view.spec for view in reversed(history.views[: history.place]) if view.spec != now)
    found = next(others, None)
    return found if found is not None and found.start == now.start else None


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


def step(by: int) -> None:
    """Goes back or forward in what the page has shown."""
    page: Page = st.session_state[_PAGE]
    _history(page).step(by)
    st.session_state[_PROBLEM] = None
    _fill_slot(page)
    redraw()


def redraw() -> None:
    """Asks for the whole page, from a callback within its body: what stands beside it has to follow."""
    st.session_state[_REDRAW] = True


def wants_redraw() -> bool:
    """Whether the whole page was asked for; asked once, it is answered."""
    return bool(st.session_state.pop(_REDRAW, False))


def can_step(by: int) -> bool:
    """Whether there is a view so many steps away."""
    history = _history(st.session_state[_PAGE])
    return 0 <= history.place + by < len(history.views)


def bind(key: Key[Any], *, whole: bool = False) -> dict[str, Any]:
    """Arguments that tie a widget to one of the page's values.

    Args:
        key: of the value.
        whole: whether what stands beside the body follows it.
    """
    page: Page = st.session_state[_PAGE]
    name = hold(f"{page.title} {key.name}", view().get(key))

    def change() -> None:
        put(key, st.session_state[name])
        if whole:
            redraw()

    return {"key": name, "on_change": change}


def hold(name: str, value: object) -> str:
    """Makes the widget of this name show the value; writing only a difference leaves a drag alone."""
    if name not in st.session_state or st.session_state[name] != value:
        st.session_state[name] = value
    return name


def problem() -> str | None:
    """What was wrong with the last choice, if anything."""
    found: str | None = st.session_state.get(_PROBLEM)
    return found


def publish(page: Page) -> None:
    """Writes the view into the URL, so that the address bar is always a link to what is shown."""
    query = link(page, _history(page).view)
    if _last({key: st.query_params.get_all(key) for key in st.query_params}) != query:
        st.query_params.from_dict(query)
    st.session_state[f"written {page.file}"] = query


def here(page: Page) -> dict[str, str]:
    """The query of a link to a page as this session last saw it, with the network as it is now."""
    view = _history(page).view
    return link(page, view._replace(spec=st.session_state[page.slot]) if page.slot else view)


def link(page: Page, view: View) -> dict[str, str]:
    """A view as a URL's query, without what is left at its default."""
    own = {key.name: key.write(view.get(key)) for key in keys(page) if view.get(key) != key.default}
    return {**(view.spec.to_query() if page.slot else {}), **own}


def read(page: Page, query: Mapping[str, Iterable[str]]) -> View:
    """The view in a URL's query.

    Raises:
        ExplorerError: the first thing in it that is unknown or not allowed.
    """
    own = {key.name: key for key in keys(page)}
    given = {name: texts for name, texts in query.items() if name not in own}
    if given and not page.slot:
        raise unknown("value of this page called", next(iter(given)), own)
    spec = Spec.from_query(given) if given else _history(page).view.spec
    build(spec)
    view = View(spec)
    for name, text in _last(query).items():
        if name in own:
            view = view.set(own[name], own[name].parse(text))
    return view


HIDE_ANY = "hide"
LARGE = switch("large")
"""Whether everything is set larger, for a projector."""


def hidden(page: Page) -> Key[tuple[str, ...]]:
    """The parts of a page that a presenter's link hides."""
    return words(HIDE_ANY, page.parts)


def keys(page: Page) -> tuple[Key[Any], ...]:
    """All values of a page beside its network: its own, and those of a presentation."""
    return (*page.keys, hidden(page), LARGE)


def _history(page: Page) -> _History:
    name = f"history {page.file}"
    if page.slot and page.slot not in st.session_state:
        st.session_state[page.slot] = _SLOTS[page.slot]
    if name not in st.session_state:
        st.session_state[name] = _History([View(st.session_state[page.slot] if page.slot else Spec.make(DEFAULT))])
    history: _History = st.session_state[name]
    return history


def _fill_slot(page: Page) -> None:
    if page.slot:
        st.session_state[page.slot] = view().spec


def _last(query: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {key: last for key, texts in query.items() for last in list(texts)[-1:]}
