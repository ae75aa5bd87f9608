"""What every page stands in: its settings, the links to the others, and the messages at its top."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from explorer.spec import Spec
from explorer.ui import state
from explorer.ui.text import plain


class Page(NamedTuple):
    """A page of the app, by its file. `keys` are those in the URL that are its own, not the network's."""

    file: str
    title: str
    icon: str
    keys: tuple[str, ...] = ()


HOME = Page("app.py", "Home", ":material/home:")
NETWORK = Page("pages/network.py", "Network", ":material/account_tree:")
TRAINING = Page("pages/training.py", "Training", ":material/model_training:")
CLAIMS = Page("pages/claims.py", "Claims", ":material/fact_check:", keys=("claim",))
PAGES = (HOME, NETWORK, TRAINING, CLAIMS)

# Streamlit leaves a hand's breadth above and beside the page, which a projector has no room for.
_TIGHTER = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2rem 3rem; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 3rem; } }
[data-testid="stSidebarHeader"] { height: 2rem; margin-bottom: 0; padding-top: 0.5rem; padding-bottom: 0; }
[data-testid="stMetricValue"] { font-size: 1.6rem; }
</style>"""


def begin(page: Page) -> Spec:
    """Opens a page, whole even when it is the first thing that a fresh server is asked for.

    Returns:
        The network that this session works on.
    """
    st.set_page_config(page_title=f"{page.title} · Inception explorer", layout="wide")
    st.html(_TIGHTER)
    spec = state.current(page.keys)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown("**Inception explorer**", width="content")
        for other in PAGES:
            st.page_link(other.file, label=other.title, icon=other.icon, query_params=spec.to_query())
    if page is not HOME:
        state.publish(spec, page.keys)
    found = state.problem()
    if found:
        st.error(plain(f"That cannot be used: {found}."), icon=":material/error:")
    return spec
