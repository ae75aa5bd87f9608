"""The four numbers of a network, three of them with their difference from another. One element, for it follows
a drag.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from explorer.common import formats
from explorer.common.glossary import explained
from explorer.graph.trace import Totals, Trace
from explorer.ui.components.asset import component

_CSS = """
.totals { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0 1rem; margin: 0; }
.total { display: flex; flex-wrap: wrap; align-items: baseline; column-gap: 8px; }
.label {
  order: 2; font-size: calc(14px * var(--larger, 1)); cursor: help;
  text-decoration: underline dotted; text-underline-offset: 3px;
}
.value {
  order: 1; flex-basis: 100%; font-size: var(--totals-size, 28px); font-weight: 600; line-height: 1.2; margin: 0;
}
.below { order: 3; font-size: calc(14px * var(--larger, 1)); margin: 0; white-space: nowrap; opacity: 0.85; }
.total, .value, .below { font-variant-numeric: tabular-nums; }
@media (max-width: 1100px) { .totals { grid-template-columns: repeat(2, 1fr); gap: 0.4rem; } }
@media (max-width: 640px) { .value { font-size: 20px; } .below { font-size: 13px; } .total { column-gap: 6px; } }
"""

_JS = """
export default function ({ data, parentElement }) {
  const list = parentElement.querySelector(".totals");
  draw(list, data.totals);
  const follow = ({ detail }) => draw(list, detail.totals);
  window.addEventListener("explorer-live", follow);
  return () => window.removeEventListener("explorer-live", follow);
}

function draw(list, totals) {
  list.replaceChildren(...totals.map((one) => {
    const card = document.createElement("div");
    card.className = "total";
    const parts = { label: "dt", value: "dd", below: "dd" };
    for (const [name, tag] of Object.entries(parts)) {
      const part = document.createElement(tag);
      part.className = name;
      part.textContent = one[name];
      card.append(part);
    }
    card.querySelector(".label").title = HELP[one.label];
    return card;
  }));
}
"""

_WORDS = {"Parameters": "", "Multiply-adds": "MAC", "Activations": "", "Receptive field": ""}
_HELP = {label: explained(word or label) for label, word in _WORDS.items()}
"""What each number is; in the script, for what is sent is sent with every edit."""

_component = component(
    "totals",
    html='<dl class="totals" style="min-height: 54px"></dl>',
    css=_CSS,
    js=f"const HELP = {json.dumps(_HELP)};\n{_JS}",
)


class Total(NamedTuple):
    """One number: what it is called, how it is written, and what stands below it."""

    label: str
    value: str
    below: str


_SAME = "unchanged"
"""What stands under a number that does not differ."""


def show(now: Trace, before: Trace) -> None:
    """Draws them side by side; see `totals`."""
    _component(key="totals", data={"totals": [total._asdict() for total in totals(now, before)]})


def totals(now: Trace, before: Trace) -> tuple[Total, ...]:
    """The four numbers.

    Args:
        now: the network.
        before: what it is compared with.
    """
    new, old = now.totals, before.totals
    return (
        _number("Parameters", formats.number, new.params, old.params),
        _number("Multiply-adds", formats.macs, new.macs, old.macs),
        _number("Activations", formats.memory, new.activations, old.activations),
        Total("Receptive field", formats.pair(now.field), _notes(new)),
    )


def _notes(totals: Totals) -> str:
    """What the other cards leave open, in a few words."""
    statistics = f"{formats.number(totals.statistics)} BN statistics" if totals.statistics else "no BN"
    heads = f"heads: {formats.number(totals.auxiliary_params)} params" if totals.auxiliary_params else ""
    return heads or statistics


def _number(label: str, write: Callable[[int], str], now: int, before: int) -> Total:
    # Something always stands under the number, so that the first edit does not move the page.
    difference = formats.change(before, now, write)
    arrow = "▲ " if now > before else "▼ " if now < before else ""
    return Total(label, write(now), f"{arrow}{difference}" if difference else _SAME)
