"""What differs between the uses of one class, and what to call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from explorer.graph.ops import Layer
from explorer.graph.ops.base import DEFAULTS, Argument

POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "Conv2d": ("in_channels", "out_channels"),
    "Linear": ("in_features", "out_features"),
    "BatchNorm1d": ("num_features",),
    "BatchNorm2d": ("num_features",),
    "LocalResponseNorm": ("size",),
    "AdaptiveAvgPool2d": ("output_size",),
    "AdaptiveMaxPool2d": ("output_size",),
    "ZeroPad2d": ("padding",),
}
"""What torch calls the arguments that a record gives by place."""

_WIDTHS = {"in_channels", "out_channels", "in_features", "out_features", "num_features", "groups"}
_MADE = {"out_channels", "out_features"}

Key = tuple[tuple[str, ...], int, str]
"""Where an argument stands in a class: attributes to its layer, number of the layer there, name."""


class Slot(NamedTuple):
    """One argument in one use of a class.

    Args:
        value: what it is there.
        role: what it means: the name that torch has for it.
        is_width: whether it counts channels or features.
        is_made: whether it is the width that a layer makes, not one that it gets.
        default: the value that may be left out, if there is one.
    """

    value: Argument
    role: str
    is_width: bool
    is_made: bool = False
    default: Argument | None = None


class Parameter(NamedTuple):
    """An argument of a class, with its value in each use."""

    name: str
    values: tuple[Argument, ...]
    slot: Slot
    """What it means; its value is of no matter."""

    @property
    def annotation(self) -> str:
        """Its type, as Python writes it."""
        return " | ".join(sorted({_type(value) for value in self.values}))


def layer_slots(path: tuple[str, ...], layers: Iterable[Layer]) -> dict[Key, Slot]:
    """The arguments of a node's layers; those left out have no slot."""
    slots: dict[Key, Slot] = {}
    for number, layer in enumerate(layers):
        defaults = DEFAULTS.get(layer.kind, {})
        given = (*zip(positional(layer), layer.args, strict=True), *layer.kwargs)
        for role, value in given:
            slots[path, number, role] = Slot(value, role, role in _WIDTHS, role in _MADE, defaults.get(role))
    return slots


def positional(layer: Layer) -> tuple[str, ...]:
    """Names of the arguments that a layer gives by place."""
    known = POSITIONAL.get(layer.kind, ())
    return tuple(known[index] if index < len(known) else f"value_{index}" for index in range(len(layer.args)))


def complete(uses: Sequence[Mapping[Key, Slot]]) -> dict[Key, tuple[Slot, ...]]:
    """Every argument that some use gives, with its slot in each use: where it is left out, the default."""
    given: dict[Key, Slot] = {}
    for slots in uses:
        for key, slot in slots.items():
            given.setdefault(key, slot)
    return {
        key: tuple(slots.get(key, slot._replace(value=slot.default)) for slots in uses)  # type: ignore[arg-type]
        for key, slot in given.items()
    }


class Fed(NamedTuple):
    """Widths that a class has a name for before any of its layers is looked at."""

    enters: tuple[int, ...]
    """Channels of its first input, in each use."""
    leaves: tuple[int, ...]
    """Channels of its first output, in each use."""
    groups: Mapping[str, tuple[int, ...]]
    """Channels that each group in it makes, by the group's attribute."""


def parameters(columns: Mapping[Key, tuple[Slot, ...]], fed: Fed, taken: Iterable[str]) -> dict[Key, Parameter]:
    """A parameter for every argument that differs between uses; arguments that are always equal share one.

    Args:
        columns: the arguments of a class, with their slots in each use.
        fed: widths that have names of their own.
        taken: names that a parameter must not have.
    """
    shared: dict[tuple[object, ...], list[Key]] = {}
    for key, slots in columns.items():
        values = tuple(slot.value for slot in slots)
        if any(value != values[0] for value in values):
            shared.setdefault((slots[0].is_width or slots[0].role, values), []).append(key)
    names = _Names(columns, list(shared.values()), fed, set(taken))
    parameters: dict[Key, Parameter] = {}
    # Named in order of appearance, so that names are the same each time.
    for keys in shared.values():
        parameter = names.parameter(keys)
        parameters.update(dict.fromkeys(keys, parameter))
    return parameters


def in_order(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Each parameter once, as they stand in a constructor: what enters, other widths, then options."""
    unique = {parameter.name: parameter for parameter in parameters}.values()
    return sorted(unique, key=lambda p: (p.slot.default is not None, not p.slot.is_width, p.name not in _ENTERS))


_ENTERS = ("in_channels", "in_features")


class _Names:
    def __init__(
        self, columns: Mapping[Key, tuple[Slot, ...]], groups: list[list[Key]], fed: Fed, taken: set[str]
    ) -> None:
        self._columns, self._fed, self._taken = columns, fed, taken
        heads = [self._columns[keys[0]][0] for keys in groups]
        self._roles = [slot.role for slot in heads]
        self._made = sum(any(columns[key][0].is_made for key in keys) for keys in groups)

    def parameter(self, keys: list[Key]) -> Parameter:
        """The parameter that all these arguments take."""
        slots = [self._columns[key][0] for key in keys]
        values = tuple(slot.value for slot in self._columns[keys[0]])
        name = self._free(self._width(keys, values) if slots[0].is_width else self._option(keys[0], slots[0].role))
        defaults = {slot.default for slot in slots}
        default = defaults.pop() if len(defaults) == 1 else None
        is_made = name not in _ENTERS and any(slot.is_made for slot in slots)
        slot = Slot(values[0], name, slots[0].is_width, is_made, default if default in values else None)
        return Parameter(name, values, slot)

    def _width(self, keys: list[Key], values: tuple[Argument, ...]) -> str:
        if values == self._fed.enters:
            return "in_features" if self._columns[keys[0]][0].role == "in_features" else "in_channels"
        if values == self._fed.leaves:
            return "out_channels"
        made = next((key for key in keys if self._columns[key][0].is_made), None)
        if made is None:
            return "_".join((*keys[0][0], keys[0][2]))
        if self._made == 1:
            return "width"
        path, _, role = made
        if self._fed.groups.get(path[0]) == values:
            return path[0]
        return "_".join(path if role in _MADE else (*path, role))

    def _option(self, key: Key, role: str) -> str:
        return role if self._roles.count(role) == 1 else "_".join((*key[0], role))

    def _free(self, name: str) -> str:
        unique, number = name, 2
        while unique in self._taken:
            unique, number = f"{name}_{number}", number + 1
        self._taken.add(unique)
        return unique


def _type(value: Argument) -> str:
    return f"tuple[{', '.join(_type(part) for part in value)}]" if isinstance(value, tuple) else type(value).__name__
