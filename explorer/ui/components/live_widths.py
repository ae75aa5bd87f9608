"""Makes the numbers and bars of a page follow a width while it is dragged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from explorer.ui.components.asset import component

_component = component(
    "live_widths", html="<span hidden></span>", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def show(address: str, query: Mapping[str, str], *, within: str, keys: Sequence[str], key: str) -> None:
    """Listens to sliders.

    Args:
        address: that answers with the numbers of a network.
        query: of the network as it is.
        within: the key of the container that holds the sliders.
        keys: for each of them, what it changes in the query.
        key: of the element.
    """
    data = {"address": address, "query": dict(query), "within": f"st-key-{within}", "keys": list(keys)}
    _component(key=key, data=data, height="content")
