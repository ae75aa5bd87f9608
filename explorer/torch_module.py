"""Graph to `torch.nn.Module`, from each op's record. Runs in a worker or on the command line only."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, cast

import torch
from torch import Tensor, nn

from explorer.analysis import trace
from explorer.graph import Graph
from explorer.ops import Function, Input, Layer, Record


class GraphModule(nn.Module):
    """A graph as a module. Layers sit under the dotted names of their nodes, so that
    `inception_3a.branch5x5.conv.weight` is what it says.

    Args:
        graph: any valid graph; it is traced before the first tensor is allocated.

    Raises:
        ExplorerError: the graph is not valid.
    """

    def __init__(self, graph: Graph) -> None:
        rows = trace(graph).rows
        super().__init__()
        self.graph = graph
        self._steps: list[tuple[str, Callable[..., Tensor], tuple[str, ...]]] = []
        for row in rows:
            if isinstance(row.op, Input):
                self._steps.append((row.name, lambda x: x, ()))
                continue
            record = row.op.record(*row.in_shapes)
            compute = make(record)
            if isinstance(compute, nn.Module):
                self._attach(row.name, compute)
            self._steps.append((row.name, compute, row.inputs))

    def _attach(self, path: str, module: nn.Module) -> None:
        parent: nn.Module = self
        *above, name = path.split(".")
        for part in above:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = cast(nn.Module, getattr(parent, part))
        parent.add_module(name, module)

    def run(self, image: Tensor) -> dict[str, Tensor]:
        """The output of every node, under its name. `image` is (batch, channels, height, width)."""
        values: dict[str, Tensor] = {}
        for name, compute, inputs in self._steps:
            values[name] = compute(*(values[source] for source in inputs)) if inputs else compute(image)
        return values

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The graph's output for a batch of images; a tuple where it has several."""
        values = self.run(image)
        outputs = tuple(values[name] for name in self.graph.outputs)
        return outputs[0] if len(outputs) == 1 else outputs


def make(record: Record) -> Callable[..., Tensor]:
    """A module for layers, a plain function for a join."""
    if isinstance(record, Function):
        return _function(record)
    layers = [_layer(layer) for layer in record]
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def _layer(layer: Layer) -> nn.Module:
    return cast(nn.Module, getattr(nn, layer.kind)(*layer.args, **dict(layer.kwargs)))


def _function(record: Function) -> Callable[..., Tensor]:
    function: Callable[..., Any] = getattr(torch, record.name)
    kwargs = dict(record.kwargs)
    if record.variadic:
        return lambda *inputs: cast(Tensor, function(inputs, **kwargs))
    return lambda *inputs: reduce(lambda a, b: cast(Tensor, function(a, b, **kwargs)), inputs)
