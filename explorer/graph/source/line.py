"""One node as a line of PyTorch, from the record that the module is built from."""

from __future__ import annotations

from explorer.graph.ops import Function, Input, Layer
from explorer.graph.trace import NodeTrace


def line(row: NodeTrace) -> str:
    """What computes this node: `nn.Conv2d(96, 128, kernel_size=3, padding=1)`, or `torch.cat([a, b], dim=1)`
    with the names of the nodes that feed it. Empty for the image.
    """
    if isinstance(row.op, Input):
        return ""
    record = row.op.record(*row.in_shapes)
    if isinstance(record, Function):
        return _call(record, row.inputs)
    return ", ".join(map(_layer, record))


def _layer(layer: Layer) -> str:
    words = [*map(repr, layer.args), *(f"{name}={value!r}" for name, value in layer.kwargs)]
    return f"nn.{layer.kind}({', '.join(words)})"


def _call(function: Function, names: tuple[str, ...]) -> str:
    kwargs = "".join(f", {name}={value!r}" for name, value in function.kwargs)
    if function.variadic:
        return f"torch.{function.name}([{', '.join(names)}]{kwargs})"
    first, *others = names
    for other in others:
        first = f"torch.{function.name}({first}, {other}{kwargs})"
    return first if others else f"torch.{function.name}({first}{kwargs})"
