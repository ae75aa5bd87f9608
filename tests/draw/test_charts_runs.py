"""Charts of runs show the numbers that were measured."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.draw.charts.run import by_class, confusion, curves, name
from explorer.draw.charts.runs import overlay, scatter
from explorer.runs.client import Curve
from explorer.runs.events import Progress, Validation
from explorer.runs.table import PRICES, RunSummary

STEPS = tuple(Progress(1 + n // 4, 3, n + 1, 0.1, 2.0 - n / 10, n / 10, 1.0, 1.0 + n, 0.1, 1) for n in range(8))
HELD_OUT = tuple(Validation(n, 4 * n, 1.0 / n, 0.3 * n, 5.0 * n) for n in (1, 2))
CURVE = Curve(STEPS, HELD_OUT)
LINE = RunSummary(
    "a", "now", True, "LeNet", "digits", "done", 0.9, 0.1, 4.0, 9.0, 100, 2000, 1, 32, "sgd", 0.1, 0, "cpu", ""
)


@pytest.mark.parametrize("what", ["loss", "accuracy"])
def test_both_curves_stand_over_the_same_epochs(what: str) -> None:
    training, held_out = curves(CURVE, what, 4, 3).data
    assert list(training.x) == [(n + 1) / 4 for n in range(8)]
    assert list(held_out.x) == [1, 2]
    assert list(training.y) == [getattr(point, what) for point in STEPS]
    assert list(held_out.y) == [getattr(point, what) for point in HELD_OUT]


def test_the_axis_stands_still_while_the_lines_grow_but_for_a_time_budget() -> None:
    for points in (1, 8):
        figure = curves(Curve(STEPS[:points]), "loss", 4, 3)
        assert list(figure.layout.xaxis.range) == [0, pytest.approx(3.06)]
        assert figure.data[0].mode == ("markers" if points == 1 else "lines")
    assert curves(CURVE, "loss", 4, None).layout.xaxis.range is None


@settings(max_examples=12)
@given(st.integers(1, 40), st.data())
def test_every_count_of_the_matrix_is_in_the_chart(classes: int, data: st.DataObject) -> None:
    row = st.lists(st.integers(0, 50), min_size=classes, max_size=classes)
    counts = data.draw(st.lists(row, min_size=classes, max_size=classes))
    names = [f"<b>{place}" for place in range(classes)]
    figure = confusion(counts, names)
    (heat,) = figure.data
    assert [[cell[0] for cell in row] for row in heat.customdata] == counts
    for shades, row in zip(heat.z, counts, strict=True):
        assert sum(shade**2 for shade in shades) == pytest.approx(1.0 if sum(row) else 0.0)
    assert (heat.text is not None) == (classes <= 12)
    ticks = figure.layout.xaxis
    assert list(ticks.ticktext) == [f"&lt;b&gt;{place}" for place in ticks.tickvals]
    assert len(ticks.tickvals) <= 30


def test_bars_by_class_and_of_many_the_worst() -> None:
    (bars,) = by_class([0.5, None, 1.0], ["a", "b", "c"]).data
    assert list(bars.x) == [0.5, 1.0]
    shares = [place / 100 for place in range(100)]
    figure = by_class(shares[::-1], [str(place) for place in range(100)])
    assert list(figure.data[0].x) == shares[:30]
    assert figure.layout.yaxis.ticktext[0] == "99"
    assert "the 30 worst of 100" in figure.layout.title.text


def test_a_long_name_is_cut() -> None:
    assert name("a" * 40) == "a" * 17 + "…"


@pytest.mark.parametrize(("over", "xs"), [("epoch", [1, 2]), ("seconds", [5, 10])])
def test_runs_on_one_another(over: str, xs: list[float]) -> None:
    lines = {f"run {place}": HELD_OUT for place in range(6)}
    found = overlay(lines, "loss", over).data
    assert [list(trace.x) for trace in found] == [xs] * 6
    assert len({(trace.line.color, trace.line.dash) for trace in found}) == 6
    assert len({trace.line.color for trace in found}) == 6


@pytest.mark.parametrize("price", PRICES)
def test_accuracy_against_what_it_costs(price: str) -> None:
    unknown = LINE._replace(id="d", macs=None, params=None, seconds=None)
    others = [LINE._replace(id="b", accuracy=0.5), LINE._replace(id="c", accuracy=None), unknown]
    rest, chosen = scatter([LINE, *others], {"a": "mine"}, price).data
    assert list(chosen.x) == [getattr(LINE, price)]
    assert (list(rest.y), list(chosen.y)) == ([0.5], [0.9])
    assert chosen.name == "mine"
