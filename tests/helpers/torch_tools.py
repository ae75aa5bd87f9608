"""What the tests against torch share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph
from explorer.graph.source import source


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


def built(text: str, name: str = "Network") -> nn.Module:
    """The network that a source defines, in eval mode."""
    names: dict[str, type[nn.Module]] = {"__name__": "exported"}
    exec(compile(text, "exported.py", "exec"), names)
    return names[name]().eval()


def assert_source_computes_the_same(graph: Graph) -> str:
    """The source has the same weights under the same names, so that they move both ways, and outputs equal to the
    last bit.
    """
    text = source(graph, class_name="Network")
    ours = randomized(graph)
    with torch.device("meta"):
        theirs = built(text)
    # Shared, which says as much as a copy and needs half the memory of the largest networks.
    theirs.load_state_dict(ours.state_dict(), strict=True, assign=True)
    with torch.inference_mode():
        pair = [module(image_for(graph)) for module in (ours, theirs)]
    expected, outputs = ([output] if isinstance(output, Tensor) else [*output] for output in pair)
    assert len(outputs) == len(graph.outputs)
    assert all(torch.equal(mine, copy) for mine, copy in zip(expected, outputs, strict=True))
    return text


def count(module: nn.Module) -> int:
    """Trainable values."""
    return sum(parameter.numel() for parameter in module.parameters())
