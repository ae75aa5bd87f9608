"""Stacked 3x3 for a larger window (Simonyan and Zisserman 2015, section 2.3; Szegedy et al. 2016, section 3.1)."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.ops import Conv2d, pair
from explorer.lessons.cost.choices import SIDE, WIDTH
from explorer.lessons.cost.lesson import Balance, Lesson, Side, Study, Values, Variable, decimal


def _windows(values: Values) -> tuple[int, ...]:
    return (5, 7)


_WORDS = {2: "two", 3: "three"}


def _count(v: Values) -> int:
    """How many 3x3 see what the window sees: each adds a pixel on every side."""
    return int(v["k"]) // 2


def _sides(v: Values) -> tuple[Side, Side]:
    shape = (v["c"], v["s"], v["s"])
    window = Conv2d(v["d"], pair(v["k"]), padding="same", bias=False)
    widths = [*[v["m"]] * (_count(v) - 1), v["d"]]
    small = [
        (f"conv_{number}", Conv2d(width, pair(3), padding="same", bias=False))
        for number, width in enumerate(widths, start=1)
    ]
    return (
        Side(f"one {formats.pair(pair(v['k']))}", shape, (("conv", window),)),
        Side(f"{_WORDS[len(small)]} 3x3", shape, tuple(small)),
    )


def _balance(v: Values) -> Balance:
    """`9*c*m + 9*m*m*(n - 2) + 9*m*d` against `k*k*c*d`, for n of 3x3."""
    return Balance(9 * (_count(v) - 2), 9 * v["c"] + 9 * v["d"], v["k"] * v["k"] * v["c"] * v["d"])


def widest(v: Values) -> float:
    """The output's width up to which the stack pays where its middle is as wide as the output.

    `9*c*d + 9*d*d*(n - 1)` against `k*k*c*d`.
    """
    return (v["k"] ** 2 - 9) * v["c"] / (9 * (_count(v) - 1))


def _explain(study: Study) -> tuple[str, ...]:
    v, break_even = study.values, study.balance.value
    assert break_even is not None
    size, count = formats.pair(pair(v["k"])), _count(v)
    seen = [formats.pair(way.trace.field) for way in (study.plain, study.saving)]
    return (
        f"One {size} sees {seen[0]} positions of its input, and {_WORDS[count]} 3x3 in a row see {seen[1]}.",
        f"From {v['c']:,} channels to {v['d']:,}, the stack is cheaper while the channels between are fewer than "
        f"{decimal(break_even)}. Here they are {v['m']:,}.",
        f"With as many between as come out, as in BN-Inception, it is cheaper while fewer than "
        f"{decimal(widest(v))} come out, which is {decimal(widest({**v, 'c': 1}))} times what goes in.",
    )


STACK = Lesson(
    id="stack",
    title="Two 3x3 for a 5x5",
    question="Two 3x3 see the same 5x5: when are they the cheaper way to see it?",
    source="sources 002, 003 and 004; Szegedy et al. 2016, section 3.1",
    variables=(
        Variable("c", "in", "Channels in", 64, 1, WIDTH),
        Variable("m", "between", "Channels between", 64, 1, WIDTH),
        Variable("d", "out", "Channels out", 64, 1, WIDTH),
        Variable("k", "kernel", "Window", 5, 5, 7, _windows),
        Variable("s", "side", "Side of the map", 28, 1, SIDE),
    ),
    sides=_sides,
    swept="m",
    balance=_balance,
    pays="below",
    explain=_explain,
)
