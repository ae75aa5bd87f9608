"""What a student should notice in a network, in sentences whose numbers are computed from it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from explorer.analysis.compare import by_module
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.edits.rewrites import AppliedRewrite, apply
from explorer.graph.graph import Graph, under
from explorer.graph.ops import Concat, Linear, is_spatial
from explorer.graph.trace import Totals, Trace, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec

_CHEAPER = 0.95
"""Below this share of its cost without reductions, a branch is said to save."""


def of_module(spec: Spec, traced: Trace) -> tuple[str, ...]:
    """About one module: how its branches join, which of them costs most, what its reductions save.

    Args:
        spec: the module.
        traced: its trace, as far as it is valid.
    """
    return (*_join(traced), *_largest(traced), *_savings(build(spec), traced))


def _join(traced: Trace) -> Iterator[str]:
    rows = traced.by_name
    join = next((row for row in reversed(traced.rows) if len(row.inputs) > 1), None)
    if join is None:
        return
    widths = [rows[name].out_shape[0] for name in join.inputs]
    start = formats.size(traced.rows[0].out_shape)
    if isinstance(join.op, Concat):
        total = f"{' + '.join(map(formats.number, widths))} = {formats.number(join.out_shape[0])} channels"
        yield f"{len(widths)} branches read the same {start} map; stacked, they make {total}."
    else:
        yield (
            f"{len(widths)} branches read the same {start} map and are joined element by element, so each must make "
            f"{formats.size(join.out_shape)}."
        )


def _largest(traced: Trace) -> Iterator[str]:
    costs = {name: totals for name, totals in by_module(traced).items() if totals.macs}
    if len(costs) < 2:
        return
    name, most = max(costs.items(), key=lambda item: item[1].macs)
    whole = traced.totals
    yield (
        f"{name} costs most: {formats.percent(most.macs / whole.macs)} of the MACs and "
        f"{formats.percent(most.params / max(whole.params, 1))} of the parameters."
    )


def _savings(graph: Graph, traced: Trace) -> Iterator[str]:
    """What each branch would cost without the 1x1 in front of its larger window."""
    now = by_module(traced)
    for name, totals in now.items():
        without = _without_reduction(graph, name) if totals.macs else None
        if without is not None and 0 < totals.macs < _CHEAPER * without.macs:
            yield (
                f"Without the 1x1 in front of its window, {name} would take {formats.number(without.params)} "
                "parameters "
                f"and {formats.macs(without.macs)}; with it, {formats.percent(totals.params / without.params)} and "
                f"{formats.percent(totals.macs / without.macs)} of that."
            )


def _without_reduction(graph: Graph, branch: str) -> Totals | None:
    try:
        return by_module(trace(apply(graph, [AppliedRewrite("no_reduction", branch)]))).get(branch)
    except ExplorerError:
        return None


def of_network(traced: Trace) -> tuple[str, ...]:
    """About a whole network: where its parameters and its work lie, and how far it sees.

    Args:
        traced: its trace, as far as it is valid.
    """
    costs = {name: totals for name, totals in by_module(traced).items() if totals.params}
    if len(costs) < 2 or not traced.totals.macs:
        return ()
    heavy = max(costs, key=lambda name: costs[name].params)
    busy = max(costs, key=lambda name: costs[name].macs)
    whole = traced.totals
    return (
        f"{heavy} holds most parameters, {formats.percent(costs[heavy].params / whole.params)}; {busy} does most of "
        f"the work, {formats.percent(costs[busy].macs / whole.macs)} of the MACs{_because(traced, busy, heavy)}.",
        *_linear(traced),
        *_sight(traced),
    )


def _because(traced: Trace, busy: str, heavy: str) -> str:
    """Why the one that works most is not the one that holds most, where it is as usual."""
    early, late = traced.modules[busy][-1].out_shape, traced.modules[heavy][-1].out_shape
    names = [*traced.modules]
    is_usual = names.index(busy) < names.index(heavy) and early[0] < late[0] and prod(early[1:]) > prod(late[1:])
    return ": early layers work on large maps, late ones are wide" if is_usual else ""


def _linear(traced: Trace) -> Iterator[str]:
    linear = [row for row in traced.rows if isinstance(row.op, Linear)]
    if linear:
        params = sum(row.params for row in linear)
        who = "Its linear layer holds" if len(linear) == 1 else f"Its {len(linear)} linear layers hold"
        yield f"{who} {formats.number(params)} parameters, {formats.percent(params / traced.totals.params)} of all."


def _sight(traced: Trace) -> Iterator[str]:
    side, field = traced.rows[0].out_shape[1:], traced.field
    last = traced.last_map
    if field is not None and last is not None and len(side) == 2:
        yield (
            f"One position of the last map, {last.name}, sees {formats.pair(field)} pixels of an image of "
            f"{formats.size(side)}."
        )


def of_groups(spec: Spec) -> tuple[str, ...]:
    """About each number of groups that was asked for and cannot be: it must divide what a convolution reads and
    makes.
    """
    found = []
    for rewrite in spec.rewrites:
        if rewrite.id != "grouped" or rewrite.value is None:
            continue
        for node in build(spec).nodes:
            op = node.op
            if under(rewrite.prefix, node.name) and is_spatial(op) and op.groups != rewrite.value:
                has = "no groups" if op.groups == 1 else f"{op.groups} groups"
                found.append(
                    f"{node.name} has {has} where {rewrite.value} were asked for: {rewrite.value} must divide its "
                    f"{formats.number(op.out_channels)} channels and those that it reads."
                )
    return tuple(found)
