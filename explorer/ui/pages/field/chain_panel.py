"""A chain of equal layers to play with: what one of its outputs sees."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.field import chain
from explorer.common import formats
from explorer.draw import fields
from explorer.ui.components import svg_picture
from explorer.ui.frame import site
from explorer.ui.session import state
from explorer.ui.session.text import plain
from explorer.ui.session.view import View


def show(view: View) -> None:
    """Its sliders, the formula with their numbers, and the layers as dots."""
    st.markdown("## Try it: a chain of layers")
    columns = st.columns([3, 3, 3, 3, 3], gap="medium", vertical_alignment="bottom")
    columns[0].slider("Kernel", 1, chain.MOST_KERNEL, **state.bind_key(site.KERNEL))
    columns[1].slider("Stride", 1, chain.MOST_STRIDE, **state.bind_key(site.STRIDE))
    columns[2].slider("Dilation", 1, chain.MOST_DILATION, **state.bind_key(site.DILATION))
    columns[3].slider("Depth", 1, chain.MOST_DEPTH, **state.bind_key(site.DEPTH))
    columns[4].toggle("Dilation doubles", **state.bind_key(site.DOUBLING))
    chosen = chain.Chain(
        view.get(site.KERNEL),
        view.get(site.STRIDE),
        view.get(site.DILATION),
        view.get(site.DEPTH),
        view.get(site.DOUBLING),
    )
    st.latex(chain.formula(chosen))
    field = chain.seen(chain.rows(chosen)[-1])
    st.caption(
        plain(
            f"One output sees {formats.number(field)} pixels of a row with {formats.number(chosen.weights)} weights; a "
            f"single layer that sees as much has {formats.number(field)}. k is the kernel, d the dilation of a layer, "
            "and j the effective stride of the map that it slides over: the product of the strides before it."
        )
    )
    svg = fields.dots(chosen)
    if svg is None:
        st.info(f"{formats.number(field)} pixels are too many to draw as dots: lower the stride or the depth.")
    else:
        alt = f"Dots in {chosen.depth + 1} rows: one output at the top, joined to the {field} pixels that it sees."
        svg_picture.show(svg, key="chain", alt=alt)
