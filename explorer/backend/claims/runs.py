"""Short runs on the digits for the claims: any graph, plain settings, the same order of images for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.data import Dataset, Split, load
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.initialise import initialise
from explorer.backend.train.loop import epoch_order
from explorer.backend.train.memory_order import channels_last
from explorer.graph.graph import Graph
from explorer.runs.schedule import one_cycle


class SGDSettings(NamedTuple):
    """How a network is trained.

    Args:
        lr: the highest learning rate of SGD with momentum 0.9, on the one-cycle schedule.
        epochs: passes over the 1,438 training images.
        batch: images a step.
        seed: of the weights and of the order of the images.
    """

    lr: float
    epochs: int = 2
    batch: int = 32
    seed: int = 0


@lru_cache(maxsize=1)
def digits() -> Dataset:
    """The digits, on the CPU."""
    return load("digits", torch.device("cpu"))


def fresh(graph: Graph, seed: int) -> GraphModule:
    """The network with weights of this seed."""
    module = GraphModule(graph)
    initialise(module, seed)
    channels_last(module)
    return module


def train(
    module: GraphModule, run: SGDSettings, prepare: Callable[[nn.Module], object] = nn.Module.train
) -> GraphModule:
    """Trains a network in place.

    Args:
        module: with one score a class.
        run: the settings.
        prepare: puts the module into the mode that it trains in.
    """
    torch.manual_seed(run.seed)
    optimiser = torch.optim.SGD(module.parameters(), run.lr, momentum=0.9)
    order = [*_order(run)]
    prepare(module)
    for step, chosen in enumerate(order, start=1):
        for group in optimiser.param_groups:
            group["lr"] = run.lr * one_cycle(step / (len(order) + 1))
        images, labels = inputs(module, digits().train, chosen), digits().train.labels[chosen]
        loss = F.cross_entropy(module(images), labels)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return module


def _order(run: SGDSettings) -> Iterator[Tensor]:
    """Indices of the training images, step by step; the incomplete last batch of an epoch is left out."""
    count = len(digits().train.labels)
    for epoch in range(1, run.epochs + 1):
        yield from torch.split(epoch_order(count, run.seed, epoch)[: count - count % run.batch], run.batch)


def inputs(module: GraphModule, split: Split, chosen: Tensor) -> Tensor:
    """The chosen images as the network takes them."""
    return digits().inputs(split.images[chosen], module.graph.input_shape)


@torch.no_grad()
def accuracy(module: GraphModule, prepare: Callable[[nn.Module], object] = nn.Module.eval) -> float:
    """The share of test images that the network gets right, in the mode that `prepare` puts it into."""
    prepare(module)
    labels = digits().held_out.labels
    right = [module(inputs(module, digits().held_out, part)).argmax(1) == labels[part] for part in test_batches()]
    return float(torch.cat(right).float().mean())


def test_batches(batch: int = 32) -> Iterator[Tensor]:
    """Indices of the test images, batch by batch."""
    yield from torch.split(torch.arange(len(digits().held_out.labels)), batch)
