"""What a finished run makes of the held-out images, measured in its worker."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from explorer.backend.train.learner import Learner
from explorer.common.png import Png, png
from explorer.runs.evaluation import MOST_WRONG, Evaluation, Misclassified


def make(learner: Learner, folder: Path) -> None:
    """Writes the report of a run that has come to its end.

    Args:
        learner: the run's, with its weights at the end.
        folder: of the run.

    Raises:
        OSError: the disk does not take it.
    """
    held_out = learner.data.held_out
    # Each class has images to learn from. The file that names them may have been removed since the start.
    classes = int(learner.data.train.labels.max()) + 1
    outcome(learner.scores(held_out), held_out.labels.cpu(), held_out.images, classes).write(folder)


def outcome(scores: Tensor, labels: Tensor, images: Tensor, classes: int) -> Evaluation:
    """What the answers were.

    Args:
        scores: of the classes (count, outputs), with at least as many outputs as classes.
        labels: the right classes (count,).
        images: uint8 (count, channels, height, width).
        classes: of the data set.
    """
    scores = scores.double()
    answers = scores.argmax(1)
    losses = F.cross_entropy(scores, labels, reduction="none")
    wrong = (answers != labels).nonzero()[:, 0]
    brightest = int(images.max())
    order = losses[wrong].argsort(descending=True, stable=True)[:MOST_WRONG]
    found = [
        Misclassified(
            number=index,
            label=int(labels[index]),
            predicted=int(answers[index]),
            probability=float(scores[index].softmax(0)[answers[index]]),
            loss=float(losses[index]),
            image=picture(images[index], brightest),
        )
        for index in wrong[order].tolist()
    ]
    return Evaluation(_confusion(answers, labels, classes), tuple(found))


def picture(image: Tensor, brightest: int) -> Png:
    """An image, uint8 (channels, height, width) with one channel or three, as a picture.

    Args:
        image: the image.
        brightest: value in its data set, which is shown as white; the digits end at 16.
    """
    channels, height, width = image.shape
    image = (image.float() * (255 / max(brightest, 1))).round().to(torch.uint8)
    return png(image.permute(1, 2, 0).contiguous().cpu().numpy().tobytes(), height, width, channels)


def _confusion(answers: Tensor, labels: Tensor, classes: int) -> tuple[tuple[int, ...], ...]:
    columns = classes + int(bool((answers >= classes).any()))
    cells = labels * columns + answers.clamp(max=classes)
    counts = torch.bincount(cells, minlength=classes * columns).reshape(classes, columns)
    return tuple(map(tuple, counts.tolist()))
