"""The picture of a module on the pages that have one: what a hand does to it edits the session's network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from explorer.draw.flow.picture import TYPE
from explorer.ui import live
from explorer.ui.components import module_picture
from explorer.ui.frame import baseline, site
from explorer.ui.session import state
from explorer.ui.session.keys import LARGE, PRESENT
from explorer.ui.session.view import View

_LARGE_TYPE = 19
"""Pixels of the type for a class: the arithmetic has one less."""


def show(
    view: View,
    *,
    key: str,
    alt: str,
    on_click: Callable[[str], None],
    at: str = "",
    on_open: Callable[[str], None] | None = None,
    layout: str = "flow",
    layouts: Sequence[str] = (),
) -> None:
    """Draws it.

    Args:
        view: what the page shows.
        key: of the element.
        alt: what a screen reader says of it.
        on_click: called with the name of a node that was clicked.
        at: as in `module_picture.show`.
        on_open: as in `module_picture.show`.
        layout: as in `module_picture.show`.
        layouts: as in `module_picture.show`.
    """
    against = baseline.of(view)
    module_picture.show(
        live.ADDRESS,
        view.spec.to_query(),
        key=key,
        area=view.get(site.AREA),
        node=view.get(site.NODE),
        name=f"{view.spec.title} {at}".strip().replace(" ", "_"),
        alt=alt,
        type_size=type_size(view),
        baseline=against.text,
        in_hand=against.in_hand,
        on_edit=_edit,
        on_click=on_click,
        columns=view.get(site.COLUMNS),
        layout=layout,
        layouts=layouts,
        on_area=lambda area: state.put(site.AREA, area),
        on_columns=lambda columns: state.put(site.COLUMNS, columns),
        on_layout=lambda layout: state.put(site.LAYOUT, layout),
        at=at,
        on_open=on_open,
    )


def type_size(view: View) -> int:
    """Pixels of the text in pictures."""
    return _LARGE_TYPE if view.get(LARGE) or view.get(PRESENT) else TYPE


def _edit(key: str, value: object) -> None:
    state.edit(lambda now: now.with_setting(key, value), key)
