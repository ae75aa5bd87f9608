"""The gallery in the page: all cards in one element, which is many times faster than one element a card."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from explorer.analysis.candidates import Candidate
from explorer.analysis.gallery import Card
from explorer.analysis.gallery import cards as all_cards
from explorer.common import formats
from explorer.draw import colours
from explorer.draw.thumbnail import COLOURS, LEFT_OUT, thumbnail
from explorer.spec.spec import DEFAULT, Spec
from explorer.ui.components.asset import component
from explorer.ui.frame import links, site
from explorer.zoo import ARCHITECTURES

_COLOURS = "\n".join(f".{name} {{ fill: {colour}; background: {colour}; }}" for name, colour in colours.PALETTE.items())

_CSS = f"""
.legend {{ display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin-bottom: 0.6rem; font-size: 13px; }}
.swatch {{ display: inline-block; width: 0.7em; height: 0.7em; margin-right: 0.4em; border-radius: 2px; }}
.gallery {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(225px, 1fr)); gap: 0.75rem; }}
.card {{
  position: relative; display: flex; flex-direction: column; gap: 0.3rem; padding: 0.7rem 0.8rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); font-size: 13px;
}}
.card:hover, .card:focus-within {{ border-color: var(--st-primary-color); }}
.thumbnail {{ text-align: center; }}
.thumbnail svg {{ max-width: 100%; height: auto; }}
.thumbnail text {{ fill: var(--st-text-color); font-family: var(--st-font); font-size: 10px; }}
{_COLOURS}
.head, .foot {{ display: flex; justify-content: space-between; align-items: baseline; gap: 0.5rem; }}
a {{ color: var(--st-link-color); text-decoration: none; }}
a:hover, a:focus-visible {{ text-decoration: underline; }}
.title {{ font-size: 15px; font-weight: 600; color: var(--st-text-color); }}
/* The whole card opens its network. */
.title::after {{ content: ""; position: absolute; inset: 0; }}
.title:focus-visible::after {{ outline: 2px solid var(--st-primary-color); border-radius: inherit; }}
.other {{ position: relative; z-index: 1; }}
.year, .family, dt {{ opacity: 0.7; }}
.introduced {{ margin: 0; flex-grow: 1; line-height: 1.35; }}
.numbers {{ margin: 0.2rem 0 0; display: grid; grid-template-columns: auto auto auto; gap: 0.4rem; }}
dt {{ font-size: 11px; }}
dd {{ margin: 0; font-variant-numeric: tabular-nums; white-space: nowrap; }}
"""

_component = component(
    "gallery",
    html='<div class="legend"></div><div class="gallery"></div>',
    css=_CSS,
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


_LEGEND = [
    *((name, COLOURS[colour]) for name, colour in colours.FAMILIES.items() if colour not in LEFT_OUT),
    ("share of the MACs", "grey"),
]


def show(cards: Sequence[Card]) -> None:
    """Draws the cards; a click on one goes to its network, or to a comparison with it."""
    version = " ".join(card.entry.id for card in cards)
    payload = {"cards": [data(card.entry.id) for card in cards], "legend": _LEGEND, "version": version}
    # Both are told for one run only.
    result = _component(key="gallery", data=payload, on_open_change=_noted, on_compare_change=_noted)
    for page, query, id in ((site.BUILD, _alone, result.open), (site.COMPARE, _beside, result.compare)):
        # A browser may tell anything.
        if isinstance(id, str) and id in ARCHITECTURES:
            st.switch_page(page.file, query_params=query(id))


def _noted() -> None:
    """A page is left while it runs, not in a callback."""


def _alone(id: str) -> dict[str, str]:
    return Spec.make(id).to_query()


def _beside(id: str) -> dict[str, str]:
    """A comparison of a network with the one that all begins with; of that one with its paper."""
    return links.comparison(Candidate(Spec.make(DEFAULT if id != DEFAULT else _PAPER)), Candidate(Spec.make(id)))


_PAPER = "googlenet_paper"


@lru_cache(maxsize=64)
def data(id: str) -> dict[str, Any]:
    """What the browser is told of a network."""
    card = next(card for card in all_cards() if card.entry.id == id)
    entry, totals = card.entry, card.totals
    return {
        "id": id,
        "href": f"network?{urlencode(_alone(id))}",
        "compare": f"compare?{urlencode(_beside(id))}",
        "svg": thumbnail(card.spec),
        "alt": f"Small diagram of {entry.title}.",
        "title": entry.title,
        "year": str(entry.year),
        "family": entry.family,
        "introduced": card.entry.introduced,
        "numbers": [
            ("parameters", formats.short(totals.params)),
            ("MACs", formats.short(totals.macs)),
            ("receptive field", formats.pair(card.field)),
        ],
    }
