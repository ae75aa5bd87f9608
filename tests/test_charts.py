"""Charts show the numbers of the trace, module by module."""

import pytest

from explorer.charts.network import cost_by_module, field_growth
from explorer.charts.run import curve
from explorer.compare import by_module, changes
from explorer.network import analyse
from explorer.spec import Spec
from explorer.zoo import ARCHITECTURES


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_bars_sum_to_the_totals(id: str) -> None:
    trace = analyse(Spec.make(id)).trace
    params, macs = (part for part in cost_by_module(trace, trace).data if part.type == "bar")
    assert sum(params.x) == trace.totals.params
    assert sum(macs.x) == trace.totals.macs


def test_ticks_stand_where_the_unedited_network_differs_and_only_there() -> None:
    edited, unedited = (analyse(Spec.make("googlenet", rewrites=r)).trace for r in (["stack_5x5"], []))
    bars, ticks, *_ = cost_by_module(edited, unedited).data
    before = {name: totals.params for name, totals in by_module(unedited).items()}
    for name, now, old in zip(bars.y, bars.x, ticks.x, strict=True):
        assert old == (None if now == before[name] else before[name])


def test_changes_are_the_modules_that_differ() -> None:
    edited = analyse(Spec.make("googlenet", settings={"inception_4b.width_5x5": 65})).trace
    found = changes(analyse(Spec.make("googlenet")).trace, edited)
    # One channel more is met by every convolution of the next module.
    assert [change.module for change in found] == ["inception_4b", "inception_4c"]
    assert sum(c.after.params - c.before.params for c in found) == (5 * 5 * 24 + 1) + (128 + 128 + 24 + 64)


def test_the_field_grows_along_the_modules_up_to_the_last_map() -> None:
    trace = analyse(Spec.make("googlenet")).trace
    _, line = field_growth(trace).data
    assert list(line.y) == sorted(line.y)
    assert line.y[line.x.index("inception_5b")] == next(
        row.receptive_field[0] for row in trace.rows if row.name == "inception_5b.concat" and row.receptive_field
    )


def test_a_curve_keeps_its_axis_while_it_grows() -> None:
    figure = curve([1, 2], [0.5, 0.75], "Accuracy", whole=10, share=True)
    assert list(figure.layout.xaxis.range) == [0, 10]
    assert list(figure.data[0].y) == [0.5, 0.75]
