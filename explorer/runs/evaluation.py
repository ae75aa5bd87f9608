"""What the answers of a finished run were: read by the page, made by `report` in the worker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from explorer.common import records
from explorer.common.errors import ExplorerError
from explorer.common.files import replacing
from explorer.common.png import Png
from explorer.runs.paths import RunPaths

MOST_WRONG = 24
"""Images that are shown with a wrong answer."""
_UNREADABLE = "the report of this run cannot be read: train it again"


class Misclassified(NamedTuple):
    """A held-out image with a wrong answer.

    Args:
        number: of the image among the held-out ones.
        label: its class.
        predicted: the class of the highest score.
        probability: that the network gave to the latter, from 0 to 1.
        loss: cross-entropy.
        image: the image itself.
    """

    number: int
    label: int
    predicted: int
    probability: float
    loss: float
    image: Png


class Evaluation(NamedTuple):
    """The answers on all held-out images.

    Args:
        confusion: how many images of each class (a row) got each answer (a column). A network with more
            outputs than the data has classes has one column more, for all the others.
        wrong: those with the highest loss among the images with a wrong answer, the highest first.
    """

    confusion: tuple[tuple[int, ...], ...]
    wrong: tuple[Misclassified, ...]

    @property
    def images(self) -> int:
        """How many were answered."""
        return sum(map(sum, self.confusion))

    @property
    def correct(self) -> int:
        """How many of the answers were correct."""
        return sum(row[label] for label, row in enumerate(self.confusion))

    @property
    def by_class(self) -> tuple[float | None, ...]:
        """The share of right answers among the images of each class; None where there is none of it."""
        return tuple(row[label] / sum(row) if sum(row) else None for label, row in enumerate(self.confusion))

    @property
    def most_confused(self) -> tuple[int, int, int] | None:
        """The commonest mistake as (class, answer, how often); None where there is none."""
        mistakes = [
            (count, -label, -answer)
            for label, row in enumerate(self.confusion)
            for answer, count in enumerate(row)
            if count and answer != label
        ]
        count, label, answer = max(mistakes, default=(0, 0, 0))
        return (-label, -answer, count) if count else None

    def write(self, folder: Path) -> None:
        """Keeps it in the folder of its run, whole or not at all.

        Raises:
            OSError: the disk does not take it.
        """
        with replacing(RunPaths(folder).report) as whole:
            whole.write_text(records.to_json(self), encoding="utf-8")


def read(id: str) -> Evaluation | None:
    """The answers of a run; None where it has kept none.

    Raises:
        ExplorerError: there is no such run, or what it kept cannot be read.
    """
    path = RunPaths.of(id).report
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except OSError:
        raise ExplorerError(_UNREADABLE) from None


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Evaluation:
    """The outcome in a file as it was written at that time."""
    evaluation = records.from_json(Evaluation, path.read_bytes(), _UNREADABLE)
    classes = len(evaluation.confusion)
    if not all(len(row) in (classes, classes + 1) and min(row) >= 0 for row in evaluation.confusion):
        raise ExplorerError(_UNREADABLE)
    return evaluation


def names(outcome: Evaluation, classes: Sequence[str]) -> tuple[str, ...]:
    """What the columns of the confusion matrix are called: the classes, and where there is one more, that."""
    known = [classes[index] if index < len(classes) else str(index) for index in range(len(outcome.confusion))]
    widest = max(map(len, outcome.confusion), default=0)
    return (*known, *(["another"] if widest > len(known) else []))
