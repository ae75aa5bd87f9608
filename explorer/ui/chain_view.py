"""A chain of equal layers to play with: what one of its outputs sees."""

from __future__ import annotations

import streamlit as st

from explorer import formats
from explorer.field import chain, picture
from explorer.ui import pages, picture_view, state
from explorer.ui.text import plain
from explorer.ui.view import View


def show(view: View) -> None:
    """Its sliders, the formula with their numbers, and the layers as dots."""
    st.markdown("##### Try it: a chain of layers")
    columns = st.columns([3, 3, 3, 3, 3], gap="medium", vertical_alignment="bottom")
    columns[0].slider("Kernel", 1, chain.MOST_KERNEL, **state.bind(pages.KERNEL))
    columns[1].slider("Stride", 1, chain.MOST_STRIDE, **state.bind(pages.STRIDE))
    columns[2].slider("Dilation", 1, chain.MOST_DILATION, **state.bind(pages.DILATION))
    columns[3].slider("Depth", 1, chain.MOST_DEPTH, **state.bind(pages.DEPTH))
    columns[4].toggle("Dilation doubles", **state.bind(pages.DOUBLING))
    chosen = chain.Chain(
        view.get(pages.KERNEL),
        view.get(pages.STRIDE),
        view.get(pages.DILATION),
        view.get(pages.DEPTH),
        view.get(pages.DOUBLING),
    )
    st.latex(chain.formula(chosen))
    field = chain.seen(chain.rows(chosen)[-1])
    st.caption(
        plain(
            f"One output sees {formats.number(field)} pixels of a row with {formats.number(chosen.weights)} weights; a "
            f"single layer that sees as much has {formats.number(field)}. k is the kernel, d the dilation of a layer, "
            "and j the jump of the map that it slides over: the product of the strides before it."
        )
    )
    svg = picture.dots(chosen)
    if svg is None:
        st.info(f"{formats.number(field)} pixels are too many to draw as dots: lower the stride or the depth.")
    else:
        alt = f"Dots in {chosen.depth + 1} rows: one output at the top, joined to the {field} pixels that it sees."
        picture_view.show(svg, key="chain", alt=alt)
