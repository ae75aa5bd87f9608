"""Depthwise and pointwise for a full convolution (Chollet 2017; Howard et al. 2017, section 3.1)."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.ops import Conv2d, DepthwiseConv2d, pair
from explorer.lessons.cost.choices import SIDE, WIDTH, odd
from explorer.lessons.cost.lesson import Balance, Lesson, Side, Study, Values, Variable, decimal


def _sides(v: Values) -> tuple[Side, Side]:
    shape, size = (v["c"], v["s"], v["s"]), pair(v["k"])
    full = Conv2d(v["d"], size, padding="same", bias=False)
    depthwise = DepthwiseConv2d(size, padding="same", depth_multiplier=v["m"], bias=False)
    pointwise = Conv2d(v["d"], pair(1), padding="same", bias=False)
    return (
        Side(f"full {formats.pair(size)}", shape, (("conv", full),)),
        Side(f"depthwise {formats.pair(size)}, then 1x1", shape, (("depthwise", depthwise), ("pointwise", pointwise))),
    )


def _balance(v: Values) -> Balance:
    """`k*k*c*m + c*m*d` against `k*k*c*d`, each divided by c."""
    square = v["k"] * v["k"]
    return Balance(0, square - v["m"], square * v["m"])


def _explain(study: Study) -> tuple[str, ...]:
    v, break_even = study.values, study.balance.value
    depthwise, pointwise = study.saving.trace.rows[1:]
    size = formats.pair(pair(v["k"]))
    floor = v["m"] / v["k"] ** 2
    when = (
        f"It is cheaper for more than {decimal(break_even)} channels out; here there are {v['d']:,}."
        if break_even is not None
        else f"It is never cheaper here: {v['m']:,} filters a channel are no fewer than a window's {v['k'] ** 2} "
        "weights."
    )
    return (
        f"The depthwise {size} looks at each of the {v['c']:,} channels by itself and takes "
        f"{formats.number(depthwise.params)} weights; the 1x1 then mixes them with {formats.number(pointwise.params)}.",
        f"Of the full convolution's weights that is {v['m']:,} x (1/{v['d']:,} + 1/{v['k'] ** 2}), however many "
        f"channels come in; with more channels out it falls towards {formats.percent(floor)} and no further.",
        when,
    )


SEPARABLE = Lesson(
    id="separable",
    title="Separable",
    question="What does it save to look at space and at channels one after the other?",
    source="source 004; Chollet 2017, section 1; Howard et al. 2017, section 3.1",
    variables=(
        Variable("c", "in", "Channels in", 128, 1, WIDTH),
        Variable("d", "out", "Channels out", 256, 1, WIDTH),
        Variable("k", "kernel", "Window", 3, 1, 11, odd),
        Variable("m", "multiplier", "Depthwise filters a channel", 1, 1, 16),
        Variable("s", "side", "Side of the map", 28, 1, SIDE),
    ),
    sides=_sides,
    swept="d",
    balance=_balance,
    pays="above",
    explain=_explain,
    logarithmic=True,
)
