"""What a page is, and what it shows as one value, to and from a link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from explorer.common.lookup import unknown_name
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.ui.session.keys import LARGE, PRESENT, Key, word_list

T = TypeVar("T")


class Page(NamedTuple):
    """A page of the app.

    Args:
        file: what Streamlit runs.
        title: in the navigation.
        icon: in front of it.
        keys: its values in the URL, beside the network's.
        slot: which of the session's networks it shows, and puts into the URL; empty for none.
        sections: what a presenter's link can hide.
        first: the network that it shows while nobody has chosen one; None for the one that the session starts with.
    """

    file: str
    title: str
    icon: str
    keys: tuple[Key[Any], ...] = ()
    slot: str = ""
    sections: tuple[str, ...] = ()
    first: Spec | None = None

    @property
    def hidden(self) -> Key[tuple[str, ...]]:
        """The sections that a presenter's link hides."""
        return word_list("hide", self.sections)

    @property
    def all_keys(self) -> tuple[Key[Any], ...]:
        """All values beside the network: the page's own, and those of a presentation."""
        return (*self.keys, self.hidden, LARGE, PRESENT)

    def link(self, view: View, *, bare: bool = False) -> dict[str, str]:
        """A view as a URL's query, without what is left at its default; `bare` leaves the network out."""
        values = {key.name: key.write(view.get(key)) for key in self.all_keys if view.get(key) != key.default}
        return {**(view.spec.to_query() if self.slot and not bare else {}), **values}

    def read(self, query: Mapping[str, Iterable[str]], otherwise: Spec) -> View:
        """The view in a URL's query, each key with its list of values.

        Args:
            query: of the URL.
            otherwise: the network where the query names none.

        Raises:
            ExplorerError: the first thing in it that is unknown or not allowed.
        """
        keys = {key.name: key for key in self.all_keys}
        given = {name: texts for name, texts in query.items() if name not in keys}
        if given and not self.slot:
            raise unknown_name("value of this page called", next(iter(given)), keys)
        view = View(Spec.from_query(given) if given else otherwise)
        build(view.spec)
        for name, text in last(query).items():
            if name in keys:
                view = view.set(keys[name], keys[name].parse(text))
        return view


class View(NamedTuple):
    """What a page shows: a network, where the page has one, and the page's own values."""

    spec: Spec
    values: tuple[tuple[str, Any], ...] = ()
    """Those that differ from their default, sorted."""

    def get(self, key: Key[T]) -> T:
        """The value of a key."""
        value: T = dict(self.values).get(key.name, key.default)
        return value

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


def last(query: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The last value of each key, which is the one that counts."""
    return {key: last for key, texts in query.items() for last in list(texts)[-1:]}
