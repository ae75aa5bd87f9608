"""What the sources' code takes for granted, and what it does instead, shown by running both."""

from __future__ import annotations

from functools import partial
from statistics import fmean, pstdev

from explorer.common import formats
from explorer.spec.spec import Spec
from explorer.studies import networks
from explorer.studies.claims.edits import with_dropout, with_first_residual
from explorer.studies.claims.entry import Claim, Evidence, Finding, Network, row, verdict
from explorer.studies.claims.networks import MISTAKES as TABLES


def _bn_inference(evidence: Evidence) -> Finding:
    wrong, right = evidence.values["as written"], evidence.values["right"]
    normalised = wrong["smallest variance"] > 0.9 and wrong["largest variance"] < 1.1 and wrong["largest mean"] < 0.1
    measured = [
        f"variance {values['smallest variance']:.2f} to {values['largest variance']:.2f}, mean up to "
        f"{values['largest mean']:.2f}, test accuracy {formats.percent(values['accuracy'])}"
        for values in (wrong, right)
    ]
    return Finding(
        f"as written: {measured[0]}",
        f"done right: {measured[1]}",
        verdict(normalised),
        "While training, BN must use the mean and variance of the batch and keep running averages for later; with "
        "training=False it uses averages that nothing has ever updated, 0 and 1, and passes its input through.",
    )


def _loss(evidence: Evidence) -> Finding:
    wrong, right, batch = (evidence.values[name] for name in ("as written", "right", "batch"))
    ratio = right / wrong
    return Finding(
        f"as written: {wrong:.4f}",
        f"done right: {right:.4f}, {ratio:.1f} times as much",
        verdict(abs(ratio - 1) < 0.01),
        f"CrossEntropyLoss has divided by the {batch} images of the batch already, so the sum is to be divided by the "
        "number of batches alone; the gradient is not touched, only what is printed.",
    )


def _dropout(evidence: Evidence) -> Finding:
    wrong, right = evidence.values["as written"], evidence.values["right"]
    kept = evidence.values["bytes kept"]
    same = pstdev(wrong) == 0 and fmean(wrong) == fmean(right) and kept["as written"] == kept["right"]
    return Finding(
        f"as written: {_scatter(wrong)} in {len(wrong)} passes, {formats.bytes_(kept['as written'])} kept a batch",
        f"done right: {_scatter(right)} in {len(right)} passes, {formats.bytes_(kept['right'])} kept a batch",
        verdict(same),
        "Without eval() the test drops 40 % of the features at random, and without no_grad() it keeps every activation "
        "for a gradient that nobody asks for.",
    )


def _scatter(accuracies: list[float]) -> str:
    return f"{100 * fmean(accuracies):.1f} ± {100 * pstdev(accuracies):.1f} % test accuracy"


def _batch_mates(evidence: Evidence) -> Finding:
    wrong, right = evidence.values["as written"], evidence.values["right"]
    measured = [
        f"{values['changed']} of {values['images']} answers changed with the batch mates, a probability by up to "
        f"{formats.percent(values['largest change'])}, accuracy {formats.percent(values['accuracy'])}"
        for values in (wrong, right)
    ]
    return Finding(
        f"as written: {measured[0]}",
        f"done right: {measured[1]}",
        verdict(wrong["changed"] == 0 and wrong["largest change"] < 1e-4),
        "With is_training=True an image is normalised by whatever else is in its batch "
        f"(here {evidence.values['batch']} images); at inference BN must use the running averages, so that an answer "
        "depends on the image alone.",
    )


def _residual(evidence: Evidence) -> Finding:
    without, restored = (trace.totals for trace in evidence.traces)
    conv, norm = (row(evidence.traces[1], f"entry_1.residual{end}") for end in ("", "_bn"))
    seen = evidence.values
    return Finding(
        f"as written: {formats.number(without.params)} parameters, no residual in the first block",
        f"done right: {formats.number(restored.params)} parameters, {formats.number(conv.params)} in the 1x1 and "
        f"{formats.number(norm.params)} in its BN, and {formats.number(norm.statistics)} statistics more; scores "
        "differ by "
        f"{formats.percent(seen['outputs differ'])} and the first convolution's gradient by "
        f"{formats.percent(seen['gradient differs'])}",
        verdict(without == restored or max(seen["outputs differ"], seen["gradient differs"]) < 1e-3),
        "The shortcut is computed and its result never used, so Keras leaves both layers out of the model and the "
        "gradient has one way less to the stem; an Add after the pool, as in the later blocks, puts it right.",
    )


_PRINTED = Spec.make("xception_as_printed")

mistake = partial(Claim, is_mistake=True)

MISTAKES = (
    mistake(
        id="mistake-000-bn-inference",
        source="000",
        title="Code: BN with training=False",
        text="BN called with training=False normalises while the network is trained.",
        networks=(Network("Inception10 at half its width", networks.INCEPTION10),),
        judge=_bn_inference,
        needs_run=True,
    ),
    mistake(
        id="mistake-001-loss",
        source="001",
        title="Code: loss divided twice",
        text="The printed train_loss, the sum of mean losses divided by batches and by batch size, is the loss of "
        "an image.",
        networks=(Network("InceptionNet at a quarter of its widths", networks.INCEPTIONNET),),
        judge=_loss,
        needs_run=True,
    ),
    mistake(
        id="mistake-001-dropout",
        source="001",
        title="Code: dropout left on in the test",
        text="The test loop, without eval() and no_grad(), measures the network as trained.",
        networks=(Network("InceptionNet with dropout 0.4", networks.INCEPTIONNET, edit=with_dropout),),
        judge=_dropout,
        needs_run=True,
    ),
    mistake(
        id="mistake-003-batch-mates",
        source="003",
        title="Code: is_training=True at inference",
        text="is_training=True at inference gives an image its prediction.",
        networks=(Network("a small net with BN", networks.NORMALISED),),
        judge=_batch_mates,
        needs_run=True,
    ),
    *TABLES,
    mistake(
        id="mistake-004-residual",
        source="004",
        title="Code: a residual never added",
        text="The first block of Xception's entry flow is a residual block.",
        networks=(
            Network("as written", _PRINTED),
            Network("with the residual added", _PRINTED, edit=with_first_residual),
        ),
        judge=_residual,
        needs_run=True,
    ),
)
