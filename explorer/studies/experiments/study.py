"""A study: one start of an experiment, as the runs that it is made of.

It lives in the store of runs alone, so that it goes on when the page is closed and is found again by whoever
looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from explorer.common.errors import DIVERGED, ExplorerError
from explorer.runs import client, devices, store
from explorer.runs.client import Run
from explorer.runs.events import Failed, Finished, Progress, Validation
from explorer.runs.executor import base
from explorer.runs.paths import new_id
from explorer.runs.run import is_time
from explorer.studies.experiments.conclusion import ArmResult, Outcomes
from explorer.studies.experiments.experiment import Arm, Experiment, parse_seeds
from explorer.studies.experiments.makespan import Job, makespan

_ID = re.compile(r"([a-z0-9_]+)-([0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8})")
_LISTED = 20
"""Studies of an experiment that are offered, the newest."""


class Cell(NamedTuple):
    """One run of a study.

    Args:
        arm: of the experiment.
        run: as it stands.
        share: how much of it is done, from 0 to 1.
        seconds: it has taken so far.
        validated: what it made of the held-out images after each epoch.
    """

    arm: Arm
    run: Run
    share: float
    seconds: float
    validated: tuple[Validation, ...]

    @property
    def seed(self) -> int:
        """Of the run."""
        return self.run.config.seed

    @property
    def diverged(self) -> bool:
        """Whether its loss stopped being a finite number."""
        return isinstance(self.run.end, Failed) and self.run.end.kind == DIVERGED

    @property
    def broken(self) -> bool:
        """Whether it failed of something that says nothing about its arm."""
        return isinstance(self.run.end, Failed) and not self.diverged

    @property
    def accuracy(self) -> float | None:
        """On the held-out images at its end."""
        return self.run.end.accuracy if isinstance(self.run.end, Finished) else None

    @property
    def outcome(self) -> ArmResult | None:
        """How it has ended; None while it has not, or where that says nothing."""
        if self.diverged:
            return ArmResult(None, diverged=True)
        return ArmResult(self.accuracy) if self.accuracy is not None else None


class Study(NamedTuple):
    """One start of an experiment.

    Args:
        id: of the study.
        experiment: what was started.
        cells: its runs, arm by arm, seed by seed.
    """

    id: str
    experiment: Experiment
    cells: tuple[Cell, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of its runs."""
        return tuple(sorted({cell.seed for cell in self.cells}))

    @property
    def under_way(self) -> bool:
        """Whether one of its runs waits or runs."""
        return any(cell.run.under_way for cell in self.cells)

    @property
    def can_resume(self) -> bool:
        """Whether it was stopped before its end."""
        return not self.under_way and any(_can_resume(cell) for cell in self.cells)

    @property
    def ended(self) -> int:
        """How many of its runs have ended, for good or bad."""
        return sum(not cell.run.under_way for cell in self.cells)

    @property
    def share(self) -> float:
        """How much of the whole is done, from 0 to 1, by the time it takes."""
        whole = sum(cell.arm.seconds for cell in self.cells)
        done = sum(cell.arm.seconds * (cell.share if cell.outcome is None else 1.0) for cell in self.cells)
        return done / whole

    @property
    def seconds_left(self) -> float:
        """Until the last run ends, at the pace so far and with all places of the machine for this study."""
        pace = self._pace
        jobs = [
            Job(cell.arm.seconds * pace * (1 - cell.share), cell.run.state == store.ACTIVE)
            for cell in self.cells
            if cell.run.under_way
        ]
        return makespan(jobs, len(base.current().slots(devices.kind(self.experiment.config.device))))

    @property
    def _pace(self) -> float:
        """What a run takes here, in times of what it was measured to take."""
        known = [cell for cell in self.cells if cell.share > 0 and not cell.diverged]
        expected = sum(cell.share * cell.arm.seconds for cell in known)
        return sum(cell.seconds for cell in known) / expected if known else 1.0

    def of(self, arm: Arm) -> tuple[Cell, ...]:
        """The runs of an arm."""
        return tuple(cell for cell in self.cells if cell.arm == arm)

    def outcomes(self, arm: Arm) -> Outcomes:
        """How the runs of an arm have ended, by seed."""
        return {cell.seed: outcome for cell in self.of(arm) if (outcome := cell.outcome) is not None}


def start(experiment: Experiment, seeds: int, owner: str) -> str:
    """Puts all runs of an experiment into the queue and returns the id of the study. All arms come with the
    first seed before any comes with the second, so that there is something to compare early.

    Raises:
        ExplorerError: the number of seeds is not allowed, or too many runs wait; none is left in the queue then.
    """
    id = f"{experiment.id}-{new_id()}"
    submitted = []
    try:
        for seed in range(parse_seeds(seeds)):
            for arm in experiment.arms:
                config = experiment.configuration(arm, seed)
                submitted.append(client.submit(arm.spec, config, owner, id, arm.name))
    except ExplorerError:
        for run in reversed(submitted):  # what waits first, or it would take the place of what was stopped
            with suppress(ExplorerError):
                client.cancel(run)
                client.delete(run)  # but for one that is under way: it is stopped
        raise
    return id


def expected_seconds(experiment: Experiment, seeds: int) -> float:
    """What a start with so many seeds takes from its first process to its last."""
    jobs = [Job(arm.seconds) for _ in range(seeds) for arm in experiment.arms]
    return makespan(jobs, len(base.current().slots(devices.kind(experiment.config.device))))


def is_of(experiment: Experiment, id: str) -> bool:
    """Whether a text is the id of a study of this experiment."""
    match = _ID.fullmatch(id)
    return match is not None and match[1] == experiment.id


class Started(NamedTuple):
    """Who started a study, and when."""

    owner: str
    when: datetime


def find(experiment: Experiment) -> dict[str, Started]:
    """The newest studies of an experiment by their ids, the newest first."""
    with store.reading() as database:
        newest = store.studies(database, experiment.id, _LISTED)
    return {
        id: Started(owner, datetime.fromtimestamp(at, UTC))
        for id, owner, at in newest
        if _ID.fullmatch(id) and is_time(at)
    }


def load(experiment: Experiment, id: str) -> Study:
    """A study as it stands.

    Raises:
        ExplorerError: there is none of this id, or none of its runs is one that this version understands.
    """
    if not is_of(experiment, id):
        raise ExplorerError(f"the study {id[:80]} is none of the experiment {experiment.id}")
    cells = tuple(sorted(_cells(experiment, id), key=lambda cell: (experiment.arms.index(cell.arm), cell.seed)))
    if not cells:
        raise ExplorerError(f"the study {id} is not here any more, or is of another version: start it again")
    return Study(id, experiment, cells)


def cancel(study: Study) -> None:
    """Stops all its runs."""
    for cell in reversed(study.cells):  # what waits first, or it would take the place of what was stopped
        if cell.run.state == store.QUEUED:
            client.cancel(cell.run.id)
    for cell in study.cells:
        if cell.run.state == store.ACTIVE:
            client.cancel(cell.run.id)


def resume(study: Study) -> None:
    """Lets all its runs that were stopped go on from where they were."""
    for cell in study.cells:
        if _can_resume(cell):
            client.resume(cell.run.id)


def _can_resume(cell: Cell) -> bool:
    return cell.run.state == store.STOPPED or cell.broken


def _cells(experiment: Experiment, id: str) -> Iterator[Cell]:
    arms = {arm.name: arm for arm in experiment.arms}
    for run in client.find(study=id):
        if run.arm in arms:
            yield _cell(arms[run.arm], run)


def _cell(arm: Arm, run: Run) -> Cell:
    curve = _curve(run.id) if run.under_way else _whole_curve(run.id, run.ended)
    last: Progress | None = curve.progress[-1] if curve.progress else None
    if isinstance(run.end, Finished) and not run.end.stopped:
        return Cell(arm, run, 1.0, run.end.seconds, curve.validated)
    share, seconds = (last.share, last.seconds) if last else (0.0, 0.0)
    return Cell(arm, run, share, seconds, curve.validated)


# A page that watches asks every second, and most runs of a study have ended or not begun.
@lru_cache(maxsize=512)
def _whole_curve(id: str, ended: float | None) -> client.Curve:
    """What a run had measured when it ended, which is once more after it has gone on."""
    return _curve(id)


def _curve(id: str) -> client.Curve:
    with suppress(ExplorerError):  # deleted since it was found
        return client.curve(id)
    return client.Curve()
