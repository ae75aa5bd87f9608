"""The numbers of a study: each arm's over its seeds, its curve, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import fmean, stdev
from typing import NamedTuple

from explorer.common import formats
from explorer.graph.trace import Totals
from explorer.runs.config import MODES, TrainConfig, training_spec
from explorer.runs.events import Validation
from explorer.runs.schedule import SCHEDULES
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.studies.experiments.conclusion import NOTHING, Comparison, HeldOutSet, compare
from explorer.studies.experiments.experiment import Arm, Experiment
from explorer.studies.experiments.study import Cell, Study

_FIELDS = {"lr": "rate"}


class Band(NamedTuple):
    """A measure of an arm after each epoch.

    Args:
        epochs: after which it was measured.
        mean: over the seeds that have come so far.
        low: mean minus the standard deviation, but no less than the least; the mean where there is one seed.
        high: likewise, plus, but no more than the largest.
    """

    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class ArmSummary(NamedTuple):
    """An arm in numbers.

    Args:
        arm: which.
        totals: of its network with the classes of the data.
        accuracies: at the end, one a seed of the study; None where it has not ended, diverged or was deleted.
        diverged: whether it did, one a seed.
        mean: of those that are there; None where there is none.
        spread: their standard deviation; None where there are fewer than two.
        reached: the first epoch, a mean over seeds, after which it was as right as the first arm is at its end;
            None where a seed has not come so far.
        seconds: of a run, a mean over those that have ended; None where none has.
    """

    arm: Arm
    totals: Totals
    accuracies: tuple[float | None, ...]
    diverged: tuple[bool, ...]
    mean: float | None
    spread: float | None
    reached: float | None
    seconds: float | None

    @property
    def written(self) -> str:
        """The mean accuracy and its spread, in percent; a dash where there is none."""
        if self.mean is None:
            return "–"
        spread = "" if self.spread is None else f" ± {100 * self.spread:.1f}"
        return f"{100 * self.mean:.1f}{spread} %"

    @property
    def each(self) -> tuple[str, ...]:
        """What became of each seed, in percent or a word."""
        return tuple(
            "diverged" if diverged else "–" if value is None else formats.percent(value)
            for value, diverged in zip(self.accuracies, self.diverged, strict=True)
        )


def network(experiment: Experiment, arm: Arm) -> Spec:
    """The network of an arm as it is trained, with the classes of the data."""
    return training_spec(arm.spec, experiment.config.data)


@lru_cache(maxsize=128)
def cost(spec: Spec) -> Totals:
    """The totals of a network."""
    return valid(spec).totals


def networks(experiment: Experiment) -> list[tuple[str, Spec]]:
    """The networks of an experiment, each once, with the name of the first arm that has it."""
    names: dict[Spec, str] = {}
    for arm in experiment.arms:
        names.setdefault(network(experiment, arm), arm.name)
    return [(name, spec) for spec, name in names.items()]


def describe(experiment: Experiment) -> str:
    """How the runs of an experiment are trained, in a sentence."""
    config, data = experiment.config, experiment.data
    differing = {name for arm in experiment.arms for name, _ in arm.changes}
    rate = "" if "lr" in differing else f" at {config.lr:g}"
    optimizer = "" if "optimizer" in differing else f"{config.optimizer_title}{rate}, "
    steps = config.epochs * config.batches
    return (
        f"{data.title}: {data.train:,} images to learn from, {data.held_out:,} held out; {optimizer}"
        f"{SCHEDULES[config.schedule].words}, {config.epochs} epochs in batches of {config.batch}, {steps:,} steps."
    )


def settings(experiment: Experiment) -> dict[str, list[str]]:
    """What the arms change in the configuration: the name of a field, and its value for each arm."""
    fields = dict.fromkeys(name for arm in experiment.arms for name, _ in arm.changes)
    configs = [experiment.configuration(arm, 0) for arm in experiment.arms]
    return {_FIELDS.get(name, name): [_value(config, name) for config in configs] for name in fields}


def _value(config: TrainConfig, field: str) -> str:
    titles = {"optimizer": config.optimizer_title, "mode": MODES[config.mode]}
    return titles.get(field, str(getattr(config, field)))


def plan(experiment: Experiment) -> tuple[ArmSummary, ...]:
    """Every arm before it is started: what it costs."""
    return tuple(
        ArmSummary(
            arm=arm,
            totals=cost(network(experiment, arm)),
            accuracies=(),
            diverged=(),
            mean=None,
            spread=None,
            reached=None,
            seconds=None,
        )
        for arm in experiment.arms
    )


def reaching(lines: Sequence[ArmSummary]) -> str:
    """The accuracy that `ArmSummary.reached` speaks of, in percent; empty while the first arm has none."""
    return formats.percent(lines[0].mean) if lines and lines[0].mean is not None else ""


def lines(study: Study) -> tuple[ArmSummary, ...]:
    """Every arm in numbers."""
    level = target(study)
    return tuple(_line(study, arm, level) for arm in study.experiment.arms)


def target(study: Study) -> float | None:
    """What the first arm ends at, a mean over its seeds; None while none of its runs has ended."""
    reached = [cell.accuracy for cell in study.of(study.experiment.arms[0]) if cell.accuracy is not None]
    return fmean(reached) if reached else None


def conclusions(study: Study) -> tuple[Comparison, ...]:
    """Every pair of arms that are compared and of which a pair of runs has ended."""
    data = study.experiment.data
    images = HeldOutSet(data.held_out, data.classes)
    comparisons = (
        compare((arm.name, study.outcomes(arm)), (other.name, study.outcomes(other)), images)
        for arm, other in study.experiment.compared
    )
    return tuple(comparison for comparison in comparisons if comparison.verdict != NOTHING)


def curves(study: Study, measure: str) -> dict[str, Band]:
    """A measure of every arm over the epochs, by the arm's name; those that have measured nothing are left out.

    Args:
        study: in numbers.
        measure: in `MEASURES`.
    """
    bands = {arm.name: band([cell.validated for cell in study.of(arm)], measure) for arm in study.experiment.arms}
    return {name: curve for name, curve in bands.items() if curve.epochs}


def band(runs: Sequence[Sequence[Validation]], measure: str) -> Band:
    """Mean and spread of a measure after each epoch over several runs."""
    values: dict[int, list[float]] = {}
    for run in runs:
        for point in run:
            values.setdefault(point.epoch, []).append(getattr(point, measure))
    epochs = sorted(values)
    means = {epoch: fmean(values[epoch]) for epoch in epochs}
    spreads = {epoch: _spread(values[epoch]) or 0.0 for epoch in epochs}
    return Band(
        tuple(epochs),
        tuple(means.values()),
        tuple(max(means[epoch] - spreads[epoch], min(values[epoch])) for epoch in epochs),
        tuple(min(means[epoch] + spreads[epoch], max(values[epoch])) for epoch in epochs),
    )


def _line(study: Study, arm: Arm, level: float | None) -> ArmSummary:
    cells = study.of(arm)
    by_seed = {cell.seed: cell for cell in cells}
    seeds = [by_seed.get(seed) for seed in study.seeds]
    accuracies = [cell.accuracy if cell else None for cell in seeds]
    known = [value for value in accuracies if value is not None]
    seconds = [cell.seconds for cell in cells if cell.accuracy is not None]
    epochs = [_first_at(cell, level) for cell in cells]
    reached = [epoch for epoch in epochs if epoch is not None]
    return ArmSummary(
        arm=arm,
        totals=cost(network(study.experiment, arm)),
        accuracies=tuple(accuracies),
        diverged=tuple(cell is not None and cell.diverged for cell in seeds),
        mean=fmean(known) if known else None,
        spread=_spread(known),
        reached=fmean(reached) if reached and len(reached) == len(epochs) else None,
        seconds=fmean(seconds) if seconds else None,
    )


def _first_at(cell: Cell, level: float | None) -> int | None:
    """The first epoch after which a run was right so often."""
    return next((point.epoch for point in cell.validated if level is not None and point.accuracy >= level), None)


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None
