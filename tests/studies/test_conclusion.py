"""What is concluded, held against scipy and against what must hold of any conclusion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from explorer.common import limits
from explorer.studies.experiments import conclusion
from explorer.studies.experiments.conclusion import (
    BETTER,
    FAILED,
    NOTHING,
    SAME,
    WORSE,
    ArmResult,
    HeldOutSet,
    compare,
    interval,
    is_chance,
)

IMAGES = HeldOutSet(1_000, 10)
learned = st.floats(0.3, 1.0)
seeds = st.lists(st.tuples(learned, learned), min_size=1, max_size=limits.MAX_SEEDS)


def outcomes(*accuracies: float | None) -> dict[int, ArmResult]:
    return {seed: ArmResult(value, diverged=value is None) for seed, value in enumerate(accuracies)}


def held(pairs: list[tuple[float, float]], images: HeldOutSet = IMAGES) -> conclusion.Comparison:
    first, second = zip(*pairs, strict=True)
    return compare(("A", outcomes(*first)), ("B", outcomes(*second)), images)


def test_the_quantiles_are_scipys() -> None:
    assert set(conclusion.STUDENT) == set(range(1, limits.MAX_SEEDS))
    for freedom, quantile in conclusion.STUDENT.items():
        assert quantile == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-12)
    assert pytest.approx(stats.norm.ppf(0.975), rel=1e-12) == conclusion.NORMAL


@given(st.lists(st.tuples(learned, learned), min_size=2, max_size=limits.MAX_SEEDS))
def test_the_interval_of_several_seeds_is_scipys(pairs: list[tuple[float, float]]) -> None:
    first, second = zip(*pairs, strict=True)
    mean, margin = interval(pairs, 10**12)
    low, high = stats.t.interval(0.95, len(pairs) - 1, loc=mean, scale=stats.sem([a - b for a, b in pairs]) + 1e-300)
    assert mean == pytest.approx(sum(first) / len(first) - sum(second) / len(second), abs=1e-12)
    assert margin == pytest.approx((high - low) / 2, rel=1e-6, abs=1e-11)


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_interval_of_one_seed_is_that_of_two_proportions(first: int, second: int) -> None:
    """Wald's interval of the proportions with one success and one failure added, by scipy's own spread."""
    _, margin = interval([(first / 50, second / 50)], 50)
    likely = [(right + 1) / 52 for right in (first, second)]
    spread = sum(stats.binom.var(52, share) / 52**2 for share in likely) ** 0.5
    assert margin == pytest.approx(stats.norm.ppf(0.975) * spread)


@given(seeds)
def test_swapping_the_arms_turns_the_answer_round(pairs: list[tuple[float, float]]) -> None:
    one, other = held(pairs), held([(b, a) for a, b in pairs])
    assert other.difference == pytest.approx(-one.difference, abs=1e-12)
    assert other.margin == pytest.approx(one.margin)
    assert other.verdict == {BETTER: WORSE, WORSE: BETTER, SAME: SAME}[one.verdict]


@given(st.lists(learned, min_size=1, max_size=limits.MAX_SEEDS))
def test_equal_results_show_no_difference(values: list[float]) -> None:
    found = held([(value, value) for value in values])
    assert (found.verdict, found.difference) == (SAME, 0)
    assert found.sentence.startswith("No difference shown between “A” and “B”")


@given(st.floats(-0.15, 0.15), st.lists(st.floats(-1, 1), min_size=2, max_size=5), st.floats(0, 0.05), st.floats(1, 4))
def test_more_noise_never_makes_a_difference(shift: float, noise: list[float], little: float, times: float) -> None:
    centred = [value - sum(noise) / len(noise) for value in noise]
    narrow, wide = (
        held([(0.6 + shift + size * value, 0.6) for value in centred]) for size in (little, little * times / 4)
    )
    if little * times / 4 < little:
        narrow, wide = wide, narrow
    assert narrow.margin <= wide.margin + 1e-12
    if narrow.verdict == SAME:
        assert wide.verdict == SAME


@given(seeds)
def test_a_difference_is_shown_where_the_interval_leaves_zero_out(pairs: list[tuple[float, float]]) -> None:
    found = held(pairs)
    assert (found.verdict == SAME) == (found.difference - found.margin <= 0 <= found.difference + found.margin)


def test_the_sentence_of_a_difference_names_points_accuracies_images_and_seeds() -> None:
    found = held([(0.91, 0.80), (0.92, 0.82), (0.93, 0.81)])
    assert found.sentence == (
        "“A” is better than “B” by 8.5 to 13.5 points (92.0 % against 81.0 % of 1,000 held-out images, 3 seeds)."
    )
    worse = held([(0.80, 0.91), (0.82, 0.92), (0.81, 0.93)])
    assert worse.sentence.startswith("“B” is better than “A” by 8.5 to 13.5 points (92.0 % against 81.0 %")


def test_the_sentence_of_one_seed_counts_images() -> None:
    assert held([(0.95, 0.94)]).sentence == (
        "No difference shown between “A” and “B”: +1.0 ± 2.0 points "
        "(95.0 % against 94.0 %, 10 of 1,000 held-out images apart, one seed)."
    )


@pytest.mark.parametrize("count", range(2, limits.MAX_SEEDS + 1))
def test_seeds_that_agree_to_the_image_are_no_certainty(count: int) -> None:
    """One image is within what rounding alone may do to two or three seeds, and no margin is ever zero."""
    found = held([(0.901, 0.9)] * count)
    rounding = stats.uniform.std() * 2**0.5 / IMAGES.total / count**0.5
    assert found.margin == pytest.approx(stats.t.ppf(0.975, count - 1) * rounding)
    assert (found.verdict == SAME) == (count <= 3)


def test_an_arm_that_varies_with_the_seed_is_told() -> None:
    found = held([(0.95, 0.2), (0.95, 0.9), (0.95, 0.92)])
    assert found.verdict == SAME
    assert found.sentence.endswith("“B” varies with the seed from 20.0 % to 92.0 %.")
    assert "“A” varies" not in found.sentence


def test_what_diverged_failed_to_train_and_is_no_number() -> None:
    found = compare(("A", outcomes(None, None)), ("B", outcomes(0.9, 0.92)), IMAGES)
    assert found.verdict == FAILED
    assert (
        found.sentence
        == "“A” failed to train: it diverged with all 2 seeds. “B” reached 91.0 % of 1,000 held-out images."
    )


def test_what_stayed_at_chance_failed_to_train() -> None:
    found = compare(("A", outcomes(0.9)), ("B", outcomes(0.1)), IMAGES)
    assert found.verdict == FAILED
    assert found.sentence == (
        "“B” failed to train: it stayed at chance with its only seed. “A” reached 90.0 % of 1,000 held-out images."
    )


def test_where_neither_trains_nothing_is_reached() -> None:
    found = compare(("A", outcomes(None, 0.1)), ("B", outcomes(0.1, None)), IMAGES)
    assert found.verdict == FAILED
    assert "reached" not in found.sentence
    assert (
        "“A” failed to train: it diverged with 1 of 2 seeds and stayed at chance with 1 of 2 seeds." in found.sentence
    )


def test_seeds_that_failed_are_named_and_left_out() -> None:
    found = compare(("A", outcomes(0.9, None, 0.9)), ("B", outcomes(0.9, 0.8, 0.9)), IMAGES)
    assert (found.verdict, found.difference) == (SAME, 0)
    assert "2 seeds" in found.sentence
    assert found.sentence.endswith("“A” failed to train: it diverged with 1 of 3 seeds.")


def test_without_a_common_seed_nothing_is_said() -> None:
    found = compare(("A", {0: ArmResult(0.9)}), ("B", {1: ArmResult(0.9)}), IMAGES)
    assert (found.verdict, found.sentence) == (NOTHING, "")


@given(st.integers(2, 100), st.integers(100, 2_000))
def test_a_guess_is_taken_for_one_as_often_as_it_should_be(classes: int, total: int) -> None:
    """The exact binomial chance that a guessing network is taken for one that has learned."""
    most = max(right for right in range(total + 1) if is_chance(right / total, HeldOutSet(total, classes)))
    assert stats.binom.sf(most, total, 1 / classes) < 0.02
    assert most < total
