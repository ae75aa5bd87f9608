"""Networks as others publish them, to hold ours against. Only tests know of them."""

from __future__ import annotations

import os
from math import prod, sqrt
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def keras() -> ModuleType:
    """Keras on torch."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    return keras


def keras_counts(model: Any) -> tuple[int, int]:
    """What a Keras model trains, and what it keeps beside."""
    trainable, rest = (
        sum(prod(weight.shape) for weight in weights)
        for weights in (model.trainable_weights, model.non_trainable_weights)
    )
    return trainable, rest


def statistics(module: nn.Module) -> int:
    """Running means and variances."""
    return sum(
        values.numel() for name, values in module.named_buffers() if name.endswith(("running_mean", "running_var"))
    )


def macs(module: nn.Module, *shape: int) -> int:
    """Multiply-adds for one image, counted by torch on a batch of two, as BN needs while it trains."""
    with FlopCounterMode(display=False) as counter:
        module(torch.empty(2, *shape, device="meta"))
    flops_per_mac, images = 2, 2
    return int(counter.get_total_flops()) // flops_per_mac // images


def drawn(theirs: nn.Module) -> nn.Module:
    """A module from the meta device with random weights, in eval mode.

    Its batch norms normalise, as they would after training, and no layer drowns what it is fed.
    """
    theirs = theirs.double().to_empty(device="cpu").eval()
    random = torch.Generator().manual_seed(0)
    for part in theirs.modules():
        if isinstance(part, BATCH_NORMS):
            for name, values in part.state_dict().items():
                draw_norm(name, values, random)
        else:
            for values in part.parameters(recurse=False):
                draw_weight(values.data, values[0].numel(), random)
    return theirs


def draw_weight(values: Tensor, fed_by: int, random: torch.Generator) -> None:
    """Draws the kernel of a layer of so many values an output, or its bias.

    Uniformly: of a hundred million values that takes a third as long as a normal distribution.
    """
    most = sqrt(6 / max(1, fed_by))  # a variance of two for each value that an output is made of
    values.uniform_(-most, most, generator=random)


def draw_norm(name: str, values: Tensor, random: torch.Generator) -> None:
    """Draws the scale, variance, shift or mean of a batch norm; a count of batches becomes 0."""
    if name in ("weight", "running_var", "gamma", "moving_variance"):
        values.uniform_(0.5, 1.5, generator=random)
    elif name in ("bias", "running_mean", "beta", "moving_mean"):
        # A large shift that all inputs share would drown what tells them apart.
        values.uniform_(-0.2, 0.2, generator=random)
    else:
        values.zero_()


def keras_drawn(model: Any) -> Any:
    """The same for a Keras model, whose kernels have the output channels last."""
    random = torch.Generator().manual_seed(0)
    for layer in model.layers:
        norm = isinstance(layer, keras().layers.BatchNormalization)
        for weight in layer.weights:
            values = weight.value.data
            # A depthwise kernel has one output a channel, and is fed by that channel alone.
            fed_by = values[..., 0, 0].numel() if weight.name == "depthwise_kernel" else values[..., 0].numel()
            if norm:
                draw_norm(weight.name, values, random)
            else:
                draw_weight(values, fed_by, random)
    return model


def with_weights_of(theirs: nn.Module, graph: Graph) -> GraphModule:
    """Our module with another's weights: shared, in the order in which both define their layers."""
    with torch.device("meta"):
        ours = GraphModule(graph)
    places = [f"{name}.{key}" for name, layer in _named_layers(ours) for key in layer.state_dict()]
    weights = {place: values for place, values in zip(places, theirs.state_dict().values(), strict=True)}
    ours.load_state_dict(weights, assign=True)
    return ours.eval()


def _named_layers(ours: GraphModule) -> list[tuple[str, nn.Module]]:
    paths = {module: path for path, module in ours.named_modules()}
    return [(paths[module], module) for _, module in ours.steps()]


def assert_equal_outputs(ours: Tensor, theirs: Tensor, rounding: float = 1e-9) -> None:
    """Equal up to rounding, in double precision unless said, for a batch of two images that matter."""
    first, second = theirs
    assert (first - second).abs().max() > 1e-3 * theirs.abs().max()
    torch.testing.assert_close(ours, theirs, rtol=rounding, atol=rounding * float(theirs.abs().max()))
