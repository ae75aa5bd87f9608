"""What hands a page on: its link as text and as a QR code, and the frame that shows it in another site's page."""

from __future__ import annotations

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
import streamlit as st
from segno.encoder import DataOverflowError

from explorer.spec.spec import Spec
from explorer.ui.frame import links, site
from explorer.ui.session.view import Page, View

_HEIGHT = 900
"""Pixels of an embedded page: a module with its switches."""
_MODULE = 4
"""Pixels of a square of a QR code, which a telephone reads from a wall."""


def menu(page: Page, view: View) -> None:
    """A menu of them."""
    # Its content is drawn when it is opened: a closed one must not slow a drag down.
    panel = st.popover("Share", icon=":material/share:", type="tertiary", on_change="rerun", key="share menu")
    if not panel.open:
        return
    with panel:
        link = address(str(st.context.url or ""), page.link(view))
        st.markdown("Link to what is shown")
        st.code(link, language=None, wrap_lines=True)
        if (picture := qr(link)) is None:
            st.caption("The link is too long for a QR code: a network with fewer edits has a shorter one.")
        else:
            st.html(f'<img src="{picture}" alt="QR code of this link" style="max-width: 100%">')
        st.markdown("To show it in another page")
        st.code(frame_of(link), language="html", wrap_lines=True)
        if page.slot:
            _files(view.spec)
        st.caption("Ctrl+P prints the page without its links and tools.")


def _files(spec: Spec) -> None:
    query = site.BUILD.link(View(spec).set(site.BELOW, ("exchange",)))
    links.follow(site.BUILD, "Files: Python, JSON, CSV, ONNX", query)


def address(url: str, query: dict[str, str]) -> str:
    """A page's address with what it shows.

    Args:
        url: of the page, as its visitor's browser has it.
        query: of the page as it is now.
    """
    return urlunsplit(urlsplit(url)._replace(query=urlencode(query), fragment=""))


def qr(link: str) -> str | None:
    """The QR code of a link as a picture in a `data:` address; None where it is too long for one."""
    try:
        return str(segno.make(link, error="m", micro=False).png_data_uri(scale=_MODULE, border=4))
    except DataOverflowError:
        return None


def frame_of(link: str) -> str:
    """The HTML that shows a page's body in another page."""
    embedded = f"{link}{'&' if urlsplit(link).query else '?'}embed=true"
    return (
        f'<iframe src="{html.escape(embedded)}" title="Inception explorer" '
        f'style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
    )
