"""What a run is asked to do, without torch."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, ValidationError

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.runs import datasets
from explorer.runs.datasets import DataInfo
from explorer.runs.options import Option, choice, number, optional, whole
from explorer.runs.schedule import SCHEDULES
from explorer.spec.spec import Spec

OPTIMIZERS = {
    "adamw": "AdamW (Loshchilov and Hutter 2019)",
    "adam": "Adam (Kingma and Ba 2015)",
    "sgd": "SGD (Nesterov momentum of 0.9)",
}
AUGMENTATIONS = {
    "none": "none",
    "shift": "shift by up to an eighth",
    "flip": "flip left and right",
    "shift_flip": "shift and flip",
    "shift_flip_cutout": "shift, flip and cut out a square",
}
MODES = {"usual": "as usual", "always_eval": "eval() all the time", "always_train": "train() all the time"}
"""How BN and dropout are told what is going on."""
MEANINGS = {
    "usual": "train() while it learns, eval() in the test.",
    "always_eval": "A mistake of source 000: BN never normalises by its batch, and nothing is dropped.",
    "always_train": "A mistake of sources 001 and 003: in the test, too, BN takes its batch and dropout drops.",
}
"""What the modes do."""
PRECISIONS = {"auto": "auto", "float32": "float32", "bfloat16": "bfloat16"}
DEVICES = {"auto": "auto", "cpu": "cpu", "cuda": "cuda"}
PASSES = 3
"""Work of a training step, in forward passes: the gradient by inputs and by weights costs one each."""


def _data(value: object) -> object:
    datasets.info(str(value))
    return value


_SEED = "of the weights, of the order of the images, of their augmentation and of the dropout"


class TrainConfig(BaseModel):
    """A short run as a person chose it.

    The defaults suit every network here on the digits: deep networks without normalisation, such as
    GoogLeNet, stop learning from a rate of 0.003 on, and small batches make up for it with steps.

    Whatever the mode, what is kept of the run, its weights and statistics, is measured in eval() later on. A run
    with a time budget is not repeated exactly. Label smoothing: Szegedy et al. 2016, section 7.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Annotated[str, Option("Images", f"data set: {', '.join(datasets.SETS)}, or own:NAME", _data, "NAME")] = (
        "digits"
    )
    epochs: Annotated[
        int, whole("Epochs", "passes over the training images", "the number of epochs", 1, limits.MAX_EPOCHS)
    ] = 8
    seconds: Annotated[
        int | None,
        optional(
            whole(
                "Seconds",
                "a time budget in place of the epochs",
                "the time budget in seconds",
                1,
                limits.MAX_RUN_SECONDS,
            )
        ),
    ] = None
    batch: Annotated[int, whole("Batch", "images a step", "the batch size", 2, limits.MAX_BATCH)] = 32
    optimizer: Annotated[str, choice("Optimizer", "what follows the gradient", "optimizer", OPTIMIZERS)] = "adamw"
    lr: Annotated[
        float,
        number(
            "Learning rate", "the highest rate of the run", "the learning rate", limits.MAX_LEARNING_RATE, above=True
        ),
    ] = 2e-3
    schedule: Annotated[
        str,
        choice(
            "Schedule", "of the learning rate", "schedule", {id: schedule.title for id, schedule in SCHEDULES.items()}
        ),
    ] = "one_cycle"
    weight_decay: Annotated[
        float,
        number(
            "Weight decay",
            "on the weights of convolutions and linear layers, none on biases and batch norms",
            "the weight decay",
            limits.MAX_WEIGHT_DECAY,
        ),
    ] = 0.01
    label_smoothing: Annotated[
        float,
        number(
            "Label smoothing",
            "share of the target that is spread over all classes",
            "the label smoothing",
            limits.MAX_LABEL_SMOOTHING,
        ),
    ] = 0.0
    dropout: Annotated[
        float | None,
        optional(
            number(
                "Dropout",
                "of every dropout layer; without it, as the network has them",
                "the dropout",
                limits.MAX_DROPOUT,
            )
        ),
    ] = None
    augmentation: Annotated[str, choice("Augmentation", "of the training images", "augmentation", AUGMENTATIONS)] = (
        "none"
    )
    mode: Annotated[
        str,
        choice("Mode of BN and dropout", "of BN and dropout, all but the first being mistakes", "mode", MODES),
    ] = "usual"
    precision: Annotated[
        str,
        choice(
            "Precision",
            "of the multiplications, auto taking bfloat16 on a GPU and float32 on a CPU",
            "precision",
            PRECISIONS,
        ),
    ] = "auto"
    seed: Annotated[int, whole("Seed", _SEED, "the seed", 0, limits.MAX_SEED)] = 0
    device: Annotated[
        str, choice("Device", "where it trains, auto taking a GPU where there is one", "device", DEVICES)
    ] = "auto"

    @classmethod
    def make(cls, /, **fields: object) -> TrainConfig:
        """A configuration out of raw values, as they come from a command line or a widget.

        Raises:
            ExplorerError: names the first value that is wrong and what is allowed.
        """
        for name in fields:
            if name not in cls.model_fields:
                raise unknown_name("training option", name, cls.model_fields)
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            cause: ExplorerError = error.errors()[0]["ctx"]["error"]  # every field speaks for itself
            raise cause from None

    def with_(self, **fields: object) -> TrainConfig:
        """This configuration with other values for some of its fields; raises as `make` does."""
        return self.make(**{**self.model_dump(), **fields})

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
        return datasets.info(self.data)

    @property
    def batches(self) -> int:
        """Steps of an epoch; the incomplete last batch is left out."""
        return self.info.train // min(self.batch, self.info.train)

    @property
    def optimizer_title(self) -> str:
        """What people call it, without its reference."""
        return OPTIMIZERS[self.optimizer].partition(" (")[0]

    @property
    def words(self) -> str:
        """How it trains, in a line: what shapes every run, and then what else is not as it is by default."""
        length = f"{self.epochs} epoch{'s' if self.epochs > 1 else ''}" if self.seconds is None else f"{self.seconds} s"
        further = {
            "dropout": f"dropout {self.dropout or 0:g}",
            "label_smoothing": f"label smoothing {self.label_smoothing:g}",
            "augmentation": AUGMENTATIONS[self.augmentation],
            "mode": MODES[self.mode],
            "precision": self.precision,
        }
        changed = [
            text for name, text in further.items() if getattr(self, name) != type(self).model_fields[name].default
        ]
        return ", ".join(
            (
                f"{self.optimizer_title}, learning rate {self.lr:g} ({self.schedule.replace('_', '-')})",
                f"{length} in batches of {self.batch}",
                f"weight decay {self.weight_decay:g}",
                f"seed {self.seed}",
                *changed,
            )
        )


OPTIONS = {
    id: next(part for part in field.metadata if isinstance(part, Option))
    for id, field in TrainConfig.model_fields.items()
}
"""What is said of each value of a configuration, by the name of its field."""


def epoch_macs(macs: int, data: str) -> int:
    """MACs of an epoch: for every training image one pass forward, and twice that work backward."""
    return PASSES * datasets.info(data).train * macs


def training_spec(spec: Spec, data: str) -> Spec:
    """The network as it is trained: with one output a class of the data set, unless more were asked for.

    Raises:
        ExplorerError: fewer classes were asked for than the data set has.
    """
    info = datasets.info(data)
    if spec.classes is None:
        return spec.with_(classes=info.classes)
    if spec.classes < info.classes:
        raise ExplorerError(
            f"the network has {spec.classes} classes and {info.title} has {info.classes}: "
            f"choose at least {info.classes}, or leave the number open"
        )
    return spec
