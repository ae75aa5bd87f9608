"""What a specification starts from: an architecture of the zoo, or one module cut out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.edits.layers import FIELDS, Change, Value, fields, parse_value, with_changes
from explorer.graph.graph import Builder, Graph, Node, module_of
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

    def graph(self, choice: BuildConfig) -> Graph:
        """The network with its settings, before any edit of a layer.

        Args:
            choice: its input shape, classes and settings.
        """
        if not self.module:
            return self.entry.build(choice)
        (old, *nodes), outputs = _module(self.entry.id, self.module).nodes, _module(self.entry.id, self.module).outputs
        builder = Builder.on(Graph((Node(old.name, Input(choice.input_shape)), *nodes), outputs))
        classifier(builder, choice.classes)
        return builder.graph()

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
    whole = base_of(id)
    return whole.graph(whole.defaults)


@lru_cache(maxsize=64)
def aliases(id: str) -> Mapping[str, str]:
    """For every layer whose value is one setting of its architecture and nothing else, that setting: the
    two are one, and the setting's name stands for it.
    """
    whole = base_of(id)
    base, setting_of = _values(_whole(id)), {}
    for key, setting in whole.settings.items():
        other = setting.default + 1 if setting.default < setting.maximum else setting.default - 1
        defaults = whole.defaults
        moved = _values(whole.graph(defaults._replace(settings={**defaults.settings, key: other})))
        changed = {name for name in base.keys() | moved.keys() if base.get(name) != moved.get(name)}
        if len(changed) == 1 and moved.get(name := changed.pop()) == other and base.get(name) == setting.default:
            setting_of[name] = key
    return setting_of


def values(
    base: Base, classes: int | None, layers: Sequence[Change], settings: Mapping[str, Value]
) -> Mapping[str, Value]:
    """Every value of every layer, as `NODE.FIELD`, with these classes, changes of layers and settings and no
    other edit.
    """
    defaults = base.defaults
    chosen = {key: value for key, value in settings.items() if isinstance(value, int)}
    graph = base.graph(defaults._replace(classes=classes, settings={**defaults.settings, **chosen}))
    try:
        return _values(with_changes(graph, layers))
    except ExplorerError:
        return _values(graph)  # what is wrong with the changes is said where the network is built


def _values(graph: Graph) -> dict[str, Value]:
    return {f"{node.name}.{field}": value for node in graph.nodes for field, value in fields(node.op).items()}
