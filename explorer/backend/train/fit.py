"""Plain training for what claims and lessons measure: SGD on batches, one after the other, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.train.loop import epoch_order
from explorer.runs.schedule import SCHEDULES


class SGDSettings(NamedTuple):
    """How a network is trained.

    Args:
        lr: the highest learning rate.
        epochs: passes over the training images.
        batch: images a step; the incomplete last batch of an epoch is left out.
        seed: of the order of the images.
        momentum: of SGD.
        schedule: of the rate, in `SCHEDULES`.
    """

    lr: float
    epochs: int = 2
    batch: int = 32
    seed: int = 0
    momentum: float = 0.0
    schedule: str = "constant"


def fit(
    module: nn.Module, inputs: Callable[[Tensor], Tensor], labels: Tensor, settings: SGDSettings
) -> Iterator[tuple[int, int]]:
    """Trains a network in place, in the mode in which it is between the steps.

    Args:
        module: with one score a class.
        inputs: what it takes for the images of these indices.
        labels: the classes of all training images.
        settings: how.

    Yields:
        (step, epoch) after each step, both from 1.
    """
    optimizer = torch.optim.SGD(module.parameters(), settings.lr, momentum=settings.momentum)
    an_epoch = len(labels) // settings.batch
    count = settings.epochs * an_epoch
    for step, chosen in enumerate(_batches(len(labels), settings), start=1):
        for group in optimizer.param_groups:
            group["lr"] = settings.lr * SCHEDULES[settings.schedule].rate(step / (count + 1))
        loss = F.cross_entropy(module(inputs(chosen)), labels[chosen])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield step, -(-step // an_epoch)


def _batches(count: int, settings: SGDSettings) -> Iterator[Tensor]:
    """Indices of the training images, step by step."""
    for epoch in range(1, settings.epochs + 1):
        order = epoch_order(count, settings.seed, epoch)
        yield from torch.split(order[: count - count % settings.batch], settings.batch)


@contextmanager
def one_thread() -> Iterator[None]:
    """The same sums each time; and between layers this small, several threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
