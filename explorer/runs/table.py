"""All runs as a table: what each was asked for, what it cost and what it reached."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from explorer.runs.client import Curve, Run
from explorer.runs.estimate import work
from explorer.runs.events import Finished
from explorer.spec.chips import named

OVER = {"epoch": "epochs", "seconds": "seconds"}
"""What the curves of several runs are drawn over, under the name of its field of `Validation`."""
PRICES = {"params": "parameters", "macs": "MACs", "seconds": "seconds"}
"""What accuracy is set against, under the name of its field of `RunSummary`."""


class RunSummary(NamedTuple):
    """One run of the table.

    Args:
        id: of the run.
        started: local time at which it was asked for, as `2026-01-31 14:05:09`.
        mine: whether this browser asked for it.
        network: its title, with the number of edits.
        data: title of the data set.
        state: queued, active, done, stopped or failed.
        accuracy: share of right answers on the held-out images; None where it has not come to its end.
        loss: cross-entropy on them, None likewise.
        seconds: of training; None until its end.
        images_per_second: over the whole run, None likewise.
        params: trainable values; None where the network is not valid any more.
        macs: of one image forward, None likewise.
        epochs: passes over the training images; None where a time budget ended it.
        batch: images a step.
        optimizer: its id.
        lr: the highest learning rate.
        seed: of the run.
        device: "cpu" or "cuda".
        study: the experiment that it belongs to; empty where it stands alone.
    """

    id: str
    started: str
    mine: bool
    network: str
    data: str
    state: str
    accuracy: float | None
    loss: float | None
    seconds: float | None
    images_per_second: float | None
    params: int | None
    macs: int | None
    epochs: int | None
    batch: int
    optimizer: str
    lr: float
    seed: int
    device: str
    study: str


def line(run: Run, owner: str) -> RunSummary:
    """A run as a line of the table."""
    end = run.end if isinstance(run.end, Finished) else None
    asked = work(run.network)
    cost = asked.totals if asked else None
    config = run.config
    return RunSummary(
        id=run.id,
        started=f"{datetime.fromtimestamp(run.submitted):%Y-%m-%d %H:%M:%S}",
        mine=run.owner == owner,
        network=named(run.spec),
        data=run.data.title,
        state=run.state,
        accuracy=end.accuracy if end else None,
        loss=end.loss if end else None,
        seconds=end.seconds if end else None,
        images_per_second=end.images_per_second if end else None,
        params=cost.params if cost else None,
        macs=cost.macs if cost else None,
        epochs=config.epochs if config.seconds is None else None,
        batch=config.batch,
        optimizer=config.optimizer,
        lr=config.lr,
        seed=config.seed,
        device=run.device,
        study=run.study,
    )


def clock(run: Run) -> str:
    """When a run was asked for, as short as it can be told."""
    when = datetime.fromtimestamp(run.submitted)
    return f"{when:%H:%M:%S}" if when.date() == datetime.now().date() else f"{when:%d %b %H:%M}"


def turn(before: int) -> str:
    """When a run comes that waits for a free device.

    Args:
        before: how many runs come before it.
    """
    return f"{before} run{'s come' if before > 1 else ' comes'} before it" if before else "it is next"


def labels(runs: Iterable[Run]) -> dict[str, str]:
    """What runs are called beside each other, by id: each by a label that no other has."""
    by_id: dict[str, str] = {}
    for run in runs:
        what = run.label or f"{named(run.spec)}, {run.config.optimizer} {run.config.lr:g}"
        label = f"{what}, {clock(run)}"
        by_id[run.id] = label if label not in by_id.values() else f"{label} ({len(by_id) + 1})"
    return by_id


def matching(lines: Iterable[RunSummary], *, mine: bool = False, **wanted: str) -> list[RunSummary]:
    """The lines that a filter lets through.

    Args:
        lines: of the table.
        mine: whether only those of this browser are wanted.
        wanted: the value of a field; an empty one wants nothing.
    """
    return [
        summary
        for summary in lines
        if (summary.mine or not mine)
        and all(not value or getattr(summary, name) == value for name, value in wanted.items())
    ]


def to_csv(lines: Iterable[RunSummary]) -> str:
    """The lines under a header, as RFC 4180 has it; an empty cell is None."""
    return _csv(RunSummary._fields, lines)


def curve_csv(curve: Curve) -> str:
    """Everything that a run has measured, a record a line, those of training before those on held-out images."""
    header = ("images", "epoch", "step", "seconds", "loss", "accuracy", "images_per_second", "lr", "memory")
    training = [
        ("training", p.epoch, p.step, p.seconds, p.loss, p.accuracy, p.images_per_second, p.lr, p.memory)
        for p in curve.progress
    ]
    held_out = [("held out", v.epoch, v.step, v.seconds, v.loss, v.accuracy, *[None] * 3) for v in curve.validated]
    return _csv(header, [*training, *held_out])


def _csv(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()
