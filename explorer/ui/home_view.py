"""The home page: the family as a gallery, and where to start."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from explorer import theme
from explorer.claims.ledger import lines, tally
from explorer.contenders import Contender, ratio
from explorer.gallery import FAMILIES, SORTS, cards, chosen
from explorer.lessons import LESSONS
from explorer.lessons.lesson import study
from explorer.network import valid
from explorer.spec import DEFAULT, Spec
from explorer.steps import cost, steps
from explorer.ui import compare_view, frame, gallery_view, pages, state
from explorer.ui.state import Page, View
from explorer.ui.text import plain

# Streamlit cuts a link's label at the end of its line.
_WRAPPED = """<style>
[data-testid=stPageLink] a, [data-testid=stPageLink] a * { white-space: normal; line-height: 1.35; }
</style>"""


class Start(NamedTuple):
    """A way in: a page in a prepared state, and what one finds there, in a sentence with its number."""

    page: Page
    query: dict[str, str]
    words: str


def show(view: View) -> None:
    """The whole page under its frame."""
    if frame.shows("text"):
        _explain()
    if frame.shows("start"):
        st.html(_WRAPPED)
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown("##### Start here")
            _links((*_starts(), _claims()))
        with right:
            st.markdown("##### From Inception to Xception in six steps")
            _links(_steps())
    if frame.shows("gallery"):
        _gallery(view)


def _explain() -> None:
    first, last = valid(Spec.make("googlenet")).totals, valid(Spec.make("xception")).totals
    st.markdown(
        plain(
            "Change the branches of an Inception network and see at once what every layer costs and sees; then train "
            f"what you built for a minute. The family goes from GoogLeNet, with {theme.number(first.params)} "
            f"parameters and {theme.macs(first.macs)} an image, to Xception, with {theme.number(last.params)} and "
            f"{theme.macs(last.macs)}; every number here is computed as the page opens."
        )
    )


def _links(starts: Iterable[Start]) -> None:
    with st.container(gap="xxsmall"):
        for start in starts:
            st.page_link(start.page.file, label=plain(start.words), icon=start.page.icon, query_params=start.query)


@lru_cache(maxsize=1)
def _starts() -> tuple[Start, ...]:
    """One for each page that can be prepared."""
    lesson = study(LESSONS["reduction"], LESSONS["reduction"].start)
    bare, stacked = (Spec.make(DEFAULT, rewrites=[verb]) for verb in ("no_reduction", "stack_5x5"))
    module = Spec.make(DEFAULT, module="inception_4b")
    deep = Spec.make("inception_v3")
    pair = [Contender(Spec.make(id)) for id in (DEFAULT, "bn_inception", "inception_v3", "xception")]
    whole, last = valid(pair[0].spec).totals, valid(pair[-1].spec).totals
    small = valid(Spec.make("inception10")).totals
    return (
        Start(
            pages.COST,
            state.link(pages.COST, View(pair[0].spec).set(pages.LESSON, "reduction")),
            f"Why is there a 1x1 in front of a 5x5? It leaves {theme.percent(lesson.share())} of the weights.",
        ),
        Start(
            pages.LAB,
            state.link(pages.LAB, View(module)),
            f"Take one module apart: inception_4b has {theme.number(valid(module).totals.params)} parameters.",
        ),
        Start(
            pages.NETWORK,
            state.link(pages.NETWORK, View(bare)),
            f"GoogLeNet without any 1x1 reduction: {theme.change(whole.macs, valid(bare).totals.macs, theme.macs)}.",
        ),
        Start(
            pages.COMPARE,
            compare_view.link_to(pair[0], Contender(stacked)),
            "Two 3x3 for each 5x5, cheaper or not? "
            f"{theme.change(whole.params, valid(stacked).totals.params)} parameters in GoogLeNet.",
        ),
        Start(
            pages.COMPARE,
            compare_view.link_to(*pair),
            f"Four generations side by side: the last has {ratio(whole.params, last.params)} the parameters and "
            f"{ratio(whole.macs, last.macs)} the MACs.",
        ),
        Start(
            pages.FIELD,
            state.link(pages.FIELD, View(deep)),
            f"How far does Inception v3 see? {theme.pair(valid(deep).field)} pixels, on an image of "
            f"{theme.size(deep.choice.input_shape[1:])}.",
        ),
        Start(
            pages.TRAINING,
            state.link(pages.TRAINING, View(Spec.make("inception10"))),
            f"Train a small Inception for a minute: {theme.number(small.params)} parameters.",
        ),
    )


def _claims() -> Start:
    """Not kept: what is measured by a run changes the count."""
    wrong = tally(lines()).get("does not hold", 0)
    words = f"What is said about these networks, computed: {theme.number(wrong)} of {theme.number(len(lines()))}"
    return Start(pages.CLAIMS, state.link(pages.CLAIMS, View(Spec.make(DEFAULT))), f"{words} do not hold.")


@lru_cache(maxsize=1)
def _steps() -> tuple[Start, ...]:
    found = [(step, cost(step.spec)) for step in steps()]
    return tuple(
        Start(
            pages.NETWORK,
            step.spec.to_query(),
            f"{number}. {step.title}: {theme.number(price.totals.params)} parameters, {theme.macs(price.totals.macs)}, "
            f"a field of {theme.pair(price.field)}.",
        )
        for number, (step, price) in enumerate(found)
    )


def _gallery(view: View) -> None:
    shown = chosen(view.get(pages.FAMILY), view.get(pages.FIND), view.get(pages.SORT))
    st.markdown("##### The family")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.pills("Family", FAMILIES, required=True, **state.bind(pages.FAMILY))
        st.selectbox("Sort by", list(SORTS), width=160, **state.bind(pages.SORT))
        st.text_input("Find", placeholder="a name, a year, an idea", width=240, **state.bind(pages.FIND))
    if shown:
        gallery_view.show(shown)
    else:
        st.info(plain(f"None of the {len(cards())} networks has this in its description."))
