"""What a change does to a network, in as few words as stand beside its switch."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.trace import Totals


def between(before: Totals, after: Totals) -> tuple[str, str]:
    """How many parameters and MACs more or less."""
    params, macs = after.params - before.params, after.macs - before.macs
    signed = f"{'−' if macs < 0 else '+'}{formats.macs(abs(macs))}"
    return formats.signed(params) if params else "±0", signed if macs else "MACs as before"
