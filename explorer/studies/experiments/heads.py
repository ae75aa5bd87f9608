"""Experiments on how a network ends."""

from __future__ import annotations

from explorer.runs.config import TrainConfig
from explorer.studies.experiments.experiment import Arm, Experiment
from explorer.studies.networks import googlenet, inceptionnet

_POOLED = inceptionnet(28)

AUXILIARY = Experiment(
    id="auxiliary",
    title="Auxiliary heads on and off",
    question="Do two further classifiers on the way help a deep network without normalisation to learn?",
    about="GoogLeNet as its paper has it, at an eighth of its widths. Two heads behind 4a and 4d have losses of "
    "their own, of which 0.3 counts while it is trained; in the test only the last classifier speaks. AdamW: "
    "under SGD, which the paper has, a run as short as this learns much or little by the luck of its seed.",
    source="source 001; Szegedy et al. 2015, section 5",
    arms=(
        Arm("without heads", googlenet("googlenet_paper", auxiliary_heads=0), seconds=12.0),
        Arm("with heads", googlenet("googlenet_paper", auxiliary_kernel_size=4), seconds=13.0),
    ),
    config=TrainConfig(data="digits", epochs=5),
)

POOLING = Experiment(
    id="pooling",
    title="Global pooling or fully connected",
    question="Is the mean of each channel as good a last map as all of its values, which cost a weight each?",
    about="InceptionNet with global average pooling before its classifier, and with a linear layer on every value "
    "of the last map. Source 000 praises the first for its few weights; source 001 suspects that it makes "
    "GoogLeNet slow to converge.",
    source="sources 000 and 001; Lin et al. 2014, section 3.2",
    arms=(
        Arm("global pooling", _POOLED, seconds=5.0),
        Arm("fully connected", _POOLED.with_(rewrites=["fully_connected"]), seconds=5.0),
    ),
    config=TrainConfig(data="mnist_5k", epochs=3),
    seeds=5,
)
