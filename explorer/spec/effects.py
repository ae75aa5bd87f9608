"""What each switch would change: a rewrite put on where it is off, taken off where it is on."""

from __future__ import annotations

from typing import NamedTuple

from explorer.common.errors import ExplorerError
from explorer.common.memory import remembered
from explorer.edits.rewrites import REWRITES, AppliedRewrite, apply
from explorer.graph.graph import under
from explorer.graph.trace import Totals, partial_trace, total, totals
from explorer.spec.build import build, edited
from explorer.spec.spec import Spec


class Effect(NamedTuple):
    """What the network is once a switch has been turned.

    Args:
        rewrite: the switch's rewrite.
        is_on: whether it is on now, so that to turn it takes the rewrite out.
        changes: whether the network is another one then.
        network: its totals then.
        module: those of the module that the switch is kept to; of the network where it is kept to none.
        error: why the network is not valid then, if it is not: the totals end before that.
    """

    rewrite: str
    is_on: bool
    changes: bool
    network: Totals
    module: Totals
    error: ExplorerError | None


@remembered(lambda effects: 1_000 * len(effects))
def effects(spec: Spec, prefix: str = "") -> tuple[Effect, ...]:
    """The effect of every switch, in the order of `REWRITES`.

    Args:
        spec: the network as it is.
        prefix: the part of the network that the switches are kept to; the whole where empty.

    Raises:
        ExplorerError: there is no network, or no such part in it.
    """
    return tuple([_effect(spec, id, prefix) for id in REWRITES])


def _effect(spec: Spec, id: str, prefix: str) -> Effect:
    others = [rewrite for rewrite in spec.rewrites if (rewrite.id, rewrite.prefix) != (id, prefix)]
    is_on = len(others) < len(spec.rewrites)
    graph = apply(edited(spec), others if is_on else [*others, AppliedRewrite(id, prefix)])
    changes = graph != build(spec)
    network, module, error = totals(graph), totals(graph, prefix), None
    if network is None or module is None:
        trace, error = partial_trace(graph)
        network, module = trace.totals, total([row for row in trace.rows if under(prefix, row.name)])
    return Effect(rewrite=id, is_on=is_on, changes=changes, network=network, module=module, error=error)
