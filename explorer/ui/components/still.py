"""A picture of the kind that modules are drawn in, which nobody touches."""

from __future__ import annotations

import base64
import html

import streamlit as st

from explorer.draw.flow.picture import Picture, svg


def show(picture: Picture, *, alt: str) -> None:
    """Draws it on the ground of the theme; what is wider than the page is scrolled.

    Args:
        picture: what to draw.
        alt: what a screen reader says in its place.
    """
    drawn = svg(picture, "dark" if st.context.theme.type == "dark" else "light", is_clear=True)
    data = base64.b64encode(drawn.encode()).decode()
    st.html(
        f'<div style="overflow-x: auto" tabindex="0" role="group" aria-label="{html.escape(alt)}">'
        f'<img alt="{html.escape(alt)}" style="max-width: none" src="data:image/svg+xml;base64,{data}"></div>'
    )
