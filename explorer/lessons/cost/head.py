"""Fully connected layers against global average pooling (source 000; Lin et al. 2014, section 3.2)."""

from __future__ import annotations

from explorer.common import formats
from explorer.graph.ops import Flatten, GlobalAvgPool2d, Linear
from explorer.lessons.cost.choices import WIDTH
from explorer.lessons.cost.lesson import Balance, Lesson, Side, Study, Values, Variable, decimal


def _sides(v: Values) -> tuple[Side, Side]:
    shape = (v["c"], v["s"], v["s"])
    hidden, classes = Linear(v["h"], bias=False), Linear(v["K"], bias=False)
    return (
        Side(
            "fully connected",
            shape,
            (("flatten", Flatten()), ("hidden_1", hidden), ("hidden_2", hidden), ("scores", classes)),
        ),
        Side(
            "global average pooling", shape, (("pool", GlobalAvgPool2d()), ("flatten", Flatten()), ("scores", classes))
        ),
    )


def _balance(v: Values) -> Balance:
    """`c*s*s*h + h*h + h*K` against `c*K`."""
    return Balance(1, v["c"] * v["s"] * v["s"] + v["K"], v["c"] * v["K"])


def _explain(study: Study) -> tuple[str, ...]:
    v, break_even = study.values, study.balance.value
    assert break_even is not None
    first = study.plain.trace.rows[2]
    single = study.with_(s=1)
    return (
        f"The first fully connected layer alone holds {formats.number(first.params)} weights, "
        f"{formats.percent(first.params / study.plain.totals.params)} of its head: one for each of the "
        f"{formats.number(v['c'] * v['s'] * v['s'])} values of the map and each of {formats.number(v['h'])} features.",
        f"The pool has none, and behind it stand {v['c']:,} means, whatever the map's size. On a map of a single place "
        f"the fully connected head would still hold {formats.number(single.plain.totals.params)} weights, the "
        "pooled one "
        f"{formats.number(single.saving.totals.params)} as now.",
        f"The hidden layers would have to be narrower than {decimal(break_even)} features for the fully connected head "
        f"to be the smaller one. Here they have {formats.number(v['h'])}.",
    )


HEAD = Lesson(
    id="head",
    title="Classifier head",
    question="Where do the parameters of a classifier go, and what does global average pooling save?",
    source="source 000; Lin et al. 2014, section 3.2; widths of VGG-16",
    variables=(
        Variable("c", "channels", "Channels of the map", 512, 1, WIDTH),
        Variable("s", "side", "Side of the map", 7, 1, 14),
        Variable("h", "hidden", "Features of both hidden layers", 4096, 1, 4096),
        Variable("K", "classes", "Classes", 1000, 1, 1000),
    ),
    sides=_sides,
    swept="h",
    balance=_balance,
    pays="above",
    explain=_explain,
    logarithmic=True,
)
