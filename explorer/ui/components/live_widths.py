"""Makes the numbers and bars of a page follow a width while it is dragged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.ui.components.asset import component, read

_component = component("live_widths", html="<span hidden></span>", js=read("live_widths.js"), shares=["follow.js"])


def show(address: str, query: Mapping[str, str], baseline: str, *, within: str, keys: Sequence[str], key: str) -> None:
    """Listens to sliders.

    Args:
        address: that answers with the numbers of a network.
        query: of the network as it is.
        baseline: the query of what it is compared with while it changes; its original where empty.
        within: the key of the container that holds the sliders.
        keys: for each of them, what it changes in the query.
        key: of the element.
    """
    data = {
        "address": address,
        "query": dict(query),
        "baseline": baseline,
        "within": f"st-key-{within}",
        "keys": list(keys),
    }
    _component(key=key, data=data, height="content")
