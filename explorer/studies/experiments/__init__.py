"""Experiments: groups of paired runs, and conclusions computed from their numbers. Nothing here needs torch."""

from __future__ import annotations

from explorer.common.lookup import lookup
from explorer.studies.experiments import heads, modules, normalisation, sources
from explorer.studies.experiments.experiment import Arm, Experiment, parse_seeds

EXPERIMENTS: dict[str, Experiment] = {
    experiment.id: experiment
    for experiment in (
        normalisation.BATCH_NORM,
        normalisation.LEARNING_RATES,
        modules.ABLATION,
        modules.WINDOWS,
        modules.JOINS,
        heads.AUXILIARY,
        heads.POOLING,
        sources.SOURCE_000,
        sources.SOURCE_001,
        sources.SOURCE_002,
        sources.SOURCE_003,
        sources.SOURCE_004,
    )
}
"""Every experiment by its id, in the order in which a page offers them."""


def experiment(id: str) -> Experiment:
    """The experiment of this id.

    Raises:
        ExplorerError: there is none; the sentence lists those there are.
    """
    return lookup("experiment", id, EXPERIMENTS, most=len(EXPERIMENTS))


__all__ = ["EXPERIMENTS", "Arm", "Experiment", "experiment", "parse_seeds"]
