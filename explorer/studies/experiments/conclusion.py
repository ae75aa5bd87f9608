"""What the numbers of an experiment say, and what they do not.

Two arms are compared seed by seed: their runs of one seed share first weights and data, so that what both owe
to them cancels. With several seeds stands Student's interval of the paired differences; with one seed there is
no spread to know, and what the choice of the held-out images alone can do stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import NamedTuple

from explorer.common import formats

STUDENT = {1: 12.706204736174698, 2: 4.302652729749462, 3: 3.1824463052837078, 4: 2.7764451051977987}
"""The 97.5 % quantile of Student's t by its degrees of freedom: 95 % lie between minus that and that."""
NORMAL = 1.959963984540054
"""The same of the normal distribution."""
_ROUNDING = sqrt(2 / 12)
"""Standard deviation, in images, of the difference of two numbers that are whole: seeds that agree to the image
by chance are not taken for certain.
"""
_VARIES = 0.1
"""Accuracies of one arm that lie further apart are told."""
_CHANCE = 3.0
"""A network that guesses is right more often than this many standard errors above chance once in 700 times."""

BETTER, WORSE, SAME, FAILED, NOTHING = "better", "worse", "same", "failed", "nothing"


class ArmResult(NamedTuple):
    """How one run of an arm has ended.

    Args:
        accuracy: on the held-out images; None where it diverged.
        diverged: whether its loss stopped being a finite number.
    """

    accuracy: float | None
    diverged: bool = False


Outcomes = Mapping[int, ArmResult]
"""The runs of an arm that have ended, by seed."""


class HeldOutSet(NamedTuple):
    """What an accuracy is measured on.

    Args:
        total: held-out images.
        classes: how many classes they have.
    """

    total: int
    classes: int


class Comparison(NamedTuple):
    """Two arms held against each other.

    Args:
        first: the name of one.
        second: of the other.
        verdict: of the first: better, worse, same, failed, or nothing where no pair of runs has ended.
        difference: first minus second, a mean over seeds, in shares of one.
        margin: half the 95 % interval of that.
        sentence: what can be said.
    """

    first: str
    second: str
    verdict: str
    difference: float
    margin: float
    sentence: str


def compare(first: tuple[str, Outcomes], second: tuple[str, Outcomes], images: HeldOutSet) -> Comparison:
    """Holds two arms against each other.

    Args:
        first: name and runs of the one.
        second: of the other; only seeds that both have count.
        images: what the accuracies were measured on.
    """
    (one, runs), (other, others) = first, second
    seeds = sorted(runs.keys() & others.keys())
    if not seeds:
        return Comparison(first=one, second=other, verdict=NOTHING, difference=0.0, margin=0.0, sentence="")
    untrained = [_untrained(name, outcomes, seeds, images) for name, outcomes in (first, second)]
    pairs = [(a, b) for seed in seeds if _trained(runs[seed], images) and _trained(others[seed], images)
             for a, b in [(runs[seed].accuracy or 0.0, others[seed].accuracy or 0.0)]]  # fmt: skip
    if not pairs:
        return Comparison(
            first=one,
            second=other,
            verdict=FAILED,
            difference=0.0,
            margin=0.0,
            sentence=_failure(first, second, seeds, images),
        )
    comparison = _trained_pairs(one, other, pairs, images)
    varying = [_varying(name, shares) for name, shares in zip((one, other), zip(*pairs, strict=True), strict=True)]
    sentence = " ".join(filter(None, [comparison.sentence, *untrained, *varying]))
    return comparison._replace(sentence=sentence)


def interval(pairs: Sequence[tuple[float, float]], count: int) -> tuple[float, float]:
    """(mean, half of the 95 % interval) of the differences between paired accuracies.

    Args:
        pairs: accuracies of two arms, one pair a seed.
        count: held-out images.
    """
    differences = [a - b for a, b in pairs]
    mean = fmean(differences)
    if len(pairs) > 1:
        spread = max(stdev(differences), _ROUNDING / count)
        return mean, STUDENT[len(pairs) - 1] * spread / sqrt(len(pairs))
    return mean, NORMAL * sqrt(sum(_variance(share, count) for share in pairs[0]))


def is_chance(accuracy: float, images: HeldOutSet) -> bool:
    """Whether a network that guesses would do as well."""
    chance = 1 / images.classes
    return accuracy <= chance + _CHANCE * sqrt(chance * (1 - chance) / images.total)


def _variance(share: float, count: int) -> float:
    """Of a proportion, with one success and one failure added so that all or nothing right is not taken for
    certain (Agresti and Caffo 2000).
    """
    likely = (share * count + 1) / (count + 2)
    return likely * (1 - likely) / (count + 2)


def _trained(run: ArmResult, images: HeldOutSet) -> bool:
    return run.accuracy is not None and not run.diverged and not is_chance(run.accuracy, images)


def _trained_pairs(first: str, second: str, pairs: Sequence[tuple[float, float]], images: HeldOutSet) -> Comparison:
    difference, margin = interval(pairs, images.total)
    if abs(difference) <= margin:
        points = f"{_points(difference, margin)} points ({_measured(pairs, images)})"
        verdict, sentence = SAME, f"No difference shown between “{first}” and “{second}”: {points}."
    else:
        verdict = BETTER if difference > 0 else WORSE
        best, worst = (first, second) if difference > 0 else (second, first)
        low, high = abs(difference) - margin, abs(difference) + margin
        ordered = pairs if difference > 0 else [(b, a) for a, b in pairs]
        points = f"{100 * low:.1f} to {100 * high:.1f} points ({_measured(ordered, images)})"
        sentence = f"“{best}” is better than “{worst}” by {points}."
    return Comparison(
        first=first,
        second=second,
        verdict=verdict,
        difference=difference,
        margin=margin,
        sentence=sentence,
    )


def _measured(pairs: Sequence[tuple[float, float]], images: HeldOutSet) -> str:
    first, second = (fmean(shares) for shares in zip(*pairs, strict=True))
    reached = f"{formats.percent(first)} against {formats.percent(second)}"
    if len(pairs) > 1:
        return f"{reached} of {images.total:,} held-out images, {len(pairs)} seeds"
    apart = abs(round((pairs[0][0] - pairs[0][1]) * images.total))
    return f"{reached}, {apart} of {images.total:,} held-out images apart, one seed"


def _varying(name: str, shares: Sequence[float]) -> str:
    """How far the runs of an arm lie apart; empty where that is little."""
    low, high = min(shares), max(shares)
    apart = f"from {formats.percent(low)} to {formats.percent(high)}"
    return f"“{name}” varies with the seed {apart}." if high - low > _VARIES else ""


def _points(difference: float, margin: float) -> str:
    sign = "−" if difference < 0 else "+"
    return f"{sign}{abs(100 * difference):.1f} ± {100 * margin:.1f}"


def _failure(
    first: tuple[str, Outcomes], second: tuple[str, Outcomes], seeds: Sequence[int], images: HeldOutSet
) -> str:
    """One of the two has trained with no seed that the other one has trained with."""
    sentences = [_untrained(name, outcomes, seeds, images) for name, outcomes in (first, second)]
    for name, outcomes in (first, second):
        reached = [
            run.accuracy for seed in seeds if _trained(run := outcomes[seed], images) and run.accuracy is not None
        ]
        if reached:
            sentences.append(f"“{name}” reached {formats.percent(fmean(reached))} of {images.total:,} held-out images.")
    return " ".join(filter(None, sentences))


def _untrained(name: str, outcomes: Outcomes, seeds: Sequence[int], images: HeldOutSet) -> str:
    """Which runs of an arm have learned nothing; empty where all have."""
    diverged = sum(outcomes[seed].diverged for seed in seeds)
    guessing = sum(not _trained(outcomes[seed], images) for seed in seeds) - diverged
    causes = [
        *([f"diverged with {_of(diverged, seeds)}"] if diverged else []),
        *([f"stayed at chance with {_of(guessing, seeds)}"] if guessing else []),
    ]
    return f"“{name}” failed to train: it {' and '.join(causes)}." if causes else ""


def _of(count: int, seeds: Sequence[int]) -> str:
    if len(seeds) == 1:
        return "its only seed"
    return f"all {len(seeds)} seeds" if count == len(seeds) else f"{count} of {len(seeds)} seeds"
