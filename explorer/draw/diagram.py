"""A traced network as boxes and arrows: modules folded into one box each, equal ones in a row into one
box for all, and what is unfolded node by node. `explorer.draw.graphviz` draws it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw import colours
from explorer.graph.graph import module_of
from explorer.graph.ops import Input, Op, is_norm
from explorer.graph.trace import NodeTrace, Totals, Trace, total

UNFOLD_BELOW = 40
"""A network of fewer nodes is shown unfolded."""
ALL = "all"
"""Stands for every module, among those to unfold."""
LABELLED_BELOW = 70
"""With more boxes, shapes stand in the boxes and not along the arrows."""
GREW, SHRANK, NEW = "grew", "shrank", "new"


class Box(NamedTuple):
    """One box of a diagram.

    Args:
        id: the name of the node, the module or the first of the equal modules that it stands for.
        lines: its text, the title first.
        style: a key of `colours.FAMILIES`, "module", "plain" or "error".
        cluster: the module whose frame it is drawn in; empty outside of any.
        mark: whether its cost grew or shrank since the network before, or it is new; empty for neither.
    """

    id: str
    lines: tuple[str, ...]
    style: str
    cluster: str = ""
    mark: str = ""


class Diagram(NamedTuple):
    """Boxes and arrows between their ids, not yet laid out. Each arrow has the shape that goes along it, or
    no words where there are many.
    """

    boxes: tuple[Box, ...]
    edges: tuple[tuple[str, str, str], ...]
    homes: tuple[tuple[str, str], ...]
    """For each node the id of the box that it is drawn in."""


class Repeat(NamedTuple):
    """Modules in a row that are equal but for their names, each reading from the one before."""

    modules: tuple[str, ...]

    @property
    def id(self) -> str:
        """It is called by its first module."""
        return f"{self.modules[0]} x {len(self.modules)}"


def network(
    trace: Trace, unfolded: Collection[str] = (), error: ExplorerError | None = None, before: Trace | None = None
) -> Diagram:
    """The network, folded by module and repeat.

    Args:
        trace: as far as the network is valid.
        unfolded: modules, or the ids of repeats, to show in detail; `ALL` for all. A small network is shown
            in detail throughout.
        error: what is wrong behind the last row, shown in a box of its own.
        before: the network to mark differences from.
    """
    folds = _folds(trace, unfolded)
    return _draw(trace, folds, None if before is None else _before(before, folds), error)


def toggled(trace: Trace, unfolded: Collection[str], id: str) -> tuple[str, ...]:
    """What is unfolded after a click on a module or a repeat: it is, or is no longer.

    A repeat stays unfolded while one of its modules is; folding a module again leaves it in the row of
    its equals.
    """
    modules = tuple(trace.modules)
    opened = list(modules if ALL in unfolded else unfolded)
    if id not in opened:
        return (*opened, id)
    home = next((repeat.id for repeat in repeats(trace) if id in repeat.modules), None)
    opened.remove(id)
    return tuple(dict.fromkeys([*opened, home] if home else opened))


def repeats(trace: Trace) -> tuple[Repeat, ...]:
    """Every run of two or more equal modules."""
    runs: list[list[str]] = []
    modules = trace.modules
    signatures = {name: _signature(name, rows) for name, rows in modules.items() if len(rows) > 1}
    for name, signature in signatures.items():
        last = runs[-1][-1] if runs else ""
        if last and signature == signatures[last] and _sources(name, modules[name]) == {last}:
            runs[-1].append(name)
        else:
            runs.append([name])
    return tuple(Repeat(tuple(run)) for run in runs if len(run) > 1)


def _signature(name: str, rows: Sequence[NodeTrace]) -> tuple[object, ...]:
    """What equal modules have in common: ops, shapes and wiring, by names from the module on."""
    return tuple(
        (row.name.removeprefix(name), row.op, row.in_shapes, tuple(_from(name, source) for source in row.inputs))
        for row in rows
    )


def _sources(name: str, rows: Sequence[NodeTrace]) -> set[str]:
    """The other modules that a module reads from."""
    return {module_of(source) for row in rows for source in row.inputs} - {name}


def _from(module: str, source: str) -> str:
    return source.removeprefix(module) if source.startswith(f"{module}.") else "outside"


class _Folds(NamedTuple):
    """Which modules are shown in detail, and for each other module the box that it is folded into."""

    detailed: Collection[str]
    box: Mapping[str, str]


def _folds(trace: Trace, unfolded: Collection[str]) -> _Folds:
    modules = trace.modules
    whole = ALL in unfolded or len(trace.rows) < UNFOLD_BELOW
    box = {name: name for name in modules}
    for repeat in repeats(trace):
        opened = whole or repeat.id in unfolded or any(name in unfolded for name in repeat.modules)
        if not opened:
            box.update(dict.fromkeys(repeat.modules, repeat.id))
    return _Folds({name for name in modules if whole or name in unfolded}, box)


def _members(trace: Trace, folds: _Folds) -> dict[str, list[NodeTrace]]:
    home = _homes(trace.rows, folds)
    members: dict[str, list[NodeTrace]] = {}
    for row in trace.rows:
        members.setdefault(home[row.name], []).append(row)
    return members


def _homes(rows: Sequence[NodeTrace], folds: _Folds) -> Mapping[str, str]:
    """The box that each node is drawn in: its folded module, or the convolution or pool that a
    normalisation or activation stands behind, or one of its own.
    """
    fed = Counter(source for row in rows for source in row.inputs)
    home: dict[str, str] = {}
    for row in rows:
        module = module_of(row.name)
        if module not in folds.detailed:
            home[row.name] = folds.box[module]
        elif _stands_behind(row) and fed[row.inputs[0]] == 1 and module_of(row.inputs[0]) in folds.detailed:
            home[row.name] = home.get(row.inputs[0], row.name)
        else:
            home[row.name] = row.name
    return home


def _stands_behind(row: NodeTrace) -> bool:
    return row.op.elementwise or is_norm(row.op)


def _before(before: Trace, folds: _Folds) -> Mapping[str, Totals]:
    """What the boxes of a network cost in the network before, by the modules of today's folds: a module may
    have left a row of equals.
    """
    box = {name: folds.box.get(name, name) for name in before.modules}
    old = _members(before, _Folds(folds.detailed, box))
    return {id: total(rows) for id, rows in old.items()}


def _draw(trace: Trace, folds: _Folds, old: Mapping[str, Totals] | None, error: ExplorerError | None) -> Diagram:
    rows, home, members = trace.rows, _homes(trace.rows, folds), _members(trace, folds)
    labelled = len(members) < LABELLED_BELOW
    shapes = {row.name: formats.size(row.out_shape) if labelled else "" for row in rows}
    on_edges = (
        {home[source] for row in rows for source in row.inputs if home[source] != home[row.name]} if labelled else ()
    )
    boxes = [_box(id, group, folds, old, id not in on_edges) for id, group in members.items()]
    edges = dict.fromkeys(
        (home[source], home[row.name], shapes[source])
        for row in rows
        for source in row.inputs
        if home[source] != home[row.name]
    )
    if error is not None and error.node is not None and rows:
        boxes.append(Box(f"{error.node} (error)", (error.node, "does not fit: see the message"), "error"))
        edges[home[rows[-1].name], f"{error.node} (error)", ""] = None
    return Diagram(tuple(boxes), tuple(edges), tuple(home.items()))


def _box(id: str, rows: Sequence[NodeTrace], folds: _Folds, old: Mapping[str, Totals] | None, shaped: bool) -> Box:
    first, last, cost = rows[0], rows[-1], total(rows)
    module = module_of(first.name)
    mark, change = ("", ()) if old is None else _change(cost, old.get(id))
    shape = (formats.size(last.out_shape),) if shaped else ()
    numbers = (*shape, *((f"{formats.number(cost.params)} params",) if cost.params else ()), *change)
    if module not in folds.detailed and len(rows) > 1:
        return Box(id, (id, *numbers, *_macs(cost)), "module", mark=mark)
    behind = " + ".join(row.op.describe() for row in rows[1:])
    # A branch by itself needs no frame: it is a column already.
    framed = module in folds.detailed and module != first.name and not module.startswith("branch")
    cluster = module if framed else ""
    name = first.name.removeprefix(f"{module}.") if cluster else first.name
    title = () if isinstance(first.op, Input) else (first.op.describe(), *((f"+ {behind}",) if behind else ()))
    return Box(id, (name, *title, *numbers), _style(first.op), cluster, mark)


def _macs(cost: Totals) -> tuple[str, ...]:
    return (formats.macs(cost.macs),) if cost.macs else ()


def _change(now: Totals, old: Totals | None) -> tuple[str, tuple[str, ...]]:
    """The mark of a box and the line that says by how much it changed."""
    if old is None:
        return NEW, ("● new",)
    for difference, words in ((now.params - old.params, "params"), (now.macs - old.macs, "MACs")):
        if difference:
            grew = difference > 0
            return GREW if grew else SHRANK, (f"{'▲' if grew else '▼'} {formats.signed(difference)} {words}",)
    return "", ()


def _style(op: Op) -> str:
    return op.family if op.family in colours.FAMILIES else "plain"
