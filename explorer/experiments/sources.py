"""Each source's own training as it is printed, held against what it should be or what it says of itself.

What a run cannot show, for it is neither a network nor a configuration, stands in the ledger: the code's
mistakes, run as they are written.
"""

from __future__ import annotations

from explorer.experiments.experiment import Arm, Experiment, changed
from explorer.experiments.networks import googlenet, inception10, narrowed
from explorer.spec import Spec
from explorer.training.config import TrainConfig

_SMALLER = "The images are smaller and fewer than the source's, and the network is narrower."


_KERAS = TrainConfig(
    data="mnist_5k", epochs=5, batch=32, optimizer="adam", lr=0.001, schedule="constant", weight_decay=0
)

SOURCE_000 = Experiment(
    id="source_000",
    title="000 as printed and corrected",
    question="Beside its mistake, what of Inception10's training as printed could be better?",
    about="As printed: Adam at Keras' rate of 0.001 from the first step to the last, batches of 32, 5 epochs, and a "
    "bias in each convolution. Its mistake, BN that is told not to train and so normalises nothing, is no setting of "
    "a network or a training: the ledger runs it as it is written and done right, and here BN normalises in every "
    "arm. Beside it stand the network without the bias that BN takes away again, and a rate that falls to zero "
    f"where the printed one never does. {_SMALLER}",
    source="source 000, section 4",
    arms=(
        Arm("as printed", inception10(16), seconds=9.0),
        Arm("no bias before BN", inception10(16).with_(rewrites=["batch_norm"]), seconds=9.0),
        Arm("the rate falls", inception10(16), changed(schedule="cosine"), 9.0),
    ),
    config=_KERAS,
    claims=("mistake-000-bn-inference", "claim-12-invariances"),
)

SOURCE_001 = Experiment(
    id="source_001",
    title="001 as printed, and what it blames",
    question="Is it the pooled head that makes GoogLeNet slow to converge, as source 001 suspects?",
    about="As printed: Adam at 0.001, batches of 16, 3 epochs, dropout of 0.4. Its two mistakes are in what it "
    "measures, a loss divided twice and a test with dropout on; the training is the same without them, so that a "
    "corrected run would be the printed one. Beside it stand the head that it says converges faster, and BN, which "
    f"its network lacks. {_SMALLER}",
    source="source 001",
    arms=(
        Arm("as printed", googlenet("googlenet"), seconds=10.0),
        Arm("fully connected head", googlenet("googlenet").with_(rewrites=[]), seconds=10.0),
        Arm("with BN", googlenet("googlenet").with_(rewrites=["batch_norm", "global_pool"]), seconds=11.0),
    ),
    config=TrainConfig(
        data="digits", epochs=3, batch=16, optimizer="adam", lr=0.001, schedule="constant", weight_decay=0
    ),
    claims=("mistake-001-loss", "mistake-001-dropout"),
)

SOURCE_002 = Experiment(
    id="source_002",
    title="002 as printed, without its holes",
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
    title="003: its code, its text, and x30",
    question="Source 003 prints one training in its code and another in its text: which is better, and is either best?",
    about="As its code: Adam at 0.001, no dropout, for its layers are never told that they train, and two auxiliary "
    "heads. As its text: SGD with momentum at 0.0015 in batches of 32. Corrected: what the text itself goes on to "
    "say, 30 times that rate. All of them falling to zero. Its loss, a sigmoid of what is a softmax already, and BN "
    "that stays in training at inference are no configuration: here the loss is the usual one, and BN is right. "
    f"{_SMALLER}",
    source="source 003, sections 4.2 and 4.4 and its code",
    arms=(
        Arm("as its code", _INCEPTION, changed(optimizer="adam", lr=0.001), 6.0),
        Arm("as its text", _INCEPTION, changed(optimizer="sgd", lr=0.0015), 6.0),
        Arm("corrected, x30", _INCEPTION, changed(optimizer="sgd", lr=0.045), 6.0),
    ),
    config=TrainConfig(data="digits", epochs=3, batch=32, schedule="cosine", weight_decay=0, dropout=0),
    claims=("mistake-003-batch-mates", "claim-13-learning-rates"),
)

SOURCE_004 = Experiment(
    id="source_004",
    title="004 as printed and as published",
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
