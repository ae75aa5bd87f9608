"""The home page: the networks that can be explored, and where to start."""

from __future__ import annotations

import streamlit as st

from explorer import theme
from explorer.network import analyse
from explorer.spec import Spec
from explorer.steps import cost, steps
from explorer.ui import pages
from explorer.ui.text import plain
from explorer.zoo import ARCHITECTURES

_STARTS = (
    ("What does one Inception module cost?", Spec.make("inception_block")),
    (
        "Why is there a 1x1 in front of every 5x5? Take them all out.",
        Spec.make("googlenet", rewrites=["no_reduction"]),
    ),
    ("Two 3x3 for a 5x5: cheaper, or not?", Spec.make("googlenet", rewrites=["stack_5x5"])),
    ("What does batch normalisation add to GoogLeNet?", Spec.make("googlenet", rewrites=["batch_norm"])),
    ("What do separable convolutions save in a small network?", Spec.make("inception10", rewrites=["separable"])),
)
_CARDS = 5
"""Cards in a row."""


def show() -> None:
    """The whole page under its frame."""
    st.markdown(
        "Change the branches of an Inception network and see at once what every layer costs and sees; "
        "then train what you built for a minute."
    )
    ids = list(ARCHITECTURES)
    for first in range(0, len(ids), _CARDS):
        for column, id in zip(st.columns(_CARDS), ids[first : first + _CARDS], strict=False):
            with column.container(border=True, height="stretch"):
                _card(Spec.make(id))
    st.markdown("##### Start here")
    for question, start in _STARTS:
        difference = theme.change(analyse(start.unedited).trace.totals.params, analyse(start).trace.totals.params)
        st.page_link(
            pages.NETWORK.file,
            label=plain(f"{question} {difference and f'Parameters: {difference}.'}"),
            icon=":material/arrow_forward:",
            query_params=start.to_query(),
        )
    st.markdown("##### From Inception to Xception in six steps")
    for number, step in enumerate(steps()):
        found = cost(step.spec)
        costs = f"{theme.number(found.totals.params)} parameters, {theme.macs(found.totals.macs)}"
        st.page_link(
            pages.NETWORK.file,
            label=plain(f"{number}. {step.title}: {costs}, a field of {theme.pair(found.field)}."),
            icon=":material/arrow_forward:",
            query_params=step.spec.to_query(),
        )


def _card(spec: Spec) -> None:
    entry, totals = spec.entry, analyse(spec).trace.totals
    st.markdown(f"**{plain(entry.title)}** ({entry.year})")
    st.caption(plain(entry.summary))
    st.markdown(
        plain(f"{theme.size(entry.input_shape)}, {theme.number(totals.params)} params, {theme.macs(totals.macs)}")
    )
    st.page_link(pages.NETWORK.file, label="Open", icon=":material/account_tree:", query_params=spec.to_query())
