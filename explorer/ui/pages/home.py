"""The home page: the family as a gallery, and where to start."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import streamlit as st

from explorer.analysis import notes
from explorer.analysis.candidates import Candidate
from explorer.analysis.gallery import FAMILIES, SORTS, cards, chosen
from explorer.common import formats
from explorer.lessons.batchnorm import numbers, transform
from explorer.lessons.inception_to_xception import cost, steps
from explorer.spec.build import analyse, valid
from explorer.spec.spec import DEFAULT, Spec
from explorer.studies.claims.ledger import lines, tally
from explorer.studies.experiments import EXPERIMENTS
from explorer.ui.components import chip_line, gallery_grid, switch_row, totals_bar, why_line
from explorer.ui.frame import frame, links, site
from explorer.ui.pages import drawn
from explorer.ui.session import state
from explorer.ui.session.keys import PRESENT
from explorer.ui.session.state import FIRST_MODULE
from explorer.ui.session.text import plain
from explorer.ui.session.view import Page, View

# Streamlit cuts a link's label at the end of its line.
_WRAPPED = """<style>
[data-testid=stPageLink] a, [data-testid=stPageLink] a * { white-space: normal; line-height: 1.35; }
</style>"""

_FIRST = Spec.make(DEFAULT)
_MODULE = Spec.make(DEFAULT, module=FIRST_MODULE)


class Start(NamedTuple):
    """A way in: a page in a prepared state, and what one finds there, in a sentence with its number."""

    page: Page
    query: dict[str, str]
    words: str


def show(view: View) -> None:
    """The whole page under its frame."""
    if frame.is_visible("text"):
        _explain()
    if frame.is_visible("module"):
        _touch(view)
    if frame.is_visible("claim"):
        _judge(view)
    if frame.is_visible("start"):
        st.html(_WRAPPED)
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown("## Go on")
            _links((*_prepared(), _claims()))
        with right:
            st.markdown("## From Inception to Xception in six steps")
            _links(_steps())
    if frame.is_visible("gallery"):
        _gallery(view)


def _touch(view: View) -> None:
    """A module to touch, and where to go on from it."""
    spec = view.spec
    now, original = analyse(spec), analyse(spec.unedited)
    chip_line.show(spec, key="home chips")
    switch_row.show(spec, key="home switches")
    why_line.show(spec, lambda: notes.of_module(spec, now.trace))
    totals_bar.show(now.trace, original.trace)
    drawn.show(
        view,
        key="home picture",
        alt="The layers of an Inception module as boxes whose areas are their parameters; Build has the table.",
        on_click=lambda node: state.move(lambda view: view.set(site.NODE, node)),
    )
    with st.container(horizontal=True, gap="medium"):
        for door in _doors(spec):
            links.follow(door.page, door.words, door.query)


def _doors(spec: Spec) -> tuple[Start, ...]:
    """Where somebody who is new, who teaches or who builds goes on from a module."""
    query = spec.to_query()
    return (
        Start(site.COST, site.COST.link(View(_FIRST)), "I am new: why is there a 1x1 in front of a 5x5?"),
        Start(site.BUILD, {**query, PRESENT.name: "1"}, "I teach: this module, presented"),
        Start(site.BUILD, query, "I build: take this module apart"),
    )


def _judge(view: View) -> None:
    """A claim to judge, and once it is judged what is so."""
    line = next(line for line in lines() if line.claim.id == _CLAIM)
    judged, found = view.get(site.JUDGED), line.found
    assert found is not None  # computed from graphs, it needs no run
    with st.container(border=True):
        st.markdown(f"**True or false?** {plain(line.claim.text)}")

        def take(word: str | None) -> None:
            state.put(site.JUDGED, word or "")

        st.segmented_control(
            "Your verdict",
            list(site.VERDICTS),
            format_func=_SAID.__getitem__,
            label_visibility="collapsed",
            **state.bind_widget("judged", judged or None, take, default="default"),
        )
        if judged:
            right = "Right" if site.VERDICTS[judged] == line.summary else "Not quite"
            st.markdown(
                plain(f"{right}: it {found.verdict}. {found.computed[0].upper()}{found.computed[1:]}. {found.why}")
            )
            query = site.CLAIMS.link(View(_FIRST).set(site.CLAIM, line.claim.id))
            words = f"This claim and {len(lines()) - 1} others, computed"
            links.follow(site.CLAIMS, words, query)


_CLAIM = "claim-07-small-kernels"
_SAID = {"true": "True", "depends": "It depends", "false": "False"}


def _explain() -> None:
    first, last = valid(Spec.make("googlenet")).totals, valid(Spec.make("xception")).totals
    st.markdown(
        plain(
            "Turn a switch or drag the edge of a box: every number follows. Below is the whole family, from GoogLeNet, "
            f"{formats.number(first.params)} parameters, to Xception, {formats.number(last.params)}."
        )
    )


def _links(starts: Iterable[Start]) -> None:
    with st.container(gap="xsmall"):
        for start in starts:
            links.follow(start.page, start.words, start.query)


def starts() -> tuple[Start, ...]:
    """All of them, at least one for every other page."""
    return (*_doors(_MODULE), *_prepared(), _claims(), *_steps())


@lru_cache(maxsize=1)
def _prepared() -> tuple[Start, ...]:
    return (
        _generations(),
        _sight(),
        _normalised(),
        _training(),
        _experiment(),
    )


def _start(page: Page, spec: Spec, words: str) -> Start:
    return Start(page, page.link(View(spec)), words)


def _generations() -> Start:
    four = [Candidate(Spec.make(id)) for id in (DEFAULT, "bn_inception", "inception_v3", "xception")]
    first, last = (valid(step.spec).totals for step in (four[0], four[-1]))
    words = (
        f"Four generations side by side: the last has {formats.ratio(first.params, last.params)} the parameters and "
        f"{formats.ratio(first.macs, last.macs)} the MACs."
    )
    return Start(site.COMPARE, links.comparison(*four), words)


def _sight() -> Start:
    deep = Spec.make("inception_v3")
    field, image = formats.pair(valid(deep).field), formats.size(deep.build_config.input_shape[1:])
    last = valid(deep).last_map
    view = View(deep).set(site.NODE, last.name if last else "")
    return Start(
        site.FIELD, site.FIELD.link(view), f"How far does Inception v3 see? {field} pixels, on an image of {image}."
    )


def _training() -> Start:
    small = Spec.make("inception10")
    params = formats.number(valid(small).totals.params)
    return _start(site.TRAINING, small, f"Train a small Inception for a minute: {params} parameters.")


def _normalised() -> Start:
    batch = transform.forward(transform.START)
    values = ", ".join(map(numbers.one, transform.START))
    words = (
        f"Batch norm by hand: {values} have mean {numbers.one(batch.mean)} and variance {numbers.one(batch.variance)}."
    )
    return Start(site.BATCHNORM, site.BATCHNORM.link(View(_FIRST)), words)


def _experiment() -> Start:
    asked = EXPERIMENTS["learning_rates"]
    query = site.EXPERIMENTS_PAGE.link(View(_FIRST).set(site.EXPERIMENT, asked.id))
    runs = formats.number(len(asked.arms) * asked.seeds)
    return Start(site.EXPERIMENTS_PAGE, query, f"{asked.question} {runs} paired runs say it.")


def _claims() -> Start:
    """Not kept: what is measured by a run changes the count."""
    wrong = tally(lines()).get("does not hold", 0)
    words = f"What is said about these networks, computed: {formats.number(wrong)} of {formats.number(len(lines()))}"
    return _start(site.CLAIMS, _FIRST, f"{words} do not hold.")


@lru_cache(maxsize=1)
def _steps() -> tuple[Start, ...]:
    costs = [(step, cost(step.spec)) for step in steps()]
    return tuple(
        Start(
            site.BUILD,
            step.spec.to_query(),
            f"{number}. {step.title}: {formats.number(price.totals.params)} parameters",
        )
        for number, (step, price) in enumerate(costs)
    )


def _gallery(view: View) -> None:
    shown = chosen(view.get(site.FAMILY), view.get(site.FIND), view.get(site.SORT))
    st.markdown("## The family")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.pills("Family", FAMILIES, required=True, wrap=True, **state.bind_key(site.FAMILY, default="default"))
        st.selectbox("Sort by", list(SORTS), width=160, **state.bind_key(site.SORT, SORTS))
        st.text_input("Find", placeholder="a name, a year, an idea", width=240, **state.bind_key(site.FIND))
    if shown:
        gallery_grid.show(shown)
    else:
        st.info(plain(f"None of the {len(cards())} networks has this in its description."))
