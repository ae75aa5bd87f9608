"""A run as it stands, and what it has measured, out of the text that the store keeps."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from pydantic import TypeAdapter

from explorer.common import records
from explorer.common.errors import ExplorerError
from explorer.runs import datasets
from explorer.runs.config import TrainConfig
from explorer.runs.datasets import DataInfo
from explorer.runs.events import End, Failed, Finished, Notice, Progress, Record, Validation, from_line
from explorer.runs.store import ACTIVE, DONE, FAILED, QUEUED, STOPPED, RunRow
from explorer.spec.spec import Spec

_LAST_DAY = 253_402_214_400.0
"""Seconds from 1970 to the end of the calendar, less a day for every time zone."""
_ALWAYS_THERE = next(iter(datasets.SETS))


class Images(NamedTuple):
    """What is known of the images of a run, kept with it: a set of own images may go, or be put in another's place.

    Args:
        id: of the data set.
        info: its facts.
        classes: the names of its classes, in the order of its labels.
    """

    id: str
    info: DataInfo
    classes: tuple[str, ...]

    @classmethod
    def of(cls, id: str) -> Images:
        """What is known of a data set now.

        Raises:
            ExplorerError: there is none of that id, or it is damaged.
        """
        return cls(id, datasets.info(id), datasets.classes(id))

    @classmethod
    def from_json(cls, text: str) -> Images:
        """What `to_json` wrote.

        Raises:
            ExplorerError: it is something else.
        """
        return records.from_json(cls, text, "what is kept of its images is of no use")

    def to_json(self) -> str:
        """As one JSON object."""
        return records.to_json(self)

    def require(self) -> None:
        """Holds them against the set that is here now.

        Raises:
            ExplorerError: it is not here any more, or it is another one.
        """
        if Images.of(self.id) != self:
            raise ExplorerError(f"{self.id} is another set of images now than the one that the run was asked for with")


class Run(NamedTuple):
    """A run as it stands.

    Args:
        id: of the run.
        owner: who asked for it.
        study: the experiment that it belongs to; empty where it stands alone.
        arm: its part in that.
        state: queued, active, done, stopped or failed.
        spec: the network as it was asked for.
        config: the training as it was asked for. Its data set may be gone: `images` says what it was.
        images: what it is trained on.
        submitted: seconds since 1970.
        started: likewise; None while it waits for the first time.
        ended: likewise; None until then.
        device: the kind that it runs on.
        end: its last record, None until then.
    """

    id: str
    owner: str
    study: str
    arm: str
    state: str
    spec: Spec
    config: TrainConfig
    images: Images
    submitted: float
    started: float | None
    ended: float | None
    device: str
    end: End | None

    @property
    def under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (QUEUED, ACTIVE)

    @property
    def label(self) -> str:
        """Its part in its study, with the seed; empty where it stands alone."""
        return f"{self.arm} / seed {self.config.seed}" if self.arm else ""

    @property
    def reason(self) -> str:
        """Why it failed; empty where it has not."""
        return self.end.reason if isinstance(self.end, Failed) else ""

    @property
    def data(self) -> DataInfo:
        """The facts of its data set, also where that is gone."""
        return self.images.info

    @property
    def network(self) -> Spec:
        """The network as it is trained: with one output a class of the data, unless more were asked for."""
        return self.spec.with_(classes=self.data.classes) if self.spec.classes is None else self.spec

    @property
    def batches(self) -> int:
        """Steps of an epoch; the incomplete last batch is left out."""
        return self.data.train // min(self.config.batch, self.data.train)


class Curve(NamedTuple):
    """What a run has measured so far."""

    progress: tuple[Progress, ...] = ()
    validated: tuple[Validation, ...] = ()
    notes: tuple[str, ...] = ()


_ROW = TypeAdapter(RunRow)


@lru_cache(maxsize=1_024)
def run_of(row: RunRow) -> Run:
    """The run of a row.

    Raises:
        ExplorerError: a value in it is not one that this version understands.
    """
    try:
        row = _checked(row)
        images = _images(row)
        spec, config = Spec.from_json(row.spec), _config(row, images)
        end = from_line(row.last) if row.last else None
    except (ExplorerError, ValueError, TypeError) as error:
        cause = str(error).replace("\n", " ")[:200]
        raise ExplorerError(f"what is kept of the run {row.id} cannot be read: {cause}") from None
    last = end if isinstance(end, Finished | Failed) else None
    return Run(
        id=row.id,
        owner=row.owner,
        study=row.study,
        arm=row.arm,
        state=row.state,
        spec=spec,
        config=config,
        images=images,
        submitted=row.submitted,
        started=row.started,
        ended=row.ended,
        device=row.device,
        end=last,
    )


# A page asks about the same curves again and again, and most have ended.
@lru_cache(maxsize=64)
def curve_of(lines: tuple[str, ...]) -> Curve:
    """What the records of a run say, those left out that cannot be read."""
    records: list[Record] = []
    for line in lines:
        with suppress(ValueError, TypeError):
            records.append(from_line(line))
    return Curve(
        tuple(record for record in records if isinstance(record, Progress)),
        tuple(record for record in records if isinstance(record, Validation)),
        tuple(record.words for record in records if isinstance(record, Notice)),
    )


def is_time(seconds: float) -> bool:
    """Whether so many seconds from 1970 are a day in the calendar."""
    return isfinite(seconds) and 0 <= seconds <= _LAST_DAY


def _checked(row: RunRow) -> RunRow:
    """The row, once every value is of its type; a database holds whatever was put there."""
    row = _ROW.validate_python(row._asdict(), strict=True)
    times = (row.submitted, row.started or 0.0, row.ended or 0.0)
    if row.state not in (QUEUED, ACTIVE, DONE, STOPPED, FAILED):
        raise ValueError(f"its state is {row.state[:80]!r}")
    if not all(map(is_time, times)):
        raise ValueError("one of its times is none")
    return row


def _images(row: RunRow) -> Images:
    """What is kept of its images; an older version has kept nothing, and what is here now stands for it."""
    return Images.from_json(row.data) if row.data else Images.of(TrainConfig.from_json(row.config).data)


def _config(row: RunRow, images: Images) -> TrainConfig:
    """The configuration, every value of which is checked but for the data set, which may be gone."""
    asked = json.loads(row.config)
    if not isinstance(asked, dict) or asked.get("data") != images.id:
        raise ValueError("its configuration is not one for its images")
    return TrainConfig.make(**{**asked, "data": _ALWAYS_THERE}).model_copy(update={"data": images.id})
