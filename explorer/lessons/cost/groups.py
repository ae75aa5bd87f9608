"""A 1x1 and a grouped window, from one group to one a channel (Chollet 2017, section 1.1; Xie et al. 2017)."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.ops import Conv2d, pair
from explorer.lessons.cost.choices import SIDE, WIDTH, divisors, odd, several
from explorer.lessons.cost.lesson import Balance, Lesson, Side, Study, Values, Variable, decimal, filter_depth


def _sides(v: Values) -> tuple[Side, Side]:
    shape, size = (v["c"], v["s"], v["s"]), pair(v["k"])
    full = Conv2d(v["d"], size, padding="same", bias=False)
    mix = Conv2d(v["d"], pair(1), padding="same", bias=False)
    grouped = Conv2d(v["d"], size, padding="same", groups=v["g"], bias=False)
    return (
        Side(f"full {formats.pair(size)}", shape, (("conv", full),)),
        Side(
            f"1x1, then {formats.pair(size)} in {several(v['g'], 'group')}",
            shape,
            (("mix", mix), ("grouped", grouped)),
        ),
    )


def _balance(v: Values) -> Balance:
    """`c*d + k*k*d*d/g` against `k*k*c*d`, each divided by d and multiplied by g."""
    square = v["k"] * v["k"]
    return Balance(0, square * v["c"] - v["c"], square * v["d"])


def _explain(study: Study) -> tuple[str, ...]:
    v, break_even = study.values, study.balance.value
    mix, grouped = study.saving.trace.rows[1:]
    ends = [study.with_(g=groups).saving.totals.params for groups in (1, v["d"])]
    when = (
        f"With the 1x1 before it, it is cheaper for more than {decimal(break_even)} groups. The number now "
        f"is {v['g']:,}."
        if break_even is not None
        else "A 1x1 window has nothing to split off: no number of groups is cheaper."
    )
    return (
        f"In {several(v['g'], 'group')} each filter sees {filter_depth(grouped):,} of {several(v['d'], 'channel')}: "
        f"the window takes {formats.number(grouped.params)} weights. The 1x1, which mixes all channels first, takes "
        f"{formats.number(mix.params)}.",
        when,
        f"From one group, which is a regular convolution, to one a channel, which is a depthwise one, both together go "
        f"from {formats.number(ends[0])} to {formats.number(ends[1])} weights.",
    )


GROUPS = Lesson(
    id="groups",
    title="Groups",
    question="Between Inception and Xception lies one number: into how many groups are the channels split?",
    source="source 004, section 2.3; Chollet 2017, section 1.1",
    variables=(
        Variable("g", "groups", "Groups", 4, 1, WIDTH, lambda values: divisors(values["d"])),
        Variable("c", "in", "Channels in", 192, 1, WIDTH),
        Variable("d", "out", "Channels out", 224, 1, WIDTH),
        Variable("k", "kernel", "Window", 3, 1, 11, odd),
        Variable("s", "side", "Side of the map", 28, 1, SIDE),
    ),
    sides=_sides,
    swept="g",
    balance=_balance,
    pays="above",
    explain=_explain,
    logarithmic=True,
)
