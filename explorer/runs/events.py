"""What a run reports: the values that a worker process, the store of runs, a page and a command line hand
to each other.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from pydantic import TypeAdapter

from explorer.common import records


class Progress(NamedTuple):
    """One point of the curves of training.

    Args:
        epoch: the epoch under way, from 1 to `epochs`.
        epochs: of the whole run; 0 where a time budget ends it.
        step: steps done.
        share: how much of the run is done, from 0 to 1.
        loss: mean cross-entropy over the steps since the last record, as it is minimised: smoothed labels
            and auxiliary heads count.
        accuracy: share of right answers over the same training images.
        images_per_second: over the same images.
        seconds: since training began.
        lr: learning rate of the last step.
        memory: bytes, the most so far: of the device's memory on a GPU, of the process on a CPU.
    """

    epoch: int
    epochs: int
    step: int
    share: float
    loss: float
    accuracy: float
    images_per_second: float
    seconds: float
    lr: float
    memory: int

    @property
    def seconds_left(self) -> float:
        """Until the end, at the pace so far."""
        return self.seconds * (1 - self.share) / self.share


class Validation(NamedTuple):
    """What the network makes of the held-out images after an epoch.

    Args:
        epoch: that has ended.
        step: steps done.
        loss: mean cross-entropy.
        accuracy: share of right answers.
        seconds: since training began.
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    seconds: float


class Finished(NamedTuple):
    """The end of a run.

    Args:
        accuracy: share of right answers on the held-out images, None for a run that was stopped.
        loss: mean cross-entropy on them, None likewise.
        seconds: since training began, validation included.
        params: trainable values of the network.
        images_per_second: mean over the training steps.
        device: what it ran on.
        precision: of its multiplications.
        stopped: whether it was asked to stop before its end.
    """

    accuracy: float | None
    loss: float | None
    seconds: float
    params: int
    images_per_second: float
    device: str
    precision: str
    stopped: bool = False


class Failed(NamedTuple):
    """The end of a run that went wrong.

    Args:
        reason: one sentence without its full stop.
        kind: that of the error, such as `DIVERGED`.
    """

    reason: str
    kind: str = ""


class Notice(NamedTuple):
    """Something that a person should know of a run which goes on.

    Args:
        words: one sentence without its full stop.
    """

    words: str


End = Finished | Failed
Record = Progress | Validation | Notice | End
_WORDS: dict[type[Record], str] = {
    Progress: "progress",
    Validation: "validated",
    Finished: "done",
    Failed: "failed",
    Notice: "note",
}
"""What each kind of record is called in a line."""
_READERS: dict[str, TypeAdapter[Record]] = {word: TypeAdapter(kind) for kind, word in _WORDS.items()}


def kind(record: Record) -> str:
    """The word for what a record is."""
    return _WORDS[type(record)]


def to_line(record: Record) -> str:
    """A record as one line of JSON, which says first what it is."""
    return json.dumps({"record": kind(record), **records.fields(record)})


def from_line(line: str) -> Record:
    """The record of a line that `to_line` wrote.

    Raises:
        ValueError: the line is torn or no record.
    """
    try:
        fields = json.loads(line)
        return _READERS[fields.pop("record")].validate_python(fields, strict=True)
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError):
        raise ValueError(f"not a record: {line[:80]!r}") from None
