"""Blocks as classes: one for each structure that occurs, however often it is used."""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword

from explorer.graph.ops import Function, Layer
from explorer.graph.ops.base import DEFAULTS
from explorer.graph.source.blocks import Block, Leaf, Path
from explorer.graph.source.layout import Call, Expression
from explorer.graph.source.parameters import (
    Fed,
    Key,
    Parameter,
    Slot,
    complete,
    in_order,
    layer_slots,
    parameters,
    positional,
)

TAKEN = frozenset({"self", "torch", "nn", "chain", "OrderedDict", "Tensor", *dir(builtins)})
"""Names that the source itself uses, or that Python does."""
_NUMBER = re.compile(r"_?\d+[a-z]?$")
_ENOUGH = 6
"""Modules that a class for numbered chains must stand for to be worth its lines."""


@dataclass(eq=False)
class Class:
    """A class to be written: its name, the blocks that are its instances, what differs among them."""

    name: str
    uses: list[Block] = field(default_factory=list)
    parameters: dict[Key, Parameter] = field(default_factory=dict)
    arguments: dict[tuple[Path, int], dict[str, Slot]] = field(default_factory=dict)
    """For each layer, every argument that some use gives, as the first use has it."""

    @property
    def block(self) -> Block:
        """The first use, which stands for the structure of all."""
        return self.uses[0]

    @property
    def signature(self) -> list[Parameter]:
        """The constructor's parameters, in order."""
        return in_order(self.parameters.values())


class Classes:
    """All classes of a network, each after those that it uses.

    Args:
        root: the whole network.
        name: what its class is called.
    """

    def __init__(self, root: Block, name: str) -> None:
        self._signatures: dict[int, int] = {}
        self._numbers: dict[Hashable, int] = {}
        self._of: dict[Hashable, Class] = {}
        self._root = root
        # Chains that are numbered alike under one parent, such as block_1 and block_2.
        alike = Counter(
            (self._signature(block), block.prefix[:-1], _stem(block), len(block.units))
            for block in _walk(root)
            if block.is_chain
        )
        self._repeated = {key[0] for key, times in alike.items() if times > 1 and times * key[3] >= _ENOUGH}
        names = {name, *TAKEN}
        for block in _walk(root):
            if self._is_class(block):
                self._add(block, name if block is root else "", names)
        for entry in self._of.values():
            self._resolve(entry)

    def __iter__(self) -> Iterator[Class]:
        return iter(self._of.values())

    def _is_class(self, block: Block) -> bool:
        return block is self._root or not block.is_chain or self._signature(block) in self._repeated

    def _add(self, block: Block, name: str, names: set[str]) -> None:
        # The root may look like a block inside it, yet it is a class of its own.
        key = (self._signature(block), block is self._root)
        if key not in self._of:
            self._of[key] = Class(name or _class_name(block, names))
        self._of[key].uses.append(block)

    def class_of(self, block: Block) -> Class | None:
        """The class of a block; None for a chain that is written out where it stands."""
        return self._of.get((self._signature(block), block is self._root))

    def _resolve(self, entry: Class) -> None:
        columns = complete([self._slots(use) for use in entry.uses])
        for (path, number, name), slots in columns.items():
            entry.arguments.setdefault((path, number), {})[name] = slots[0]
        entry.parameters = parameters(columns, _fed(entry.uses), TAKEN)

    def _slots(self, block: Block) -> dict[Key, Slot]:
        slots: dict[Key, Slot] = {}
        for module in block.modules:
            if isinstance(module, Leaf):
                slots |= layer_slots(module.path, module.layers)
            elif entry := self.class_of(module):
                use = entry.uses.index(module)
                for parameter in entry.signature:
                    slots[module.path, 0, parameter.name] = parameter.slot._replace(value=parameter.values[use])
            else:
                inner = self._slots(module)
                slots |= {((*module.path, *path), number, name): slot for (path, number, name), slot in inner.items()}
        return slots

    def _signature(self, block: Block) -> int:
        """A number for a structure: equal for blocks that one class can stand for."""
        if id(block) not in self._signatures:
            sources: dict[str, Hashable] = {name: index for index, name in enumerate(block.inputs)}
            for number, unit in enumerate(block.units):
                sources |= {name: (number, index) for index, name in enumerate(unit.outputs)}
            structure = (
                tuple((self._unit(unit), tuple(sources[name] for name in unit.inputs)) for unit in block.units),
                tuple(sources[name] for name in block.outputs),
                tuple(self._unit(leaf) for leaf in block.idle),
                block.containers,
            )
            self._signatures[id(block)] = self._numbers.setdefault(structure, len(self._numbers))
        return self._signatures[id(block)]

    def _unit(self, unit: Leaf | Block) -> Hashable:
        if isinstance(unit, Block):
            return unit.path, self._signature(unit)
        if isinstance(unit.record, Function):
            return unit.record
        return unit.path, tuple(_form(layer) for layer in unit.layers)

    def module(self, entry: Class, unit: Leaf | Block, above: Path = ()) -> Expression:
        """What a unit of a class is made by, in the words of that class's constructor."""
        path = (*above, *unit.path)
        if isinstance(unit, Leaf):
            layers = [_call(entry, (path, number), layer) for number, layer in enumerate(unit.layers)]
            return layers[0] if len(layers) == 1 else Call("nn.Sequential", [("", layer) for layer in layers])
        if used := self.class_of(unit):
            return Call(used.name, [*_arguments(entry, (path, 0), used.signature)])
        return Call("chain", self.chained(entry, unit, path))

    def chained(self, entry: Class, block: Block, above: Path = ()) -> Sequence[tuple[str, Expression]]:
        """The modules of a chain, each with its name."""
        return [(unit.path[0], self.module(entry, unit, above)) for unit in block.units]


def _walk(block: Block) -> Iterator[Block]:
    for module in block.modules:
        if isinstance(module, Block):
            yield from _walk(module)
    yield block


def _form(layer: Layer) -> Hashable:
    """What must be equal in two layers of one class: all but the numbers."""
    defaults = DEFAULTS.get(layer.kind, {})
    return layer.kind, len(layer.args), tuple(name for name, _ in layer.kwargs if name not in defaults)


def _fed(uses: Sequence[Block]) -> Fed:
    def channels(blocks: Sequence[Block], name: str) -> tuple[int, ...]:
        return tuple(block.shapes[getattr(block, name)[0]][0] for block in blocks if getattr(block, name))

    groups = {
        module.path[0]: channels([use.modules[index] for use in uses], "outputs")  # type: ignore[misc]
        for index, module in enumerate(uses[0].modules)
        if isinstance(module, Block)
    }
    return Fed(channels(uses, "inputs"), channels(uses, "outputs"), groups)


def _call(entry: Class, at: tuple[Path, int], layer: Layer) -> Call:
    given = entry.arguments.get(at, {})
    order = list(DEFAULTS.get(layer.kind, ()))
    by_place = positional(layer)
    names = sorted(given, key=lambda name: order.index(name) if name in order and name not in by_place else -1)
    return Call(
        f"nn.{layer.kind}",
        [("" if name in by_place else name, _text(entry, at, name)) for name in names],
    )


def _arguments(entry: Class, at: tuple[Path, int], signature: Sequence[Parameter]) -> Iterator[tuple[str, str]]:
    for parameter in signature:
        slot = parameter.slot
        text = _text(entry, at, parameter.name)
        if slot.default is None or text != repr(slot.default):
            yield ("" if slot.is_width and slot.default is None else parameter.name), text


def _text(entry: Class, at: tuple[Path, int], name: str) -> str:
    parameter = entry.parameters.get((*at, name))
    return parameter.name if parameter else repr(entry.arguments[at][name].value)


def _stem(block: Block) -> Path:
    """The last part of a block's prefix without its number; nothing for the whole network."""
    return tuple(_NUMBER.sub("", part) or part for part in block.prefix[-1:])


def _class_name(block: Block, names: set[str]) -> str:
    name = "".join(part[0].upper() + part[1:] for part in _stem(block)[0].split("_") if part)
    # `True` and its like are what capitals can make of a plain name.
    name = f"{name}Module" if iskeyword(name) else name
    unique, number = name, 2
    while unique in names:
        unique, number = f"{name}{number}", number + 1
    names.add(unique)
    return unique
