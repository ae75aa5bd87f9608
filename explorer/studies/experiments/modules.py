"""Experiments on what stands in a module, and on how its branches meet."""

from __future__ import annotations

from explorer.runs.config import TrainConfig
from explorer.studies.experiments.experiment import Arm, Experiment
from explorer.studies.networks import inception10, inceptionnet

_PLAIN = inceptionnet(28)
_LARGE = _PLAIN.with_(
    settings={
        **dict(_PLAIN.settings),
        **{
            f"inception{number}.{name}": width
            for number in (1, 2)
            for name, width in (("reduce_3x3", 8), ("width_3x3", 8), ("reduce_5x5", 24), ("width_5x5", 32))
        },
    }
)
"""With the widths of the 3x3 and the 5x5 branch about exchanged, so that the 5x5 is what counts."""
_BRANCHES = tuple(f"inception{number}.branch5x5.conv" for number in (1, 2))

ABLATION = Experiment(
    id="ablation",
    title="Residual and CBAM",
    question="What do a shortcut around each module and a gate behind it add to InceptionNet: each alone, and both?",
    about="The exercise of source 002. A shortcut adds a module's input, projected by a 1x1, to its output. CBAM "
    "weighs each channel and then each place of a module's output, by gates that it learns.",
    source="source 002, its exercise; He et al. 2016; Woo et al. 2018",
    arms=(
        Arm("neither", _PLAIN, seconds=4.5),
        Arm("residual", _PLAIN.with_(rewrites=["residual"]), seconds=5.0),
        Arm("CBAM", _PLAIN.with_(rewrites=["cbam"]), seconds=6.5),
        Arm("both", _PLAIN.with_(rewrites=["residual", "cbam"]), seconds=7.0),
    ),
    config=TrainConfig(data="mnist_5k", epochs=3),
)

WINDOWS = Experiment(
    id="windows",
    title="5x5, two 3x3, separable",
    question="Do cheaper windows of the same reach learn as well as a 5x5?",
    about="InceptionNet with a wide 5x5 branch and a narrow 3x3 branch, so that the 5x5 counts. In its place stand "
    "two 3x3 with a ReLU between, a 3x3 with holes, and a separable 5x5: one filter a channel, then a 1x1. All four "
    "see 5x5 pixels of their input.",
    source="sources 002 and 004; Szegedy et al. 2016, section 3.1",
    arms=(
        Arm("5x5", _LARGE, seconds=6.0),
        Arm("two 3x3", _LARGE.with_(rewrites=["stack_5x5"]), seconds=6.0),
        Arm("dilated 3x3", _LARGE.with_(rewrites=["dilate"]), seconds=6.0),
        Arm("separable 5x5", _LARGE.with_(rewrites=[f"separable@{name}" for name in _BRANCHES]), seconds=6.0),
    ),
    config=TrainConfig(data="mnist_5k", epochs=3),
)

JOINS = Experiment(
    id="joins",
    title="Concat, add, multiply",
    question="How should branches meet: stacked beside each other, added up, or multiplied?",
    about="Inception10, whose branches are equally wide. Adding or multiplying them leaves a quarter of the "
    "channels and makes every next layer cheaper; so addition also stands at the width at which it costs about "
    "as many parameters as stacking does.",
    source="source 002, section 2.2",
    arms=(
        Arm("concat", inception10(16), seconds=7.5),
        Arm("add", inception10(16).with_(rewrites=["fuse:add"]), seconds=7.5),
        Arm("add, wider", inception10(16, init_ch=9).with_(rewrites=["fuse:add"]), seconds=7.5),
        Arm("multiply", inception10(16).with_(rewrites=["fuse:multiply"]), seconds=7.5),
    ),
    config=TrainConfig(data="mnist_5k", epochs=3),
)
