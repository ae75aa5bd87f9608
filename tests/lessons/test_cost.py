"""What a lesson says is what its two networks count."""

import re
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.backend.torch_module import GraphModule
from explorer.common.errors import ExplorerError
from explorer.graph.ops import Conv2d, Linear
from explorer.graph.trace import trace
from explorer.lessons.cost import LESSONS
from explorer.lessons.cost.equations import balance, cost, equations
from explorer.lessons.cost.lesson import Count, Study, count_of, decimal, study
from explorer.lessons.cost.stack import widest
from explorer.lessons.cost.sweep import POINTS, sweep
from explorer.lessons.inception_to_xception import continuum, steps
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec
from explorer.studies.claims import CLAIMS
from explorer.studies.claims.convolutions import weights
from explorer.studies.claims.entry import rows_of
from tests.helpers.lesson_values import IDS, number, studies, values_of

COUNTS: tuple[Count, ...] = ("weights", "macs")
calm = settings(max_examples=60)


def starting(id: str) -> Study:
    return study(LESSONS[id], LESSONS[id].start)


@calm
@given(studies(), st.sampled_from(COUNTS))
def test_letters_numbers_and_result_of_a_formula_are_what_the_trace_counts(found: Study, count: Count) -> None:
    for way in (found.plain, found.saving):
        line = cost(found, way, count).partition("&")[2].replace(r"\\ &", "")
        letters, numbers, result = line.split("=")
        rows = way.trace.rows
        by_rows = sum(eval(row.formula if count == "weights" else row.macs_formula) for row in rows)
        assert number(letters, found.values) == number(numbers) == number(result) == by_rows
        assert by_rows == count_of(way.totals, count)


@calm
@given(studies())
def test_the_break_even_in_latex_is_the_one_that_is_marked(found: Study) -> None:
    lines, value = balance(found), found.balance.value
    assert bool(lines) == (value is not None)
    if value is None:
        return
    if found.balance.square:
        (letters, numbers) = (line.partition("&")[2].partition(r", \quad")[0].split("=") for line in lines)
        at = {**found.values, found.lesson.swept: value}
        for left, right in (letters, numbers):
            assert float(number(left, at)) == pytest.approx(float(number(right, at)), rel=1e-9)
        result = lines[1]
    else:
        _, letters, numbers = re.split(r"=|\\approx", lines[0].partition("&")[2])[:3]
        assert number(letters, found.values) == number(numbers)
        assert float(number(numbers)) == pytest.approx(value, rel=1e-12)
        result = lines[0]
    assert result.replace("{,}", ",").endswith(decimal(value))


@calm
@given(studies())
def test_either_side_of_the_break_even_counts_as_it_says(found: Study) -> None:
    letter, value = found.lesson.swept, found.balance.value
    offered = found.lesson.variable(letter).offered(found.values)
    if value is None:
        assert not any(found.with_(**{letter: x}).pays for x in (offered[0], offered[-1]))
        return
    below = [x for x in offered if x < value][-1:]
    above = [x for x in offered if x > value][:1]
    even = [x for x in offered if x == value]
    assert all(found.with_(**{letter: x}).pays == (found.lesson.pays == "below") for x in below)
    assert all(found.with_(**{letter: x}).pays == (found.lesson.pays == "above") for x in above)
    assert all(found.with_(**{letter: x}).share() == 1 for x in even)


@calm
@given(studies(), st.sampled_from(COUNTS))
def test_along_the_sweep_the_share_moves_one_way_and_turns_at_the_break_even(found: Study, count: Count) -> None:
    points, letter, value = sweep(found), found.lesson.swept, found.balance.value
    xs = [point.values[letter] for point in points]
    assert xs == sorted(set(xs))
    assert found.values[letter] in xs
    assert len(points) <= POINTS + 2
    shares = [Fraction(count_of(p.saving.totals, count), count_of(p.plain.totals, count)) for p in points]
    rising = found.lesson.pays == "below" or found.lesson.id == "head"
    if found.lesson.id == "head":
        shares = [1 / share for share in shares]
    assert shares == sorted(shares, reverse=not rising)
    if value is not None:
        assert [point.pays for point in points] == [
            (x < value) if found.lesson.pays == "below" else (x > value) for x in xs
        ]


@settings(max_examples=25)
@given(studies(most=9))
def test_torch_builds_the_same_weights(found: Study) -> None:
    for way in (found.plain, found.saving):
        module = GraphModule(way.side.graph)
        assert sum(parameter.numel() for parameter in module.parameters()) == way.totals.params


@pytest.mark.parametrize("id", IDS)
@given(data=st.data())
@settings(max_examples=20)
def test_any_numbers_are_brought_together_and_stay_so(id: str, data: st.DataObject) -> None:
    lesson = LESSONS[id]
    asked = {one.letter: data.draw(st.integers(one.least, one.most)) for one in lesson.variables}
    fitted = lesson.fitted(asked)
    assert lesson.fitted(fitted) == fitted
    lesson.check(fitted)
    assert all(fitted[one.letter] == asked[one.letter] for one in lesson.variables if one.choices is None)
    if asked != fitted:
        with pytest.raises(ExplorerError, match="it must be one of"):
            study(lesson, asked)


@pytest.mark.parametrize("id", IDS)
def test_the_widest_of_everything_can_be_traced_and_told(id: str) -> None:
    lesson = LESSONS[id]
    for bound in ("least", "most"):
        found = study(lesson, lesson.fitted({one.letter: getattr(one, bound) for one in lesson.variables}))
        assert len(lesson.explain(found)) >= 3
        assert equations(found, "macs").count(r"\text") >= 2


@calm
@given(studies())
def test_sentences_hold_the_numbers_of_the_moment(found: Study) -> None:
    told = " ".join(found.lesson.explain(found))
    value = found.balance.value
    assert value is None or decimal(value) in told
    assert 3 <= len(found.lesson.explain(found)) <= 6


def test_the_reduction_starts_where_the_source_does() -> None:
    found, claim = starting("reduction"), CLAIMS["claim-01-reduction"]
    traces = [trace(build(network.spec)) for network in claim.networks]
    theirs = [
        weights(tuple(row for row in rows_of(whole, Conv2d) if row.name.startswith("branch5x5."))) for whole in traces
    ]
    assert [way.totals.params for way in (found.plain, found.saving)] == theirs == [102_400, 29_696]


@given(st.integers(1, 600), st.integers(1, 1024), st.sampled_from([5, 7]))
def test_a_stack_as_wide_as_its_output_breaks_even_where_it_says(c: int, d: int, k: int) -> None:
    found = starting("stack").with_(c=c, d=d, m=d, k=k)
    assert found.pays == (d < widest(found.values))


@given(st.integers(1, 1024), st.integers(1, 11))
def test_a_row_and_a_column_take_two_of_n(channels: int, n: int) -> None:
    found = starting("factorize").with_(c=channels, m=channels, d=channels, n=n)
    assert Fraction(found.saving.totals.params, found.plain.totals.params) == Fraction(2, n)


@given(values_of(LESSONS["separable"]))
def test_a_separable_convolution_takes_the_share_of_the_papers(v: dict[str, int]) -> None:
    # Howard et al. 2017, section 3.1, for one depthwise filter a channel.
    found = study(LESSONS["separable"], v)
    share = Fraction(found.saving.totals.macs, found.plain.totals.macs)
    assert share == v["m"] * (Fraction(1, v["d"]) + Fraction(1, v["k"] ** 2))


def test_the_groups_start_at_the_fifth_step_and_run_along_the_continuum() -> None:
    found = starting("groups")
    fifth = trace(build(steps()[5].spec))
    assert found.saving.totals.macs == fifth.totals.macs
    assert found.saving.totals.params == weights(tuple(rows_of(fifth, Conv2d)))
    offered = found.lesson.variable("g").offered(found.values)
    macs = [trace(build(spec)).totals.macs for spec in continuum()]
    assert [found.with_(g=groups).saving.totals.macs for groups in offered] == macs


def test_the_head_starts_as_vggs() -> None:
    linears = [row for row in analyse(Spec.make("vgg16")).trace.rows if isinstance(row.op, Linear)]
    found = starting("head")
    assert found.plain.totals.macs == sum(row.macs for row in linears)
    assert found.plain.totals.params == sum(row.params - row.out_shape[0] for row in linears)


@given(studies(["head"]), st.integers(1, 14))
def test_a_pooled_head_does_not_know_the_size_of_the_map(found: Study, side: int) -> None:
    assume(side != found.values["s"])
    assert found.with_(s=side).saving.totals.params == found.saving.totals.params
    assert found.with_(s=side).plain.totals.params != found.plain.totals.params
