"""What was edited, as chips that can be taken back, against what all of the page compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import streamlit as st

from explorer.spec.chips import chips
from explorer.spec.spec import Spec
from explorer.ui.components.asset import component, read
from explorer.ui.session import state

_component = component(
    "chip_line",
    html='<div class="line" style="min-height: 34px"></div>',
    css=read("chip_line.css"),
    js=read("chip_line.js"),
)


class Choice(NamedTuple):
    """What all of the page is compared with: the value that is chosen, each with its title, and what a choice does."""

    value: str
    titles: Mapping[str, str]
    choose: Callable[[str], None]


def show(spec: Spec, *, key: str, against: Choice | None = None) -> None:
    """Draws a chip for every edit, a button that takes all of them back, and what the network is compared with."""

    def removed() -> None:
        title = st.session_state[key].get("removed")
        chip = next((chip for chip in chips(state.view().spec) if chip.title == title), None)
        if chip is not None:
            state.edit(lambda _: chip.without)

    def reset() -> None:
        state.edit(lambda now: now.unedited)

    def compared() -> None:
        value = st.session_state[key].get("against")
        if against is not None and value in against.titles:
            against.choose(value)

    data: dict[str, object] = {"title": spec.title, "chips": [chip.title for chip in chips(spec)]}
    if against is not None:
        data["against"] = {"value": against.value, "titles": list(against.titles.items())}
    _component(key=key, data=data, on_removed_change=removed, on_reset_change=reset, on_against_change=compared)
