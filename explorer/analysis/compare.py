"""Two traces side by side, aligned by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from explorer.common.memory import remembered
from explorer.graph.graph import module_of
from explorer.graph.ops import Input
from explorer.graph.trace import NONE, NodeTrace, Stretch, Totals, Trace, added, total
from explorer.spec.build import valid
from explorer.spec.spec import Spec


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
    sums: dict[str, Totals] = {}
    for stretch in trace.stretches or (Stretch(trace.rows),):
        for module, totals in _by_module(stretch).items():
            sums[module] = added((sums[module], totals)) if module in sums else totals
    return sums


@remembered(lambda sums: 300 * len(sums))
def _by_module(stretch: Stretch) -> dict[str, Totals]:
    return {module: total(rows) for module, rows in _members(stretch.rows).items()}


def changes(before: Trace, after: Trace) -> tuple[Change, ...]:
    """The modules whose sums differ, those that are new or gone included."""
    old, new = by_module(before), by_module(after)
    pairs = (Change(name, old.get(name, NONE), new.get(name, NONE)) for name in {**old, **new})
    return tuple(change for change in pairs if change.before != change.after)


def _members(rows: Iterable[NodeTrace]) -> dict[str, list[NodeTrace]]:
    members: dict[str, list[NodeTrace]] = {}
    for row in rows:
        members.setdefault(module_of(row.name), []).append(row)
    return members


class Difference(NamedTuple):
    """One name in two networks.

    Args:
        name: of the node within its module.
        before: its row in the first network; None where it has no such node.
        after: the same in the second.
    """

    name: str
    before: NodeTrace | None
    after: NodeTrace | None

    @property
    def kind(self) -> str:
        """A word of `KINDS`."""
        if self.before is None or self.after is None:
            return ADDED if self.before is None else REMOVED
        if _itself(self.before) != _itself(self.after):
            return CHANGED
        return SAME if self.before.inputs == self.after.inputs else REWIRED

    @property
    def fields(self) -> tuple[str, ...]:
        """What of a changed node is different: `input`, `op`, or fields of an op that is the same."""
        if self.before is None or self.after is None or self.kind != CHANGED:
            return ()
        old, new = self.before.op, self.after.op
        changed = [field.name for field in fields(old) if getattr(old, field.name) != getattr(new, field.name, None)]
        shapes = ["input"] if self.before.in_shapes != self.after.in_shapes else []
        return (*(changed if type(old) is type(new) else ["op"]), *shapes)

    @property
    def params(self) -> int:
        """By how much the parameters grew."""
        return _of(self.after, "params") - _of(self.before, "params")

    @property
    def macs(self) -> int:
        """By how much the MACs grew."""
        return _of(self.after, "macs") - _of(self.before, "macs")


ADDED, REMOVED, CHANGED, REWIRED, SAME = "added", "removed", "changed", "rewired", "unchanged"
KINDS = (ADDED, REMOVED, CHANGED, REWIRED, SAME)
"""A changed node has another op or other shapes; a rewired one only reads from another node."""


def _itself(row: NodeTrace) -> tuple[object, ...]:
    return row.op, row.in_shapes, row.out_shape


def _of(row: NodeTrace | None, field: str) -> int:
    return 0 if row is None else int(getattr(row, field))


class ModulePair(NamedTuple):
    """A module of two networks, or what stands in its place.

    Args:
        before: its name in the first network; empty where it has none.
        after: the same in the second.
        sums: its sums in both.
        nodes: every node of either, aligned by name.
    """

    before: str
    after: str
    sums: tuple[Totals, Totals]
    nodes: tuple[Difference, ...]

    @property
    def name(self) -> str:
        """One name where both agree or only one has it, else both."""
        return " / ".join(dict.fromkeys(filter(None, (self.before, self.after))))

    def count(self, kind: str) -> int:
        """How many of its nodes are of this kind."""
        return sum(node.kind == kind for node in self.nodes)

    @property
    def differs(self) -> bool:
        """Whether anything in it does."""
        return any(node.kind != SAME for node in self.nodes)


class Alignment(NamedTuple):
    """Two networks aligned.

    Args:
        modules: pairs of modules; every node of either network is in exactly one.
        shared: how many nodes, the image aside, both networks have under one name and of one op class.
        by_name: whether modules were paired by name; if not, by their place from the image on.
    """

    modules: tuple[ModulePair, ...]
    shared: int
    by_name: bool


@lru_cache(maxsize=64)
def align(before: Spec, after: Spec) -> Alignment:
    """Two networks aligned by name, or, where hardly a name means the same in both, by place.

    Raises:
        ExplorerError: one of them is not valid.
    """
    old, new = valid(before).rows, valid(after).rows
    kinds = {row.name: row.kind for row in old if not isinstance(row.op, Input)}
    shared = sum(kinds.get(row.name) == row.kind for row in new)
    by_name = shared > 1 and shared * _SHARED_AT_LEAST >= max(len(old), len(new)) - 1
    left, right = _members(old), _members(new)
    pairs = _paired(list(left), list(right)) if by_name else list(zip_longest(left, right, fillvalue=""))
    return Alignment(tuple(_pair(a, b, left.get(a, []), right.get(b, [])) for a, b in pairs), shared, by_name)


_SHARED_AT_LEAST = 16
"""One in so many nodes of the larger network must be shared: `conv1` and `fc` alone align nothing."""


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """Names in the order of the second network; those that are gone stand behind what they stood behind."""
    order = list(new)
    for index, name in enumerate(old):
        if name not in order:
            order.insert(order.index(old[index - 1]) + 1 if index else 0, name)
    return [(name if name in old else "", name if name in new else "") for name in order]


def _pair(before: str, after: str, old: list[NodeTrace], new: list[NodeTrace]) -> ModulePair:
    left, right = ({_local(row.name, module): row for row in rows} for module, rows in ((before, old), (after, new)))
    names = dict.fromkeys([*right, *left])
    nodes = tuple(Difference(name, left.get(name), right.get(name)) for name in names)
    return ModulePair(before, after, (total(old), total(new)), nodes)


def _local(name: str, module: str) -> str:
    """A node's name within its module."""
    return name.removeprefix(f"{module}.")
