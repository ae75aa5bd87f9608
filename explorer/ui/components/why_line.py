"""The sentence under the switches: why the one that was turned last changed what it changed, with a link into its
lesson at the numbers of this network.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.analysis.why import why
from explorer.spec.spec import Spec
from explorer.ui.components.switch_row import TURNED
from explorer.ui.frame import links, site
from explorer.ui.session.text import plain
from explorer.ui.session.view import View


def show(spec: Spec, otherwise: Callable[[], tuple[str, ...]]) -> None:
    """Draws it.

    Args:
        spec: the network.
        otherwise: what is said where no switch is turned: the first of these.
    """
    found = why(spec, str(st.session_state.get(TURNED, "")))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="why"):
        if found is None:
            st.markdown(plain(next(iter(otherwise()), "It has no modules.")))
            return
        st.markdown(plain(found.words), width="stretch")
        if found.switch == "batch_norm":
            links.follow(site.BATCHNORM, "Why?", site.BATCHNORM.link(View(spec)), has_icon=False)
        elif found.lesson:
            query = lesson(spec, found.lesson, dict(found.values))
            links.follow(site.COST, "Why? At these numbers", query, has_icon=False)


def lesson(spec: Spec, id: str, values: dict[str, int]) -> dict[str, str]:
    """The query of a lesson at these numbers; those that it does not take are left at its own."""
    view = View(spec).set(site.LESSON, id)
    for letter, value in values.items():
        key = site.LESSON_VALUES[id, letter]
        view = view.set(key, value) if site.takes(id, letter, value) else view
    return site.COST.link(view)
