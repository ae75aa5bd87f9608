"""Links that open another page with what is shown here."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.candidates import Candidate
from explorer.ui.frame import baseline, site
from explorer.ui.session import state
from explorer.ui.session.keys import PRESENT
from explorer.ui.session.text import plain
from explorer.ui.session.view import Page, View


def comparison(*networks: Candidate) -> dict[str, str]:
    """The query of a link that compares two to four networks; further ones are left out."""
    view = View(networks[0].spec)
    for key, network in zip(site.SIDES, networks, strict=False):
        view = view.set(key, network.text)
    return site.COMPARE.link(view)


def follow(page: Page, label: str, query: dict[str, str], *, has_icon: bool = True) -> None:
    """A link within a page to another one. Where the page is presented, so is what it leads to.

    Args:
        page: where it leads.
        label: what it says, as text.
        query: of the page.
        has_icon: whether the page's icon stands in front of it.
    """
    if state.view().get(PRESENT):
        query = {**query, PRESENT.name: "1"}  # by itself the page would add it, and one step back would not lead back
    st.page_link(page.file, label=plain(label), icon=page.icon if has_icon else None, query_params=query)


def onward(page: Page, view: View) -> None:
    """A menu of the other pages that can show a network."""
    spec = view.spec
    # Its content is drawn when it is opened: a closed one must not slow a drag down.
    panel = st.popover("Open in", type="tertiary", on_change="rerun", key="onward menu")
    if not panel.open:
        return
    with panel:
        for other in (site.BUILD, site.FIELD, site.TRAINING):
            if other is not page:
                follow(other, other.title, spec.to_query())
        against = baseline.of(view)
        if spec != against.spec:
            follow(site.COMPARE, f"Compare with {against.title}", comparison(Candidate(against.spec), Candidate(spec)))
