"""Each source's own training as it is printed, its mistakes corrected, and what it says of itself.

What a run cannot show, for it is neither a network nor a configuration, stands in the ledger.
"""

from __future__ import annotations

from explorer.runs.config import TrainConfig
from explorer.spec.spec import Spec
from explorer.studies.experiments.experiment import Arm, Experiment, changed
from explorer.studies.networks import googlenet, inception10, narrowed

_SMALLER = "The images are smaller and fewer than the source's, and the network is narrower."


_KERAS = TrainConfig(
    data="mnist_5k", epochs=5, batch=32, optimizer="adam", lr=0.001, schedule="constant", weight_decay=0
)

_INCEPTION10 = inception10(16)

SOURCE_000 = Experiment(
    id="source_000",
    title="InceptionNet notes: as printed, corrected",
    question="What does Inception10 lose by a BN that is told not to train?",
    about="As printed: Adam at Keras' rate of 0.001 from the first step to the last, batches of 32, 5 epochs, and BN "
    "called with training=False, which so has nothing to normalise by: the mode eval() all the time. Corrected: BN "
    f"takes its batch while the network learns. {_SMALLER}",
    source="source 000, section 4",
    arms=(
        Arm("as printed", _INCEPTION10, changed(mode="always_eval"), 9.0),
        Arm("corrected", _INCEPTION10, seconds=9.0),
    ),
    config=_KERAS,
    seeds=5,
    claims=("mistake-000-bn-inference",),
)

_GOOGLENET = googlenet("googlenet")

SOURCE_001 = Experiment(
    id="source_001",
    title="GoogLeNet article: as printed, corrected, blamed",
    question="What does the forgotten eval() hide, and is it the pooled head that makes GoogLeNet slow to converge?",
    about="As printed: Adam at 0.001, batches of 16, 3 epochs, and a test in which dropout still drops 40 % of the "
    "features: the mode train() all the time. Corrected: the same training, so that only the accuracy of its test "
    "differs. Its other mistake, a loss divided twice, is one of printing. Beside them stands the head that it "
    f"says converges faster. {_SMALLER}",
    source="source 001",
    arms=(
        Arm("as printed", _GOOGLENET, changed(mode="always_train"), 10.0),
        Arm("corrected", _GOOGLENET, seconds=10.0),
        Arm("and a fully connected head", _GOOGLENET.with_(rewrites=["fully_connected"]), seconds=10.0),
    ),
    config=TrainConfig(
        data="digits", epochs=3, batch=16, optimizer="adam", lr=0.001, schedule="constant", weight_decay=0
    ),
    seeds=5,
    pairs=(("corrected", "as printed"), ("and a fully connected head", "corrected")),
    claims=("mistake-001-loss", "mistake-001-dropout"),
)

SOURCE_002 = Experiment(
    id="source_002",
    title="Dilated net: as printed, without its holes",
    question="Does the dilated convolution of source 002 earn its place?",
    about="As printed: Adam at 0.001, batches of 128, 5 epochs, and a 3x3 whose weights lie two pixels apart. "
    "There is nothing to correct; beside it stands the same network without the holes, which has as many weights "
    "and does the same work. The images are others than the source's, and fewer.",
    source="source 002, section 3.3",
    arms=(
        Arm("as printed", Spec.make("dilated_cnn"), seconds=8.0),
        Arm("without holes", Spec.make("dilated_cnn", settings={"conv2.dilation": 1}), seconds=8.0),
    ),
    config=_KERAS.with_(batch=128),
    claims=("claim-08-dilation",),
)

_INCEPTION = narrowed(
    Spec.make("bn_inception", input=(1, 32, 32), settings={"auxiliary_heads": 1, "auxiliary_kernel_size": 1}), 1 / 8
)

SOURCE_003 = Experiment(
    id="source_003",
    title="Batch norm notes: code, text, and x30",
    question="Source 003 prints one training in its code and another in its text: which is better, and is either best?",
    about="As its code: Adam at 0.001, two auxiliary heads, no dropout, for its layers are never told that they train, "
    "and a BN that is told so even in the test, where it takes its batch: the mode train() all the time. Code "
    "corrected: BN has its running statistics in the test. As its text: SGD with momentum at 0.0015 in batches of 32. "
    "Text at x30: what it goes on to say, 30 times that rate. All of them falling to zero. Its loss, a sigmoid of "
    f"what is a softmax already, is no choice here: the usual one is taken. {_SMALLER}",
    source="source 003, sections 4.2 and 4.4 and its code",
    arms=(
        Arm("as its code", _INCEPTION, changed(optimizer="adam", lr=0.001, mode="always_train"), 6.0),
        Arm("code corrected", _INCEPTION, changed(optimizer="adam", lr=0.001), 6.0),
        Arm("as its text", _INCEPTION, changed(optimizer="sgd", lr=0.0015), 6.0),
        Arm("text at x30", _INCEPTION, changed(optimizer="sgd", lr=0.045), 6.0),
    ),
    config=TrainConfig(data="digits", epochs=3, batch=32, schedule="cosine", weight_decay=0, dropout=0),
    seeds=5,
    pairs=(
        ("code corrected", "as its code"),
        ("as its text", "code corrected"),
        ("text at x30", "as its text"),
        ("text at x30", "code corrected"),
    ),
    claims=("mistake-003-batch-mates", "claim-13-learning-rates"),
)

SOURCE_004 = Experiment(
    id="source_004",
    title="Xception: as printed, as published",
    question="What does Xception lose by what source 004 left out of it?",
    about="Source 004 prints a network and no training, so that both are trained alike here. As printed: the first "
    "shortcut is computed and never added, and most separable convolutions have no BN behind them. As published by "
    "Chollet: every shortcut is added, and BN stands behind each. The shortcut alone is no setting of the network: "
    "the ledger puts it in. Layers of the two go by other names, so that a seed pairs the order of the images "
    f"alone. {_SMALLER}",
    source="source 004; Chollet 2017, figure 5",
    arms=(
        Arm("as printed", narrowed(Spec.make("xception_as_printed", input=(1, 48, 48)), 1 / 16), seconds=8.0),
        Arm("as published", narrowed(Spec.make("xception", input=(1, 48, 48)), 1 / 16), seconds=9.0),
    ),
    config=TrainConfig(data="digits", epochs=4),
    seeds=5,
    claims=("mistake-004-residual",),
)
