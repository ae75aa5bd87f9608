"""What was edited, as chips that can be taken back, against what all of the page compares."""

from __future__ import annotations

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


def show(spec: Spec, *, key: str) -> None:
    """Draws a chip for every edit, and a button that takes all of them back."""

    def removed() -> None:
        title = st.session_state[key].get("removed")
        chip = next((chip for chip in chips(state.view().spec) if chip.title == title), None)
        if chip is not None:
            state.edit(lambda _: chip.without)

    def reset() -> None:
        state.edit(lambda now: now.unedited)

    _component(
        key=key,
        data={"title": spec.title, "chips": [chip.title for chip in chips(spec)]},
        on_removed_change=removed,
        on_reset_change=reset,
    )
