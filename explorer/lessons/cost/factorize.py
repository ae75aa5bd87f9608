"""1xn and nx1 for nxn (Szegedy et al. 2016, section 3.2)."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.ops import Conv2d, pair
from explorer.lessons.cost.choices import SIDE, WIDTH
from explorer.lessons.cost.lesson import Balance, Lesson, Side, Study, Values, Variable, decimal


def _sides(v: Values) -> tuple[Side, Side]:
    shape, n = (v["c"], v["s"], v["s"]), v["n"]
    square = Conv2d(v["d"], pair(n), padding="same", bias=False)
    across = Conv2d(v["m"], (1, n), padding="same", bias=False)
    down = Conv2d(v["d"], (n, 1), padding="same", bias=False)
    return (
        Side(formats.pair(pair(n)), shape, (("conv", square),)),
        Side(f"1x{n}, then {n}x1", shape, (("across", across), ("down", down))),
    )


def _balance(v: Values) -> Balance:
    """`n*c*m + n*m*d` against `n*n*c*d`."""
    return Balance(0, v["c"] * v["d"], v["c"] * v["m"] + v["m"] * v["d"])


def _explain(study: Study) -> tuple[str, ...]:
    v, break_even, n = study.values, study.balance.value, study.values["n"]
    assert break_even is not None
    seen = [formats.pair(way.trace.field) for way in (study.plain, study.saving)]
    even = study.with_(m=v["c"], d=v["c"])
    return (
        f"A row of {n} and then a column of {n} see {seen[1]} together; the square sees {seen[0]}.",
        f"With {v['c']:,} channels in, {v['m']:,} between and {v['d']:,} out, the pair is cheaper for windows larger "
        f"than {decimal(break_even)}. Here the window is {n}.",
        f"With {v['c']:,} channels throughout it takes 2 of every {n} weights, {formats.percent(even.share())}: the "
        "larger the window, the more it saves.",
    )


FACTORIZE = Lesson(
    id="factorize",
    title="1xn and nx1",
    question="A row and then a column see the whole square: what is left out, and how much does that save?",
    source="Szegedy et al. 2016, section 3.2",
    variables=(
        Variable("c", "in", "Channels in", 192, 1, WIDTH),
        Variable("m", "between", "Channels between", 192, 1, WIDTH),
        Variable("d", "out", "Channels out", 192, 1, WIDTH),
        Variable("n", "kernel", "Window", 7, 1, 11),
        Variable("s", "side", "Side of the map", 17, 1, SIDE),
    ),
    sides=_sides,
    swept="n",
    balance=_balance,
    pays="above",
    explain=_explain,
)
