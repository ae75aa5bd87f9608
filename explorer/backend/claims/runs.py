"""Short runs on the digits for the claims: any graph, plain settings, the same order of images for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import torch
from torch import Tensor, nn

from explorer.backend.data import Dataset, Split, load
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.fit import SGDSettings, fit
from explorer.backend.train.initialise import initialise
from explorer.backend.train.memory_order import channels_last
from explorer.graph.graph import Graph


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


def settings(lr: float, epochs: int = 2, seed: int = 0) -> SGDSettings:
    """How every run of a claim is trained: SGD with momentum on one cycle, in batches of 32."""
    return SGDSettings(lr, epochs, batch=32, seed=seed, momentum=0.9, schedule="one_cycle")


def train(
    module: GraphModule, run: SGDSettings, prepare: Callable[[nn.Module], object] = nn.Module.train
) -> GraphModule:
    """Trains a network in place on the digits. torch's global random state is seeded.

    Args:
        module: with one score a class.
        run: the settings; their seed is that of dropout, too.
        prepare: puts the module into the mode that it trains in.
    """
    torch.manual_seed(run.seed)
    prepare(module)
    for _ in fit(module, lambda chosen: inputs(module, digits().train, chosen), digits().train.labels, run):
        pass
    return module


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
