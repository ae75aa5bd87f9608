"""Classes as lines of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from explorer.graph.ops import Shape
from explorer.graph.source.classes import Class, Classes
from explorer.graph.source.forward import Forward
from explorer.graph.source.layout import Call, lines


def class_lines(classes: Classes, entry: Class, shapes: Mapping[str, Shape]) -> Iterator[str]:
    """The source of one class.

    Args:
        classes: all classes of the network.
        entry: the one to write.
        shapes: output shapes by node name.
    """
    block = entry.block
    is_chain = block.is_chain and bool(block.prefix)
    yield f"class {entry.name}({'nn.Sequential' if is_chain else 'nn.Module'}):"
    yield f'    """{_about(entry)}"""'
    yield ""
    yield from lines(Call("def __init__", [("", "self"), *_declared(entry)]), after=" -> None:", indent=4)
    if is_chain:
        call = Call("OrderedDict", classes.chained(entry, block))
        yield from lines(Call("super().__init__", [("", call)]), indent=8)
        return
    yield "        super().__init__()"
    yield from _attributes(classes, entry)
    yield ""
    forward = Forward(block, _comments(entry, shapes))
    arguments = [("", "self"), *(("", f"{name}: Tensor") for name in forward.arguments)]
    result = "Tensor" if len(block.outputs) == 1 else "tuple[Tensor, ...]"
    yield from lines(Call("def forward", arguments), after=f" -> {result}:", indent=4)
    yield from forward.lines()


def _about(entry: Class) -> str:
    block = entry.block
    sizes = " to ".join(
        " and ".join(str(block.shapes[name]) for name in dict.fromkeys(names))
        for names in (block.inputs, block.outputs)
    )
    prefix = ".".join(block.prefix)
    several = f"Used {len(entry.uses)} times; the first is {prefix}, " if len(entry.uses) > 1 else ""
    about = f"{several}{sizes}."
    return about if len(about) < 100 else f"{several.partition(';')[0] or 'Used once'}."


def _declared(entry: Class) -> Iterator[tuple[str, str]]:
    for parameter in entry.signature:
        default = parameter.slot.default
        yield "", f"{parameter.name}: {parameter.annotation}" + ("" if default is None else f" = {default!r}")


def _attributes(classes: Classes, entry: Class) -> Iterator[str]:
    for container in entry.block.containers:
        yield f"        self.{'.'.join(container)} = nn.Module()"
    idle = entry.block.idle
    for module in entry.block.modules:
        if idle and module is idle[0]:
            yield "        # Nothing reads what these make, so they are never called."
        yield from lines(classes.module(entry, module), before=f"self.{'.'.join(module.path)} = ", indent=8)


def _comments(entry: Class, shapes: Mapping[str, Shape]) -> Callable[[Sequence[str]], str]:
    """Shapes, where they are the same in every use: in a class that is used once."""
    if len(entry.uses) > 1:
        return lambda names: ""
    return lambda names: ", ".join(str(shapes[name]) for name in names)
