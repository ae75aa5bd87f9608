"""Experiments on batch normalisation and the learning rate."""

from __future__ import annotations

from explorer.runs.config import TrainConfig
from explorer.studies.experiments.experiment import Arm, Experiment, changed
from explorer.studies.networks import inceptionnet

_RATE = 0.02
_PLAIN = inceptionnet(16)
_NORMALISED = _PLAIN.with_(rewrites=["batch_norm"])
_FACTORS = (1, 5, 30)


def _rate(factor: int) -> tuple[tuple[str, object], ...]:
    return changed(lr=_RATE * factor)


BATCH_NORM = Experiment(
    id="batch_norm",
    title="Batch norm on and off",
    question="Does the same network learn more in the same number of steps when its convolutions are normalised?",
    about="InceptionNet without normalisation, and with BN behind every convolution, which then loses its bias. "
    "Everything else is the same: rate, steps, first weights, order of the images.",
    source="source 003; Ioffe and Szegedy 2015, section 4.2.1",
    arms=(
        Arm("without BN", inceptionnet(28), seconds=5.0),
        Arm("with BN", inceptionnet(28).with_(rewrites=["batch_norm"]), seconds=5.5),
    ),
    config=TrainConfig(data="mnist_5k", epochs=3),
    seeds=5,
)

LEARNING_RATES = Experiment(
    id="learning_rates",
    title="The learning-rate ladder",
    question="How much higher a learning rate does BN permit, and does it let even a saturating activation learn?",
    about="The ladder of source 003: Inception with BN at its own rate, at 5 and at 30 times that, and at 5 times "
    f"with sigmoids for ReLUs; and the same four without BN. Its rates of 0.0015, 0.0075 and 0.045 are those of "
    f"GoogLeNet on ImageNet. Here one time is {_RATE:g}, at which this network trains well without BN. SGD with "
    "momentum as there; the rate falls from its full height, for a slow start would spare the high ones the test.",
    source="source 003, section 4.4; Ioffe and Szegedy 2015, section 4.2.2 and figure 3",
    arms=(
        Arm("Inception", _PLAIN, _rate(1), 1.8),
        Arm("BN-Baseline", _NORMALISED, _rate(1), 2.0),
        Arm("x5 without BN", _PLAIN, _rate(5), 1.8),
        Arm("BN-x5", _NORMALISED, _rate(5), 2.0),
        Arm("x30 without BN", _PLAIN, _rate(30), 1.8),
        Arm("BN-x30", _NORMALISED, _rate(30), 2.0),
        Arm("x5-sigmoid without BN", _PLAIN.with_(rewrites=["sigmoid"]), _rate(5), 1.8),
        Arm("BN-x5-sigmoid", _PLAIN.with_(rewrites=["batch_norm", "sigmoid"]), _rate(5), 2.0),
    ),
    config=TrainConfig(data="digits", epochs=5, optimizer="sgd", schedule="cosine", lr=_RATE),
    pairs=(
        ("BN-Baseline", "Inception"),
        ("BN-x5", "x5 without BN"),
        ("BN-x30", "x30 without BN"),
        ("BN-x5-sigmoid", "x5-sigmoid without BN"),
        ("BN-x5", "BN-Baseline"),
        ("BN-x30", "BN-Baseline"),
    ),
    claims=("claim-13-learning-rates",),
)
