"""The five switches of the family, each of which shows what the network has, and works both ways."""

from __future__ import annotations

from typing import NamedTuple

from explorer.common.lookup import unknown_name
from explorer.common.memory import remembered
from explorer.edits.rewrites import AppliedRewrite
from explorer.graph.graph import Graph
from explorer.graph.ops import is_norm
from explorer.graph.trace import Totals, totals
from explorer.spec.build import build
from explorer.spec.spec import Spec


class Switch(NamedTuple):
    """A switch.

    Args:
        id: how a link and a test call it.
        title: how a page calls it.
        puts_in: the rewrite that it is on by, where the network is without; empty where there is none.
        takes_out: the rewrite that it is off by, where the network has it; empty where there is none.
        why_not: why it cannot be turned where neither does anything.
    """

    id: str
    title: str
    puts_in: str
    takes_out: str
    why_not: str


SWITCHES = {
    switch.id: switch
    for switch in (
        Switch("reductions", "1×1 reductions", "", "no_reduction", "no 1×1 stands before a larger window here"),
        Switch("two_3x3", "5×5 as two 3×3", "stack_5x5", "", "there is no 5×5 here"),
        Switch("batch_norm", "Batch norm", "batch_norm", "no_batch_norm", "there is no layer to normalise here"),
        Switch("separable", "Separable", "separable", "", "no full window is larger than 1×1 here"),
        Switch("residual", "Residual", "residual", "", "there is no module to go around here"),
    )
}


class State(NamedTuple):
    """A switch in a network.

    Args:
        switch: the switch.
        is_on: whether the network has it.
        is_turned: whether that is an edit of the network, and not how it is by itself.
        now: the network's totals; None where it is not valid.
        turned: its totals once the switch is turned; None where it is not valid then.
        why_not: why it cannot be turned; empty where it can.
    """

    switch: Switch
    is_on: bool
    is_turned: bool
    now: Totals | None
    turned: Totals | None
    why_not: str


@remembered(lambda states: 500 * len(states))
def states(spec: Spec, prefix: str = "") -> tuple[State, ...]:
    """Every switch, with what turning it would change.

    Args:
        spec: the network.
        prefix: the part of it that the switches are kept to; the whole where empty.
    """
    graph = build(spec)
    now = totals(graph)
    made = []
    for switch in SWITCHES.values():
        other = build(turned(spec, switch.id, prefix))
        rewrites = _mine(spec, switch, prefix)
        why_not = switch.why_not if other == graph and not rewrites else ""
        is_on = _is_on(spec, switch, prefix)
        made.append(State(switch, is_on, bool(rewrites), now, totals(other), why_not))
    return tuple(made)


def turned(spec: Spec, id: str, prefix: str = "") -> Spec:
    """The network with a switch turned.

    Raises:
        ExplorerError: there is no such switch.
    """
    if id not in SWITCHES:
        raise unknown_name("switch", id, SWITCHES)
    switch = SWITCHES[id]
    mine = _mine(spec, switch, prefix)
    if mine:
        return spec.with_(rewrites=[rewrite for rewrite in spec.rewrites if rewrite not in mine])
    rewrite = switch.takes_out if _is_on(spec, switch, prefix) else switch.puts_in
    return spec.with_(rewrites=[*spec.rewrites, AppliedRewrite(rewrite, prefix)]) if rewrite else spec


def _mine(spec: Spec, switch: Switch, prefix: str) -> list[AppliedRewrite]:
    ids = (switch.puts_in, switch.takes_out)
    return [rewrite for rewrite in spec.rewrites if rewrite.id in ids and rewrite.prefix == prefix]


def _is_on(spec: Spec, switch: Switch, prefix: str) -> bool:
    mine = [rewrite.id for rewrite in _mine(spec, switch, prefix)]
    if mine:
        return switch.puts_in in mine and bool(switch.puts_in)
    if not switch.takes_out:
        return False
    # What the network has by itself, whatever the switch does to parts of it.
    ids = (switch.puts_in, switch.takes_out)
    graph = build(spec.with_(rewrites=[rewrite for rewrite in spec.rewrites if rewrite.id not in ids]))
    if switch.puts_in:
        return _has_norm(graph, prefix)
    return build(spec.with_(rewrites=[*spec.rewrites, AppliedRewrite(switch.takes_out, prefix)])) != graph


def _has_norm(graph: Graph, prefix: str) -> bool:
    parts = [part for part in graph.parts if not prefix or prefix in part.piece.prefixes]
    return any(is_norm(node.op) for part in parts for node in part.nodes)
