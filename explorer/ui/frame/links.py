"""Links that open another page with what is shown here."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.candidates import Candidate
from explorer.spec.spec import Spec
from explorer.ui.frame import site
from explorer.ui.session.view import Page, View


def comparison(*networks: Candidate) -> dict[str, str]:
    """The query of a link that compares two to four networks; further ones are left out."""
    view = View(networks[0].spec)
    for key, network in zip(site.SIDES, networks, strict=False):
        view = view.set(key, network.text)
    return site.COMPARE.link(view)


def onward(page: Page, spec: Spec) -> None:
    """A menu of the other pages that can show a network."""
    # Its content is drawn when it is opened: a closed one must not slow a drag down.
    panel = st.popover("Open in", icon=":material/open_in_new:", type="tertiary", on_change="rerun", key="onward menu")
    if not panel.open:
        return
    with panel:
        for other in (site.BUILD, site.FIELD, site.TRAINING):
            if other is not page:
                st.page_link(other.file, label=other.title, icon=other.icon, query_params=spec.to_query())
        if spec != spec.unedited:
            query = comparison(Candidate(spec.unedited), Candidate(spec))
            icon = site.COMPARE.icon
            st.page_link(site.COMPARE.file, label="Compare with the unedited one", icon=icon, query_params=query)
