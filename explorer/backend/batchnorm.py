"""Batch norm by torch: what autograd says of a batch, and the MNIST experiment of Ioffe and Szegedy 2015."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.data import load
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.fit import SGDSettings, fit, one_thread
from explorer.backend.train.initialise import mixed
from explorer.lessons.batchnorm.record import Autograd, Curve, Mnist
from explorer.lessons.batchnorm.transform import Backward, Values
from explorer.spec.build import build
from explorer.spec.spec import Spec

_BATCH = 60
_DEVIATION = 0.1
"""Of the first weights; the paper says "small random Gaussian values"."""
_POINTS = 60
_SHARES = (0.15, 0.5, 0.85)
_WATCHED = "fc3.sigmoid"


def autograd(x: Values, gamma: float, beta: float, epsilon: float, upstream: Values) -> Autograd:
    """Outputs and gradients of one channel.

    By the values, scale and shift the gradient is that of `F.batch_norm`; what happens within has no names
    there, and is asked of the same transform written out.

    Args:
        x: at least two values.
        gamma: scale.
        beta: shift.
        epsilon: added to the variance.
        upstream: the gradient by each output.
    """
    column = torch.tensor(x, dtype=torch.float64)[:, None].requires_grad_()
    scale, shift = (torch.tensor([number], dtype=torch.float64, requires_grad=True) for number in (gamma, beta))
    by_y = torch.tensor(upstream, dtype=torch.float64)[:, None]
    y = F.batch_norm(column, None, None, scale, shift, training=True, eps=epsilon)
    by_x, by_gamma, by_beta = torch.autograd.grad(y, (column, scale, shift), by_y)
    mean = column.mean()
    variance = ((column - mean) ** 2).mean()
    normalised = (column - mean) / (variance + epsilon).sqrt()
    inside = torch.autograd.grad(scale * normalised + shift, (normalised, variance, mean), by_y)
    by_normalised, by_variance, by_mean = inside
    gradient = Backward(
        y=upstream,
        normalised=_values(by_normalised),
        variance=float(by_variance),
        mean=float(by_mean),
        x=_values(by_x),
        gamma=float(by_gamma),
        beta=float(by_beta),
    )
    return Autograd(str(torch.__version__), _values(y), gradient)


def _values(column: Tensor) -> Values:
    return tuple(column.detach().flatten().tolist())


class _Data(NamedTuple):
    """Images (count, 1, 28, 28) as the networks take them, and labels."""

    images: Tensor
    labels: Tensor
    held_out: Tensor
    answers: Tensor


def mnist(epochs: int, seed: int, rate: float, progress: Callable[[str], None] = lambda words: None) -> Mnist:
    """Section 4.1: three layers of 100 sigmoids, batches of 60, with and without batch norm.

    Both networks start from the same weights and see the same batches at the same rate, on one thread.

    Args:
        epochs: passes over the training images.
        seed: of the weights and of the order of the images.
        rate: of SGD, without momentum.
        progress: told in a few words how far it is.
    """
    began = time.perf_counter()
    with one_thread():
        data = _data()
        settings = SGDSettings(rate, epochs, _BATCH, seed)
        plain, normalised = (_trained(batch_norm, data, settings, progress) for batch_norm in (0, 1))
    seconds = time.perf_counter() - began
    return Mnist(
        epochs=epochs,
        seed=seed,
        batch=_BATCH,
        rate=rate,
        train=len(data.labels),
        held_out=len(data.answers),
        seconds=seconds,
        plain=plain,
        normalised=normalised,
    )


def _data() -> _Data:
    loaded = load("mnist_5k", torch.device("cpu"))
    train, held_out = ((split.images.float() - loaded.mean) / loaded.std for split in (loaded.train, loaded.held_out))
    return _Data(train, loaded.train.labels, held_out, loaded.held_out.labels)


def _trained(batch_norm: int, data: _Data, settings: SGDSettings, progress: Callable[[str], None]) -> Curve:
    """One of the networks, measured `_POINTS` times on its way."""
    module = _fresh(batch_norm, settings.seed)
    count = settings.epochs * (len(data.labels) // settings.batch)
    due = {round((point + 1) * count / _POINTS) for point in range(_POINTS)}
    measured: list[tuple[int, float, Tensor]] = []
    for step, epoch in fit(module, lambda chosen: data.images[chosen], data.labels, settings):
        if step in due:
            measured.append((step, *_measure(module, data)))
            progress(f"{'with' if batch_norm else 'without'} batch norm, epoch {epoch} of {settings.epochs}")
    return _curve(measured)


def _fresh(batch_norm: int, seed: int) -> GraphModule:
    """The network with Gaussian weights that follow from the seed and the layer's name, and no biases."""
    module = GraphModule(build(Spec.make("mnist_mlp", settings={"batch_norm": batch_norm})))
    for name, layer in module.steps():
        if isinstance(layer, nn.Linear):
            generator = torch.Generator().manual_seed(mixed(seed, crc32(name.encode())))
            nn.init.normal_(layer.weight, std=_DEVIATION, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


@torch.no_grad()
def _measure(module: GraphModule, data: _Data) -> tuple[float, Tensor]:
    """Accuracy on the held-out images, and the percentiles (3, units) of what enters the last sigmoids."""
    module.eval()
    values = module.run(data.held_out)
    module.train()
    (before,) = module.graph.by_name[_WATCHED].inputs
    right = values[module.graph.outputs[0]].argmax(1) == data.answers
    return float(right.double().mean()), values[before].quantile(torch.tensor(_SHARES), dim=0)


def _curve(measured: list[tuple[int, float, Tensor]]) -> Curve:
    steps, accuracy, percentiles = zip(*measured, strict=True)
    moved = torch.stack(percentiles)  # (points, 3, units)
    medians = moved[:, 1]
    wander = medians.max(0).values - medians.min(0).values
    unit = int(wander.argsort(stable=True)[len(wander) // 2])
    low, middle, high = moved[:, :, unit].T.tolist()
    return Curve(steps, accuracy, unit, tuple(zip(low, middle, high, strict=True)))
