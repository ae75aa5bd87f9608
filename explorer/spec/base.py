"""What a specification starts from: an architecture of the zoo, or one module cut out of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.common.memory import remembered
from explorer.edits.layers import FIELDS, Change, Value, fields, parse_value, with_changes, with_values
from explorer.graph.graph import Builder, Graph, Node, graph_bytes, module_of
from explorer.graph.ops import Input, Shape
from explorer.zoo import Architecture, BuildConfig, Setting, architecture
from explorer.zoo.heads import classifier


class Base(NamedTuple):
    """An architecture, or one of its modules with an input of its own.

    Args:
        entry: of the zoo.
        module: prefix of the module; empty for the whole network.
        input_shape: the default `(channels, height, width)`.
        classes: the default number of classes; None without a classifier.
        settings: what may be changed beside the values of layers; none in a module.
    """

    entry: Architecture
    module: str
    input_shape: Shape
    classes: int | None
    settings: Mapping[str, Setting]

    @property
    def defaults(self) -> BuildConfig:
        """Everything as it is where nobody chose."""
        return BuildConfig(
            self.input_shape, self.classes, {key: setting.default for key, setting in self.settings.items()}
        )

    def graph(self, input_shape: Shape, classes: int | None, changed: Iterable[tuple[str, int]] = ()) -> Graph:
        """The network with its settings, before any edit of a layer. A setting that is the value of one layer is
        set there, so that all else stays what it was.

        Args:
            input_shape: `(channels, height, width)`.
            classes: number of classes; None for no classifier where the network can be without.
            changed: the settings that differ from their default.
        """
        if self.module:
            return _module_on(self.entry.id, self.module, input_shape, classes)
        values: list[tuple[str, int]] = []
        others: list[tuple[str, int]] = []
        for key, value in changed:
            layer = self.settings[key].layer
            (values if layer else others).append((layer or key, value))
        return with_values(_with_settings(self.entry.id, input_shape, classes, tuple(others)), values)

    def parse(self, key: str, value: object) -> Value:
        """The value of a setting, or of a layer's `NODE.FIELD`.

        Raises:
            ExplorerError: there is no such setting, or it does not take the value.
        """
        if key in self.settings:
            setting = self.settings[key]
            if setting.is_switch:
                return limits.switch(key, value)
            return limits.whole_number(key, value, setting.minimum, setting.maximum)
        parsed = parse_value(key, value)
        if parsed is None:
            allowed = self.settings or [f"NODE.{name}" for name in FIELDS]
            raise unknown_name(
                f"setting of {f'{self.entry.id} {self.module}'.strip()} called", key, allowed, most=max(6, len(FIELDS))
            )
        return parsed


@lru_cache(maxsize=512)
def base_of(id: str, module: str = "") -> Base:
    """What a specification of this architecture, or of this module of it, starts from.

    Raises:
        ExplorerError: there is no such architecture, or no such module in it.
    """
    entry = architecture(id)
    if not module:
        return Base(entry, "", entry.input_shape, entry.classes, entry.settings)
    if module not in modules(id):
        raise unknown_name(f"module of {id} called", module, modules(id), most=20)
    return Base(entry, module, _module(id, module).input_shape, None, {})


@lru_cache(maxsize=64)
def modules(id: str) -> tuple[str, ...]:
    """The modules of an architecture in which branches meet, in its order."""
    graph = _whole(id)
    names = dict.fromkeys(module_of(node.name) for node in graph.nodes if len(node.inputs) > 1)
    return tuple(name for name in names if name not in graph.by_name and _stands_alone(graph, name))


def _stands_alone(graph: Graph, name: str) -> bool:
    try:
        graph.alone(name)
    except ExplorerError:
        return False
    return True


@lru_cache(maxsize=512)
def _module(id: str, module: str) -> Graph:
    return _whole(id).alone(module)


@lru_cache(maxsize=64)
def _whole(id: str) -> Graph:
    entry = architecture(id)
    return _with_settings(id, entry.input_shape, entry.classes, ())


@remembered(graph_bytes)
def _with_settings(id: str, input_shape: Shape, classes: int | None, settings: tuple[tuple[str, int], ...]) -> Graph:
    """An architecture with some settings changed."""
    defaults = base_of(id).defaults
    return architecture(id).build(BuildConfig(input_shape, classes, {**defaults.settings, **dict(settings)}))


@remembered(graph_bytes)
def _module_on(id: str, module: str, input_shape: Shape, classes: int | None) -> Graph:
    """A module on an input, with a classifier behind it where there are classes."""
    alone = _module(id, module)
    (old, *nodes) = alone.nodes
    builder = Builder.on(Graph((Node(old.name, Input(input_shape)), *nodes), alone.outputs))
    classifier(builder, classes)
    return builder.graph()


@lru_cache(maxsize=64)
def aliases(id: str) -> Mapping[str, str]:
    """For every layer whose value is one setting of its architecture and nothing else, that setting: the two are
    one, and the setting's name stands for it.
    """
    return {setting.layer: key for key, setting in architecture(id).settings.items() if setting.layer}


def value_before(
    base: Base, classes: int | None, layers: Sequence[Change], settings: Mapping[str, Value], key: str
) -> Value | None:
    """The value of a layer's `NODE.FIELD` with these classes, changes of layers and settings and no other edit; None
    where there is no such layer, or it has no such value.
    """
    changed = tuple([(key, value) for key, value in settings.items() if isinstance(value, int)])
    name, _, field = key.rpartition(".")
    node = _before(base.entry.id, base.module, classes, tuple(layers), changed).node(name)
    return None if node is None else fields(node.op).get(field)


# An edit asks for each of its values, and so does every switch that it could be turned by.
@lru_cache(maxsize=64)
def _before(
    id: str, module: str, classes: int | None, layers: tuple[Change, ...], changed: tuple[tuple[str, int], ...]
) -> Graph:
    base = base_of(id, module)
    graph = base.graph(base.input_shape, classes, changed)
    with suppress(ExplorerError):  # what is wrong with the changes is said where the network is built
        graph = with_changes(graph, layers)
    return graph
