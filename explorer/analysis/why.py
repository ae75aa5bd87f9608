"""Why a switch changed what it changed, in a sentence that is true of the network as it is, and one place in it as
numbers, to look at closely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from explorer.common import formats
from explorer.graph.ops import Add, Conv2d, DepthwiseConv2d, is_norm
from explorer.graph.trace import NodeTrace, Trace
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.spec.switches import SWITCHES, states, turned


class Why(NamedTuple):
    """A sentence.

    Args:
        switch: what it is about.
        words: the sentence.
        lesson: the lesson on cost that goes on from it; empty where there is none.
        values: the numbers of one place in the network, by the lesson's letters.
    """

    switch: str
    words: str
    lesson: str = ""
    values: Mapping[str, int] = {}


def why(spec: Spec, last: str = "") -> Why | None:
    """The sentence on a switch that has been turned; None where none has, or the network does not fit.

    Args:
        spec: the network.
        last: the switch that was turned last, which comes before the others.
    """
    mine = [state.switch.id for state in states(spec) if state.is_turned]
    for id in sorted(mine, key=lambda id: (id != last, -list(SWITCHES).index(id))):
        now, before = analyse(spec), analyse(turned(spec, id))
        if now.error is None and before.error is None:
            found = _SENTENCES[id](now.trace, before.trace)
            if found is not None:
                return found
    return None


def _two_3x3(now: Trace, before: Trace) -> Why | None:
    places = [
        (row, now.by_name[row.name], now.by_name[f"{row.name}_1"])
        for row in before.rows
        if isinstance(row.op, Conv2d) and row.op.kernel_size == (5, 5) and f"{row.name}_1" in now.by_name
    ]
    if not places:
        return None
    more = [first.params + second.params - old.params for old, second, first in places]
    ratios = [old.out_shape[0] / old.in_shapes[0][0] for old, _, _ in places]
    rule = "about 16/9 = 1.8 times as many"
    each = "the 5×5 makes" if len(places) == 1 else "each 5×5 makes"
    if min(more) > 0:
        words = (
            f"Two 3×3 cost more {_where(places)}: {each} {_range(ratios)} times as many channels as it reads, and they "
            f"are cheaper only below {rule}."
        )
    elif max(more) <= 0:
        words = (
            f"Two 3×3 cost less {_where(places)}: {each} {_range(ratios)} times as many channels as it reads, and they "
            f"are cheaper below {rule}."
        )
    else:
        cheaper = sum(difference < 0 for difference in more)
        words = (
            f"Two 3×3 cost less in {cheaper} of {len(places)} places: where a 5×5 makes fewer channels than {rule} as "
            "it reads."
        )
    old = places[0][0]
    c, d = old.in_shapes[0][0], old.out_shape[0]
    return Why("two_3x3", words, "stack", {"c": c, "m": d, "d": d, "k": 5, "s": old.out_shape[1]})


def _reductions(now: Trace, before: Trace) -> Why | None:
    pairs = [
        (row, before.by_name[row.name])
        for row in now.rows
        if isinstance(row.op, Conv2d)
        and row.op.kernel_size != (1, 1)
        and row.name in before.by_name
        and before.by_name[row.name].in_shapes[0][0] < row.in_shapes[0][0]
    ]
    if not pairs:
        return None
    ratios = [new.in_shapes[0][0] / old.in_shapes[0][0] for new, old in pairs]
    out, was = now.rows[-1].out_shape[0], before.rows[-1].out_shape[0]
    onwards = f", and {formats.number(out)} channels go on, not {formats.number(was)}" if out != was else ""
    who = "The larger window" if len(pairs) == 1 else f"Each of {len(pairs)} larger windows"
    words = f"{who} reads all channels, {_range(ratios)} times as many as behind its 1×1{onwards}."
    new, old = max(pairs, key=lambda pair: pair[0].params)
    assert isinstance(new.op, Conv2d)
    values = {
        "c": new.in_shapes[0][0],
        "r": old.in_shapes[0][0],
        "d": new.out_shape[0],
        "k": new.op.kernel_size[0],
        "s": new.out_shape[1],
    }
    return Why("reductions", words, "reduction", values)


def _batch_norm(now: Trace, before: Trace) -> Why | None:
    norms = sum(is_norm(row.op) for row in now.rows) - sum(is_norm(row.op) for row in before.rows)
    difference = formats.signed(now.totals.params - before.totals.params)
    statistics = formats.number(abs(now.totals.statistics - before.totals.statistics))
    if norms > 0:
        return Why(
            "batch_norm",
            f"{_count(norms, 'layer')} {'has' if norms == 1 else 'have'} a scale and a shift for each channel in place "
            f"of a bias: {difference} parameters, beside {statistics} running means and variances, which are not "
            "trained.",
        )
    return Why(
        "batch_norm",
        f"Without batch norm a layer has a bias in place of a scale and a shift: {difference} parameters, and "
        f"{statistics} running means and variances are gone.",
    )


def _separable(now: Trace, before: Trace) -> Why | None:
    places = [
        (old, now.by_name[f"{old.name}_depthwise"], now.by_name[old.name])
        for old in before.rows
        if isinstance(old.op, Conv2d)
        and old.name in now.by_name
        and isinstance(getattr(now.by_name.get(f"{old.name}_depthwise"), "op", None), DepthwiseConv2d)
    ]
    if not places:
        return None
    share = sum(dw.params + pw.params for _, dw, pw in places) / sum(old.params for old, _, _ in places)
    old, _, _ = max(places, key=lambda place: place[0].params)
    assert isinstance(old.op, Conv2d)
    words = (
        "A depthwise filter has one small window for each channel, and a 1×1 then mixes the channels: "
        f"{_count(len(places), 'window')} cost{'s' if len(places) == 1 else ''} {formats.percent(share)} of what "
        f"{'it' if len(places) == 1 else 'they'} did."
    )
    values = {
        "c": old.in_shapes[0][0],
        "d": old.out_shape[0],
        "k": old.op.kernel_size[0],
        "m": 1,
        "s": old.out_shape[1],
    }
    return Why("separable", words, "separable", values)


def _residual(now: Trace, before: Trace) -> Why | None:
    added = [row for row in now.rows if isinstance(row.op, Add) and row.name not in before.by_name]
    if not added:
        return None
    wide = sum(isinstance(row.op, Conv2d) and row.name not in before.by_name for row in now.rows)
    difference = formats.signed(now.totals.params - before.totals.params)
    if not wide:
        cost = "it needs no layer, for the widths are the same"
    elif wide == len(added):
        cost = f"its 1×1 makes the widths the same: {difference} parameters"
    else:
        cost = f"{wide} of them need a 1×1, for the widths differ: {difference} parameters"
    return Why(
        "residual", f"A shortcut leads around {_count(len(added), 'module')} and is added to what comes out; {cost}."
    )


_SENTENCES: Mapping[str, Callable[[Trace, Trace], Why | None]] = {
    "reductions": _reductions,
    "two_3x3": _two_3x3,
    "batch_norm": _batch_norm,
    "separable": _separable,
    "residual": _residual,
}


def _where(places: Sequence[tuple[NodeTrace, ...]]) -> str:
    return "here" if len(places) == 1 else f"in all {len(places)} places"


def _count(number: int, thing: str) -> str:
    return f"{formats.number(number)} {thing}{'' if number == 1 else 's'}"


def _range(ratios: Sequence[float]) -> str:
    """`2`, `2 to 2.67`."""
    shown = [*_ends(ratios)]
    return shown[0] if shown[0] == shown[1] else " to ".join(shown)


def _ends(ratios: Sequence[float]) -> Iterator[str]:
    for ratio in (min(ratios), max(ratios)):
        yield f"{ratio:.2f}".rstrip("0").rstrip(".")
