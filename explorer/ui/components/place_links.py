"""Makes the links to the other pages carry what a page shows, as its address bar says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.ui.components.asset import component, read

_component = component("place_links", html="<span hidden></span>", js=read("place_links.js"))


class Place(NamedTuple):
    """A page that a link leads to.

    Args:
        title: of the link.
        here: whether it is the page that is shown.
        shares: whether it shows the same network.
        query: its own values, with its network where it shows another.
    """

    title: str
    here: bool
    shares: bool
    query: dict[str, str]


def show(places: Sequence[Place], *, own: Sequence[str], within: str, key: str) -> None:
    """Listens to links.

    Args:
        places: where they lead.
        own: the values in the address bar that are this page's alone.
        within: the key of the container that holds them.
        key: of the element.
    """
    data = {"places": [place._asdict() for place in places], "own": list(own), "within": within}
    _component(key=key, data=data, height="content")
