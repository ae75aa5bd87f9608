"""The one node that a page looks at, told to every diagram and table of the page at once.

A click tells it within the page, without waiting for the server; this tells it where the server knows
better: a link, a step back.
"""

from __future__ import annotations

from explorer.ui.components.asset import component

_JS = """
import { tell } from "./tell.js";
export default ({ data }) => tell(data.picked);
"""

_component = component("picked", html="<span hidden></span>", js=_JS, shares=["tell.js"])


def tell(id: str) -> None:
    """Lights a node up, by its name; none where it is empty."""
    _component(key="picked", data={"picked": id}, height="content")
