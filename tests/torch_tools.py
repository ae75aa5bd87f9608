"""What the tests against torch share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.graph import Graph
from explorer.torch_module import GraphModule


def image_for(graph: Graph, **kwargs: object) -> Tensor:
    """One random image of the network's size."""
    return torch.rand(1, *graph.input_shape, generator=torch.Generator().manual_seed(0), **kwargs)


def randomized(graph: Graph) -> GraphModule:
    """The network in eval mode; its batch norms normalise, as they would after training."""
    torch.manual_seed(0)
    module = GraphModule(graph).eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            for values in (part.weight.data, part.bias.data, part.running_mean, part.running_var):
                values.uniform_(0.5, 1.5)
    return module


def count(module: nn.Module) -> int:
    """Trainable values."""
    return sum(parameter.numel() for parameter in module.parameters())
