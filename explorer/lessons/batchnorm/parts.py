"""What the batch-norm page is made of: its parts, and each one's sentences with their numbers."""

from __future__ import annotations

from math import fsum
from typing import NamedTuple

from explorer.lessons.batchnorm.numbers import difference, written
from explorer.lessons.batchnorm.running import Answers, Step, estimate, remaining, true
from explorer.lessons.batchnorm.scaling import Comparison
from explorer.lessons.batchnorm.transform import EPSILON, Backward, Forward, average, dot

_CLOSE = 0.01
"""Of an output: what batch norm's epsilon may move before it shows."""


class Part(NamedTuple):
    """One part of the page.

    Args:
        title: a few words.
        question: what it answers.
        source: where it is from.
    """

    title: str
    question: str
    source: str


PARTS = {
    "transform": Part(
        "Transform", "What does batch norm do to one channel of a batch?", "Ioffe and Szegedy 2015, algorithm 1"
    ),
    "inference": Part(
        "Inference",
        "Which mean and variance, once there is no batch any more?",
        "Ioffe and Szegedy 2015, section 3.1; sources 000 and 003",
    ),
    "gradient": Part("Gradient", "How does a gradient pass through it?", "Ioffe and Szegedy 2015, section 3"),
    "scale": Part(
        "Scale and bias",
        "Why do neither the scale of the weights nor the bias matter in front of it?",
        "Ioffe and Szegedy 2015, sections 3.2 and 3.3; source 003",
    ),
    "mnist": Part(
        "MNIST", "What does it do to a network that trains?", "Ioffe and Szegedy 2015, section 4.1; source 003"
    ),
}


def transform(of: Forward) -> tuple[str, ...]:
    """What happens to the batch."""
    variance = average([value**2 for value in of.normalised])
    if not of.variance:
        return (f"All values are the same: nothing is left of them but beta, {written(of.beta)}.",)
    return (
        f"The {len(of.x)} values have the mean {written(of.mean)} and the variance {written(of.variance)}. Normalised, "
        f"they have the mean {written(average(of.normalised))} and the variance {written(variance)}.",
        f"Epsilon keeps the division from failing, and takes {difference(1 - variance)} off that variance of 1.",
        "Gamma and beta, which are learnt, choose spread and place anew. With gamma "
        f"{written(of.deviation)} and beta {written(of.mean)} the values would be back where they came "
        "from: nothing that the layer could express is lost.",
    )


def statistics(m: int, momentum: float, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """What batches say of all values, and what is kept of it."""
    whole, small, kept = true(), estimate(m), steps[-1].kept
    return (
        f"All values together have the variance {written(whole.variance)}. Batches of {m} say "
        f"{written(small.biased)} on average: each is close to its own mean. Times m/(m − 1) that is "
        f"{written(small.corrected)}.",
        f"After {len(steps)} batches the running mean and variance are {written(kept.mean)} and "
        f"{written(kept.variance)}, the true ones {written(whole.mean)} and {written(whole.variance)}. Of the start, 0 "
        f"and 1, {100 * remaining(momentum, len(steps)):.2g} % is left.",
    )


def answers(value: float, m: int, outputs: Answers) -> tuple[str, ...]:
    """What becomes of one value, and what goes wrong."""
    least, most = outputs.spread
    return (
        f"At inference {written(value)} always becomes {written(outputs.right)}. Where training is left on, as in "
        f"source 003, it becomes anything from {written(least)} to {written(most)}: its {m - 1} batch "
        f"mate{'s' if m > 2 else ''} decide{'' if m > 2 else 's'} ({len(outputs.among)} batches).",
        "Where batch norm is told not to train while all else does, as in source 000, mean 0 and variance 1 stay: it "
        f"becomes {written(outputs.fresh)}, and nothing is normalised.",
    )


def gradient(of: Forward, by: Backward) -> tuple[str, ...]:
    """What the gradient by the values does not hold."""
    along = dot(by.x, of.normalised)
    return (
        "Every value moves the mean and the variance, and through them every output: so the gradient of one output "
        "reaches all values.",
        f"The gradients by the values sum up to {written(fsum(by.x))}: to raise all values alike changes nothing.",
        f"Times the normalised values they sum up to {difference(along)}: nor does it change anything to spread them, "
        "but for epsilon.",
        f"The gradients that came in sum up to {written(fsum(by.y))} and {written(dot(by.y, of.normalised))}, and "
        "those are the gradients by beta and gamma: what is taken from the values goes there.",
    )


def scale(now: Comparison) -> tuple[str, ...]:
    """What the scale of the weights and the bias do."""
    mirrored = "Mirrored, as a is negative, the" if now.sign < 0 else "The"
    farthest, variance = now.moved_normalised, now.scaled.normalised.variance
    kept = f"{mirrored} outputs of batch norm are the same, up to {difference(farthest)}."
    if farthest > _CLOSE:
        kept = (
            f"{mirrored} outputs of batch norm move by up to {written(farthest)}: the variance, "
            f"{difference(variance)}, is no longer large beside epsilon, {written(EPSILON)}."
        )
    return (
        f"The layer's outputs move by up to {written(now.moved)}. {kept}",
        f"The bias {written(now.b)} is taken away again with the mean, and its gradient is "
        f"{written(now.scaled.by_bias)}: it would never learn. Beta does its work.",
        f"The gradient by the weights is {difference(now.ratio)} times as long, and 1/|a| = "
        f"{written(1 / abs(now.a))}: the larger the weights, the smaller their gradient.",
        f"Relative to the weights, a step of the same rate is {difference(now.step_ratio)} times as long: layers whose "
        "weights have grown slow down by themselves.",
    )
