"""A 1x1 reduction before a large window (source 000; Szegedy et al. 2015, section 4)."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.ops import Conv2d, pair
from explorer.lessons.cost.choices import SIDE, WIDTH, odd
from explorer.lessons.cost.lesson import Balance, Lesson, Side, Study, Values, Variable, decimal


def _sides(v: Values) -> tuple[Side, Side]:
    shape = (v["c"], v["s"], v["s"])
    window = Conv2d(v["d"], pair(v["k"]), padding="same", bias=False)
    reduce = Conv2d(v["r"], pair(1), padding="same", bias=False)
    size = formats.pair(pair(v["k"]))
    return (
        Side(f"{size} alone", shape, (("conv", window),)),
        Side(f"1x1, then {size}", shape, (("reduce", reduce), ("conv", window))),
    )


def _balance(v: Values) -> Balance:
    """`c*r + k*k*r*d` against `k*k*c*d`."""
    return Balance(0, v["c"] + v["k"] * v["k"] * v["d"], v["k"] * v["k"] * v["c"] * v["d"])


def _explain(study: Study) -> tuple[str, ...]:
    v, break_even = study.values, study.balance.value
    assert break_even is not None
    reduce, window = study.saving.trace.rows[1:]
    size = formats.pair(pair(v["k"]))
    return (
        f"From {v['c']:,} channels to {v['d']:,}, the reduction is cheaper as long as it is narrower than "
        f"{decimal(break_even)} channels. Here it has {v['r']:,}.",
        f"The {size} then reads {v['r']:,} channels in place of {v['c']:,}: its weights go from "
        f"{formats.number(study.plain.totals.params)} to {formats.number(window.params)}. The 1x1 itself adds "
        f"{formats.number(reduce.params)}.",
        f"Both work at each of the {formats.number(v['s'] * v['s'])} places of the map, so the share of "
        "multiply-adds is "
        "that of the weights, whatever the map's size.",
    )


REDUCTION = Lesson(
    id="reduction",
    title="1x1 reduction",
    question="Why does a 1x1 convolution in front of a large window save work, though it is a layer more?",
    source="source 000; Szegedy et al. 2015, section 4",
    variables=(
        Variable("c", "in", "Channels in", 128, 1, WIDTH),
        Variable("r", "reduced", "Channels of the 1x1", 32, 1, WIDTH),
        Variable("d", "out", "Channels out", 32, 1, WIDTH),
        Variable("k", "kernel", "Window", 5, 1, 11, odd),
        Variable("s", "side", "Side of the map", 100, 1, SIDE),
    ),
    sides=_sides,
    swept="r",
    balance=_balance,
    pays="below",
    explain=_explain,
)
