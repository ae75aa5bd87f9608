"""The trace held against torch: every shape and count, by three independent counters.

torch itself gives shapes, parameters and statistics; torchinfo gives shapes and parameters once
more; torch's `FlopCounterMode` gives multiply-adds. All of it runs on meta tensors, which have
shapes and no values. Imports torch: runs in a worker or on the command line only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import NamedTuple

import torch
import torchinfo
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph
from explorer.graph.ops import Input, Shape
from explorer.graph.trace import NodeTrace, Totals, trace

Value = int | Shape | None
"""A count or a shape; None where a counter has nothing to say, which is a difference."""

FLOPS_PER_MAC = 2
TOTAL = "total"
TORCH, TORCHINFO, FLOP_COUNTER = "torch", "torchinfo", "FlopCounterMode"


class Check(NamedTuple):
    """One comparison.

    Args:
        name: of the node, or "total".
        what: was compared: `out_shape`, `params`, `statistics` or `macs`.
        ours: the trace's value.
        theirs: the other's value.
        by: who the other is.
    """

    name: str
    what: str
    ours: Value
    theirs: Value
    by: str


class Verification(NamedTuple):
    """All comparisons of one network.

    Args:
        compared: every one, node by node and the totals at the end.
        ours: the trace's totals.
        by_torch: parameters and statistics in the module, activations of its nodes, MACs as
            `FlopCounterMode` counts them, and parameters that get a gradient from further outputs only.
        by_torchinfo: its total of parameters.
    """

    compared: tuple[Check, ...]
    ours: Totals
    by_torch: Totals
    by_torchinfo: int

    @property
    def checks(self) -> int:
        """How many comparisons were made."""
        return len(self.compared)

    @property
    def differences(self) -> tuple[Check, ...]:
        """Those that differ."""
        return tuple(check for check in self.compared if check.ours != check.theirs)


def verify(graph: Graph) -> Verification:
    """Compares every row of the trace and its totals with torch, torchinfo and the FLOP counter.

    Every node but the image is compared in shape, parameters, statistics and MACs with torch, and in
    shape and parameters with torchinfo. A node that a counter does not know counts as a difference.

    Raises:
        ExplorerError: the graph is not valid.
    """
    traced = trace(graph)
    ours = traced.totals
    with torch.device("meta"):
        module = GraphModule(graph).eval()
        image = torch.empty(1, *graph.input_shape)
    seen = _watch(module, image)
    nodes = dict(module.steps())
    checks: list[Check] = []
    for row in traced.rows:
        if isinstance(row.op, Input):
            checks.append(Check(row.name, "out_shape", row.out_shape, seen.shapes.get(row.name), TORCH))
        else:
            checks += _of_row(row, nodes[row.name], seen)
    by_torch = Totals(
        _params(module),
        _statistics(module),
        seen.macs,
        sum(prod(seen.shapes.get(name, ())) for name in nodes),
        _auxiliary_params(module, image),
    )
    checks += [
        Check(TOTAL, what, mine, theirs, FLOP_COUNTER if what == "macs" else TORCH)
        for what, mine, theirs in zip(Totals._fields, ours, by_torch, strict=True)
    ]
    checks.append(Check(TOTAL, "params", ours.params, seen.params_by_torchinfo, TORCHINFO))
    return Verification(tuple(checks), ours, by_torch, seen.params_by_torchinfo)


class _Seen(NamedTuple):
    """What the three counters saw, by node."""

    shapes: Mapping[str, Shape]
    macs: int
    macs_by_module: Mapping[int, int]
    """By the module's id."""
    listed: Mapping[int, torchinfo.layer_info.LayerInfo]
    """torchinfo's entry, by the module's id."""
    params_by_torchinfo: int


def _watch(module: GraphModule, image: Tensor) -> _Seen:
    shapes = {node.name: tuple(image.shape[1:]) for node in module.graph.nodes if isinstance(node.op, Input)}

    def note(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda part, inputs, output: shapes.update({name: tuple(output.shape[1:])})

    hooks = [part.register_forward_hook(note(name)) for name, part in module.steps()]
    # One pass for all three: a network on meta tensors takes as long as the tools that watch it.
    with FlopCounterMode(display=False) as counter:
        summary = torchinfo.summary(module, input_data=image, device="meta", mode="eval", verbose=0)
    for hook in hooks:
        hook.remove()
    flops = {path: sum(operations.values()) for path, operations in counter.get_flop_counts().items()}
    # The counter knows a layer by its place in the whole.
    root = type(module).__name__
    by_module = {
        id(part): flops.get(f"{root}.{path}", 0) // FLOPS_PER_MAC for path, part in module.named_modules() if path
    }
    listed = {layer.layer_id: layer for layer in summary.summary_list}
    return _Seen(shapes, counter.get_total_flops() // FLOPS_PER_MAC, by_module, listed, summary.total_params)


def _of_row(row: NodeTrace, module: nn.Module, seen: _Seen) -> list[Check]:
    listed = seen.listed.get(id(module))
    return [
        Check(row.name, "out_shape", row.out_shape, seen.shapes.get(row.name), TORCH),
        Check(row.name, "params", row.params, _params(module), TORCH),
        Check(row.name, "statistics", row.statistics, _statistics(module), TORCH),
        Check(row.name, "macs", row.macs, seen.macs_by_module.get(id(module)), FLOP_COUNTER),
        Check(row.name, "out_shape", row.out_shape, tuple(listed.output_size[1:]) if listed else None, TORCHINFO),
        Check(row.name, "params", row.params, listed.num_params if listed else None, TORCHINFO),
    ]


def _params(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _auxiliary_params(module: GraphModule, image: Tensor) -> int:
    """Parameters that get a gradient from a further output and none from the first."""
    params = [*module.parameters()]
    if len(module.graph.outputs) == 1 or not params:
        return 0
    # With the image in it, every output has a gradient.
    outputs = module(image.clone().requires_grad_())
    first, others = (
        torch.autograd.grad(sum(values.sum() for values in chosen), params, retain_graph=True, allow_unused=True)
        for chosen in (outputs[:1], outputs[1:])
    )
    return sum(p.numel() for p, a, b in zip(params, first, others, strict=True) if a is None and b is not None)


def _statistics(module: nn.Module) -> int:
    """Running means and variances; the number of batches tracked is no statistic of the data."""
    kept = ("running_mean", "running_var")
    return sum(buffer.numel() for name, buffer in module.named_buffers() if name.endswith(kept))
