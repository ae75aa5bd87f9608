"""What every page stands in: its settings, the links to the others, its tools, and the messages at its top."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.common.glossary import GLOSSARY
from explorer.ui.components import place_links, scrollers
from explorer.ui.frame import baseline, links, pins, share
from explorer.ui.frame.site import PLACES
from explorer.ui.session import state
from explorer.ui.session.keys import LARGE, PRESENT
from explorer.ui.session.text import plain
from explorer.ui.session.view import Page, View

# Streamlit leaves a hand's breadth above and beside the page, which a projector has no room for.
# The first click beside an open menu closes it and does nothing else: on a link it would tell Streamlit to
# go to one page and, closing the menu, to draw the other.
_TIGHTER = """<style>
[data-testid="stMainBlockContainer"] { padding: 0.7rem 1.25rem 3rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.5rem; }
[data-testid="stHeader"] { background: none; height: 2.5rem; min-height: 0; }
[data-testid="stHeader"], [data-testid="stHeader"] * { pointer-events: none; }
[data-testid="stHeader"] :is(button, a, [role="button"]) { pointer-events: auto; }
.st-key-tools kbd { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.st-key-bar, .st-key-places, .st-key-tools { row-gap: 0; max-width: 100%; }
.st-key-bar { column-gap: 1.2rem; }
:is(.st-key-undo, .st-key-redo) p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.st-key-beside { border-left: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding-left: 0.6rem; }
.st-key-why { min-height: 2rem; border-left: 3px solid #b35900; padding-left: 0.75rem; }
.st-key-why [data-testid="stMarkdownContainer"], .st-key-why p { margin: 0; }
.st-key-why [data-testid="stPageLink"] { text-decoration: underline; }
@media print {
  .st-key-places, .st-key-tools, [data-testid="stSidebar"], [data-testid="stHeader"] { display: none !important; }
  .stApp, [data-testid="stAppViewContainer"], [data-testid="stMain"] {
    position: static !important; overflow: visible !important; height: auto !important; display: block !important;
  }
  [data-testid="stVerticalBlock"], [data-testid="stLayoutWrapper"] {
    overflow: visible !important; max-height: none !important;
  }
  [data-testid="stHtml"] img { max-width: 100% !important; }
}
@media (forced-colors: active) {
  [data-testid="stSlider"] [data-orientation] > div:not([data-testid]),
  [data-testid="stCheckbox"] label > div:not([data-testid]) { forced-color-adjust: none; }
  [data-testid="stSliderThumbValue"] { forced-color-adjust: auto; }
}
.stApp:has([data-testid="stExpandSidebarButton"]) .st-key-places { padding-left: 2.6rem; }
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 2.4rem 1rem 3rem; }
  .st-key-places, .st-key-tools { flex-wrap: nowrap; overflow-x: auto; }
}
[data-testid="stSidebarHeader"] { height: 2rem; margin-bottom: 0; padding-top: 0.5rem; padding-bottom: 0; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * { color: inherit; opacity: 1; }
[data-testid="stCaptionContainer"] { color: color-mix(in srgb, currentColor 82%, transparent); }
button[role="radio"][aria-checked="true"] * { color: inherit; font-weight: 600; }
button[role="radio"][aria-checked="true"] { color: inherit !important; }
button[kind="primary"] { background-color: #0072b2; border-color: #0072b2; color: #ffffff; }
.st-key-places h1 { font-size: 1rem; font-weight: 600; line-height: 1.6; margin: 0; padding: 0; white-space: nowrap; }
.st-key-places h1 span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
[data-testid="stMain"] [data-testid="stMarkdownContainer"] h2 { font-size: 1.2rem; padding: 0.4rem 0; }
[data-testid="stMetricValue"] { font-size: 1.6rem; }
[data-testid="stPopoverButton"][aria-expanded="true"] { color: inherit; }
[data-testid="stPageLink"] a { padding: 0.1rem 0.35rem; white-space: nowrap; }
body:has([data-testid="stPopoverBody"])::after { content: ""; position: fixed; inset: 0; z-index: 1000000; }
</style>"""
_PRESENTED = """<style>
.st-key-leave { position: fixed; bottom: 0.5rem; right: 0.75rem; width: auto; z-index: 10; }
.st-key-leave button { background: color-mix(in srgb, currentColor 8%, transparent); padding: 0 0.5rem; }
.st-key-leave kbd { display: none; }
html { --totals-size: 40px; }
[data-testid="stHeader"] { display: none; }
</style>"""
_LARGER = "<style>html { font-size: 20px !important; --larger: 1.25; }</style>"


def show(
    page: Page,
    draw: Callable[[View], None],
    sidebar: Callable[[View], None] | None = None,
    head: Callable[[View], None] | None = None,
) -> None:
    """A whole page, also when it is the first thing that a fresh server is asked for.

    A change within the body redraws the body alone: what does not follow an edit belongs into the sidebar, and
    the tools above the body are drawn with the whole page, so that nothing in them may say what is shown now.
    Embedded in another site's page (`?embed=true`), or presented, it is its body alone.

    Args:
        page: which one.
        draw: its body, given what it shows: the link's, or what this session showed last.
        sidebar: what stands beside it.
        head: what stands before the tools: what the page is about.
    """
    st.set_page_config(
        page_title=f"{page.title} · Inception explorer",
        layout="wide",
        # What stands beside a page that has a head is needed less than the room that it takes.
        initial_sidebar_state="auto" if head is None else "collapsed",
    )
    view = state.begin(page)
    st.html(_TIGHTER + (_LARGER if view.get(LARGE) or view.get(PRESENT) else ""))
    state.wants_redraw()  # this is it
    presents = view.get(PRESENT)
    if presents:
        st.html(_PRESENTED)
        leave, icon = "Leave", ":material/close_fullscreen:"
        st.button(leave, icon=icon, type="tertiary", shortcut="Esc", key="leave", on_click=state.present, args=(False,))
    alone = st.context.is_embedded or presents
    if not alone:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
            _places(page)
            _tools(page, view, head)
    if sidebar is not None and not alone:
        with st.sidebar:
            sidebar(view)
    scrollers.show()
    st.fragment(_body)(page, draw)


def _places(page: Page) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", key="places"):
        st.html(f"<h1>Inception explorer<span>: {page.title}</span></h1>", width="content")
        # They name no state: this session keeps what each page shows, and an edit leaves what stands here alone.
        shown = {title: page if page in pages else pages[0] for title, pages in PLACES.items()}
        for title, other in shown.items():
            st.page_link(other.file, label=title)
        beside = next(pages for pages in PLACES.values() if page in pages)
        if len(beside) > 1:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="xxsmall", width="content", key="beside"
            ):
                for other in beside:
                    st.page_link(other.file, label=other.title)
            shown |= {other.title: other for other in beside}
        place_links.show(
            [_place(title, other, page) for title, other in shown.items()],
            own=[key.name for key in page.all_keys],
            within="places",
            key="place links",
        )
        pins.keep()


def _place(title: str, other: Page, page: Page) -> place_links.Place:
    shares = bool(other.slot) and other.slot == page.slot
    return place_links.Place(title, other is page, shares, state.here(other, bare=shares))


def _body(page: Page, draw: Callable[[View], None]) -> None:
    if state.wants_redraw():
        st.rerun()
    view = state.view()
    state.publish(page, baseline.settled(view))
    with st.container():  # a place of its own: what comes and goes in it leaves all below as it is, focus included
        if problem := state.problem():
            st.error(plain(f"That cannot be used: {problem}."), icon=":material/error:")
    draw(view)


def is_visible(part: str) -> bool:
    """Whether a part of the page is to be shown: a presenter's link hides some."""
    page: Page = st.session_state["page"]
    return part not in state.view().get(page.hidden)


def _tools(page: Page, view: View, head: Callable[[View], None] | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="tools"):
        if head is not None:
            head(view)
        for by, words, icon, keys in ((-1, "Undo", "undo", "Ctrl+Z"), (1, "Redo", "redo", "Ctrl+Y")):
            icon = f":material/{icon}:"
            step = words.lower()
            st.button(words, icon=icon, type="tertiary", shortcut=keys, on_click=_step, args=(by, step), key=step)
        pins.menu(page, view)
        share.menu(page, view)
        if page.slot:
            links.onward(page, view)
        _presenter(page)
        _words()


def _words() -> None:
    panel = st.popover("Words", type="tertiary", on_change="rerun", key="words menu")
    if panel.open:
        with panel:
            lines = [f"**{word}**: {plain(sentence)}" for word, sentence in GLOSSARY.items()]
            st.markdown("\n\n".join(lines))


def _step(by: int, words: str) -> None:
    if not state.step(by):
        st.toast(f"There is nothing to {words}.")


def _presenter(page: Page) -> None:
    panel = st.popover("Present", type="tertiary", on_change="rerun", key="present menu")
    if not panel.open:
        return
    with panel:
        st.button("Present now", icon=":material/slideshow:", on_click=state.present, args=(True,), width="stretch")
        st.markdown("The page alone, in large type, from page to page; Esc leaves. It is in the link, as these are:")
        st.toggle("Larger type", **state.bind_key(LARGE))
        st.pills("Hide", page.sections, selection_mode="multi", **state.bind_key(page.hidden, default="default"))
