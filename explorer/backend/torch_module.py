"""Graph to `torch.nn.Module`, from each op's record. Runs in a worker or on the command line only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, cast

import torch
from torch import Tensor, nn

from explorer.graph.attribute_paths import module_paths
from explorer.graph.graph import Graph
from explorer.graph.ops import Function, Input, Layer, Record
from explorer.graph.trace import trace


class GraphModule(nn.Module):
    """A graph as a module. Layers sit under the dotted names of their nodes, so that
    `inception_3a.branch5x5.conv.weight` is what it says.

    Args:
        graph: any valid graph; it is traced before the first tensor is allocated.

    Raises:
        ExplorerError: the graph is not valid, or a name cannot be an attribute.
    """

    def __init__(self, graph: Graph) -> None:
        rows = [row for row in trace(graph).rows if not isinstance(row.op, Input)]
        paths = module_paths(row.name for row in rows)
        super().__init__()
        self.graph = graph
        self._steps = [(row.name, make(row.op.record(*row.in_shapes)), row.inputs) for row in rows]
        for name, module, _ in self._steps:
            self._attach(paths[name], module)

    def _attach(self, path: Sequence[str], module: nn.Module) -> None:
        parent: nn.Module = self
        *above, name = path
        for part in above:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = cast(nn.Module, getattr(parent, part))
        parent.add_module(name, module)

    def steps(self) -> list[tuple[str, nn.Module]]:
        """Each node but the image with its module, in graph order."""
        return [(name, module) for name, module, _ in self._steps]

    def run(self, image: Tensor) -> dict[str, Tensor]:
        """The output of every node, under its name. `image` is (batch, channels, height, width)."""
        values = {node.name: image for node in self.graph.nodes if isinstance(node.op, Input)}
        for name, module, inputs in self._steps:
            values[name] = module(*(values[source] for source in inputs))
        return values

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The graph's output for a batch of images; a tuple where it has several."""
        values = self.run(image)
        outputs = tuple(values[name] for name in self.graph.outputs)
        return outputs[0] if len(outputs) == 1 else outputs


class Join(nn.Module):
    """A function as a module without state, so that tools which watch modules see joins too."""

    def __init__(self, record: Function) -> None:
        super().__init__()
        self.record = record

    def forward(self, *inputs: Tensor) -> Tensor:
        """The function of all inputs: of their list, of the only one, or pair by pair from the left."""
        function: Callable[..., Any] = getattr(torch, self.record.name)
        kwargs = dict(self.record.kwargs)
        if self.record.variadic:
            return cast(Tensor, function(inputs, **kwargs))
        if len(inputs) == 1:
            return cast(Tensor, function(inputs[0], **kwargs))
        return reduce(lambda a, b: cast(Tensor, function(a, b, **kwargs)), inputs)

    def extra_repr(self) -> str:
        """The function's name, as it shows in a printed module."""
        return self.record.name


def make(record: Record) -> nn.Module:
    """The module that a record describes."""
    if isinstance(record, Function):
        return Join(record)
    layers = [_layer(layer) for layer in record]
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def _layer(layer: Layer) -> nn.Module:
    return cast(nn.Module, getattr(nn, layer.kind)(*layer.args, **dict(layer.kwargs)))
