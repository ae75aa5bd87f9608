"""The home page: the networks that can be explored, and where to start."""

from __future__ import annotations

import streamlit as st

from explorer import theme
from explorer.network import analyse
from explorer.spec import Spec
from explorer.ui import frame
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


def show(spec: Spec) -> None:
    """The whole page under its frame."""
    st.markdown(
        "Change the branches of an Inception network and see at once what every layer costs and sees; "
        "then train what you built for a minute."
    )
    columns = st.columns(len(ARCHITECTURES))
    for column, id in zip(columns, ARCHITECTURES, strict=True):
        with column.container(border=True, height="stretch"):
            _card(Spec.make(id))
    st.markdown("##### Start here")
    for question, start in _STARTS:
        difference = theme.change(analyse(start.unedited).trace.totals.params, analyse(start).trace.totals.params)
        st.page_link(
            frame.NETWORK.file,
            label=plain(f"{question} {difference and f'Parameters: {difference}.'}"),
            icon=":material/arrow_forward:",
            query_params=start.to_query(),
        )


def _card(spec: Spec) -> None:
    entry, totals = spec.entry, analyse(spec).trace.totals
    st.markdown(f"**{plain(entry.title)}** ({entry.year})")
    st.caption(plain(entry.summary))
    st.markdown(
        plain(f"{theme.size(entry.input_shape)} · {theme.number(totals.params)} parameters · {theme.macs(totals.macs)}")
    )
    st.page_link(frame.NETWORK.file, label="Open", icon=":material/account_tree:", query_params=spec.to_query())
