"""What hands a page on: its link as text and as a QR code, and the frame that shows it in another site's page."""

from __future__ import annotations

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
import streamlit as st
from segno.encoder import DataOverflowError

from explorer.draw.flow.module import drawn_first
from explorer.graph.source import source
from explorer.spec.build import analyse, build
from explorer.spec.transfer import stem
from explorer.ui import live
from explorer.ui.components import slide_files
from explorer.ui.frame import baseline, links, site
from explorer.ui.session.view import Page, View

_HEIGHT = 900
"""Pixels of an embedded page: a module with its switches."""
_SLIDE_TYPE = 18
"""Pixels of the text in a picture for a slide."""
_CODE = 180
"""Pixels of the source, from which on it scrolls."""
_MODULE = 4
"""Pixels of a square of a QR code, which a telephone reads from a wall."""


def menu(page: Page, view: View) -> None:
    """A menu of them."""
    # Its content is drawn when it is opened: a closed one must not slow a drag down.
    panel = st.popover("Share", type="tertiary", on_change="rerun", key="share menu")
    if not panel.open:
        return
    with panel:
        link = address(str(st.context.url or ""), page.link(baseline.settled(view)))
        words, code = st.columns([3, 1])
        with words:
            st.markdown("Link to what is shown")
            st.code(link, language=None, wrap_lines=True)
        with code:
            if (picture := qr(link)) is None:
                st.caption("The link is too long for a QR code: a network with fewer edits has a shorter one.")
            else:
                st.html(f'<img src="{picture}" alt="QR code of this link" style="width: 100%; max-width: 180px">')
        if page.slot:
            _network(view)
        st.markdown("To show it in another page")
        st.code(frame_of(link), language="html", wrap_lines=True)
        st.caption("Ctrl+P prints the whole page without its links and tools.")


def _network(view: View) -> None:
    """What a network hands on beside its page: a picture, a sheet of paper, files, and code."""
    spec = view.spec
    drawn = _drawn(view)
    place = urlsplit(str(st.context.url or ""))
    path = f"{place.path.rpartition('/')[0]}/{live.SHEET}"
    sheet = urlunsplit(place._replace(path=path, query=urlencode(drawn), fragment=""))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Picture for a slide", width="content")
        slide_files.show(live.PICTURE, {**drawn, "type": str(_SLIDE_TYPE)}, stem(spec), key="slide files")
        st.link_button("Print on one page", sheet, icon=":material/print:")
    query = site.BUILD.link(View(spec).set(site.BELOW, ("exchange",)))
    links.follow(site.BUILD, "Files and a check: Python, JSON, CSV, ONNX, verify", query)
    if analyse(spec).error is None:
        st.markdown("PyTorch")
        st.code(source(build(spec), title=spec.title), language="python", height=_CODE)


def _drawn(view: View) -> dict[str, str]:
    """The query of a picture of what is shown."""
    spec, against = view.spec, baseline.of(view).text
    query = {**spec.to_query(), "area": view.get(site.AREA)}
    if not spec.module:
        query["at"] = view.get(site.OPENED) or drawn_first(spec)
    return {**query, **({"baseline": against} if against else {})}


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
