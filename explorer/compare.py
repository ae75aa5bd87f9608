"""Two traces side by side, aligned by name."""

from __future__ import annotations

from typing import NamedTuple

from explorer.analysis import NONE, Row, Totals, Trace, total
from explorer.graph import module_of


class Change(NamedTuple):
    """A module's sums before and after."""

    module: str
    before: Totals
    after: Totals

    @property
    def params(self) -> int:
        """By how much the parameters grew."""
        return self.after.params - self.before.params

    @property
    def macs(self) -> int:
        """By how much the MACs grew."""
        return self.after.macs - self.before.macs


def by_module(trace: Trace) -> dict[str, Totals]:
    """The sums of each module, in graph order."""
    members: dict[str, list[Row]] = {}
    for row in trace.rows:
        members.setdefault(module_of(row.name), []).append(row)
    return {module: total(rows) for module, rows in members.items()}


def changes(before: Trace, after: Trace) -> tuple[Change, ...]:
    """The modules whose sums differ, those that are new or gone included."""
    old, new = by_module(before), by_module(after)
    pairs = (Change(name, old.get(name, NONE), new.get(name, NONE)) for name in {**old, **new})
    return tuple(change for change in pairs if change.before != change.after)
