"""What a run is asked to do and what it reports, without torch: the values that a page, a command
line and a worker process hand to each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from explorer import limits
from explorer.errors import ExplorerError, shown
from explorer.spec import Spec
from explorer.suggest import unknown


class DataInfo(NamedTuple):
    """What is known of a data set before it is read.

    Args:
        title: how people call it.
        classes: number of classes.
        channels: 1 for grey, 3 for colour.
        size: (height, width) of its images, in pixels.
        train: images to learn from.
        test: images that are only measured on.
        needs_internet: whether its first use downloads it.
    """

    title: str
    classes: int
    channels: int
    size: tuple[int, int]
    train: int
    test: int
    needs_internet: bool


DATA: dict[str, DataInfo] = {
    "digits": DataInfo("Handwritten digits (scikit-learn)", 10, 1, (8, 8), 1_438, 359, False),
    "fashion_mnist": DataInfo("FashionMNIST", 10, 1, (28, 28), 60_000, 10_000, True),
    "cifar10": DataInfo("CIFAR-10", 10, 3, (32, 32), 50_000, 10_000, True),
}
DEVICES = ("auto", "cpu", "cuda")
PASSES = 3
"""Work of a training step, in forward passes: the gradient by inputs and by weights costs one each."""


def _one_of(what: str, allowed: Iterable[str]) -> BeforeValidator:
    def check(value: object) -> object:
        if not isinstance(value, str) or value not in allowed:
            raise unknown(what, str(value), allowed)
        return value

    return BeforeValidator(check)


def _whole(name: str, minimum: int, maximum: int) -> BeforeValidator:
    return BeforeValidator(lambda value: limits.whole_number(name, value, minimum, maximum))


def _learning_rate(value: object) -> float:
    try:
        number = float("nan") if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not (isfinite(number) and 0 < number <= limits.MAX_LEARNING_RATE):
        text = str(value)[:40]
        told = text if text.isprintable() else shown(text)
        raise ExplorerError(
            f"the learning rate is {told}: it must be a number above 0 and at most {limits.MAX_LEARNING_RATE:g}"
        )
    return number


class TrainConfig(BaseModel):
    """A short run as a person chose it.

    The defaults suit every network here on the digits: deep networks without normalisation, such as
    GoogLeNet, stop learning from a rate of 0.003 on, and small batches make up for it with steps.

    Args:
        data: the id of a data set in `DATA`.
        epochs: passes over the training images.
        batch: images a step.
        lr: the highest learning rate of the one-cycle schedule.
        seed: of the weights and of the order of the images.
        device: "auto" takes CUDA where there is a GPU.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Annotated[str, _one_of("data set", DATA)] = "digits"
    epochs: Annotated[int, _whole("the number of epochs", 1, limits.MAX_EPOCHS)] = 8
    batch: Annotated[int, _whole("the batch size", 2, limits.MAX_BATCH)] = 32
    lr: Annotated[float, BeforeValidator(_learning_rate)] = 2e-3
    seed: Annotated[int, _whole("the seed", 0, limits.MAX_SEED)] = 0
    device: Annotated[str, _one_of("device", DEVICES)] = "auto"

    @classmethod
    def make(cls, /, **fields: object) -> TrainConfig:
        """A configuration out of raw values, as they come from a command line or a widget.

        Raises:
            ExplorerError: names the first value that is wrong and what is allowed.
        """
        for name in fields:
            if name not in cls.model_fields:
                raise unknown("training option", name, cls.model_fields)
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            cause: ExplorerError = error.errors()[0]["ctx"]["error"]  # every field speaks for itself
            raise cause from None

    @classmethod
    def from_json(cls, text: str) -> TrainConfig:
        """The configuration that `to_json` wrote.

        Raises:
            ExplorerError: it is not a JSON object, or a value in it is wrong.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ExplorerError(f"the training configuration is not valid JSON: {error}") from None
        if not isinstance(data, dict):
            raise ExplorerError("the training configuration must be a JSON object")
        return cls.make(**data)

    def to_json(self) -> str:
        """Every value as JSON."""
        return self.model_dump_json()

    @property
    def info(self) -> DataInfo:
        """The facts of its data set."""
        return DATA[self.data]


class Progress(NamedTuple):
    """One point of the curves.

    Args:
        epoch: the epoch under way, from 1 to `epochs`.
        epochs: of the whole run.
        step: steps done, from 1 to `steps`.
        steps: of the whole run.
        loss: mean cross-entropy over the steps since the last record.
        accuracy: share of right answers over the same training images.
        images_per_second: over the same images.
        seconds: since the run began.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float
    images_per_second: float
    seconds: float

    @property
    def share(self) -> float:
        """How much of the run is done, from 0 to 1."""
        return self.step / self.steps

    @property
    def seconds_left(self) -> float:
        """Until the last step, at the pace so far."""
        return self.seconds * (self.steps - self.step) / self.step


class Done(NamedTuple):
    """The end of a run.

    Args:
        test_accuracy: share of right answers on the test images, None for a run that was stopped.
        test_loss: mean cross-entropy on them, None likewise.
        seconds: since the run began, loading and testing included.
        params: trainable values of the network.
        images_per_second: mean over the training steps.
        device: what it ran on.
        stopped: whether it was asked to stop before its end.
    """

    test_accuracy: float | None
    test_loss: float | None
    seconds: float
    params: int
    images_per_second: float
    device: str
    stopped: bool = False


class Failed(NamedTuple):
    """The end of a run that went wrong.

    Args:
        reason: one sentence.
    """

    reason: str


Record = Progress | Done | Failed
_TAGS: dict[str, Callable[..., Record]] = {"done": Done, "failed": Failed}


def to_line(record: Record) -> str:
    """A record as one line of JSON; the last one of a run is marked `"done": true` or `"failed": true`."""
    tag = {Done: {"done": True}, Failed: {"failed": True}}.get(type(record), {})
    return json.dumps({**tag, **record._asdict()})


def from_line(line: str) -> Record:
    """The record of a line that `to_line` wrote.

    Raises:
        ValueError: the line is torn or no record.
    """
    try:
        fields = json.loads(line)
        make = next((kind for tag, kind in _TAGS.items() if fields.pop(tag, False)), Progress)
        return make(**fields)
    except (TypeError, AttributeError):
        raise ValueError(f"not a record: {line[:80]!r}") from None


def epoch_macs(macs: int, data: str) -> int:
    """MACs of an epoch: for every training image one pass forward, and twice that work backward."""
    return PASSES * DATA[data].train * macs


def training_spec(spec: Spec, data: str) -> Spec:
    """The network as it is trained: with one output a class of the data set, unless more were asked for.

    Raises:
        ExplorerError: fewer classes were asked for than the data set has.
    """
    info = DATA[data]
    if spec.classes is None:
        return spec.with_(classes=info.classes)
    if spec.classes < info.classes:
        raise ExplorerError(
            f"the network has {spec.classes} classes and {info.title} has {info.classes}: "
            f"choose at least {info.classes}, or leave the number open"
        )
    return spec
