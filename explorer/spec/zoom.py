"""From a network to one of its modules by itself, and back with what was edited there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from explorer.common.errors import ExplorerError
from explorer.edits.layers import WIDTHS, Change, Value, fields
from explorer.edits.rewrites import REWRITES, AppliedRewrite
from explorer.graph.graph import Graph, under
from explorer.graph.ops import Op
from explorer.spec.base import modules
from explorer.spec.build import build, edited
from explorer.spec.spec import Spec


def alone(network: Spec, module: str) -> Spec:
    """A module of a network by itself, with all that was edited in it, on the input that it reads there.

    Raises:
        ExplorerError: there is no such module, or by itself it would be another one.
    """
    bare = Spec.make(network.architecture, module=module)
    graph, rewritten = edited(network).alone(module), build(network).alone(module)
    layers = [_moved(change, module, "") for change in network.layers if under(module, change.name)]
    start = bare.with_(input=rewritten.input_shape, layers=layers)
    made = start.with_(settings=dict(_differing(graph, edited(start))))
    if edited(made).nodes[1:] != graph.nodes[1:]:
        raise ExplorerError(
            f"{module} of {network.entry.title} has other layers here than by itself: undo its settings first"
        )
    # A rewrite of the module itself has its say over one of everything.
    inside = [AppliedRewrite(r.id, "", r.value) for r in network.rewrites if r.prefix == ""]
    inside += [r._replace(prefix=_stripped(r.prefix, module)) for r in network.rewrites if _is_in(module, r.prefix)]
    made = made.with_(rewrites=inside)
    for rewrite in made.rewrites:
        fewer = made.with_(rewrites=[other for other in made.rewrites if other != rewrite])
        made = fewer if build(fewer) == build(made) else made  # what does nothing in this module stays behind
    if build(made).nodes[1:] != rewritten.nodes[1:]:
        raise ExplorerError(
            f"what the rewrites make of {module} depends on what is around it in {network.entry.title}: "
            "by itself it would be another module"
        )
    return made


def placed(module: Spec, network: Spec, *, everywhere: bool = False) -> Spec:
    """A network with a module as it was edited by itself. Its input stays what the network feeds it.

    Args:
        module: a module by itself.
        network: of the same architecture.
        everywhere: whether all modules of its kind are edited so: rewrites and layers as they are here, changed widths
            in the same ratio to what each has by itself.

    Raises:
        ExplorerError: the network has a rewrite everywhere that the module is without.
    """
    for id, value in ((r.id, r.value) for r in network.rewrites if not r.prefix):
        lacks = all((r.id, r.prefix) != (id, "") for r in module.rewrites)
        if lacks and build(module.with_(rewrites=[*module.rewrites, AppliedRewrite(id, "", value)])) != build(module):
            raise ExplorerError(
                f"{network.entry.title} has '{REWRITES[id].title}' everywhere, and {module.module} is without: "
                "take it back in the network first, or switch it on here"
            )
    for target in kind(module.architecture, module.module) if everywhere else (module.module,):
        network = _into(module, network, target)
    return network


@lru_cache(maxsize=512)
def kind(architecture: str, module: str) -> tuple[str, ...]:
    """The modules of an architecture with the same layers but for their widths, itself among them."""
    mine = _pattern(architecture, module)
    return tuple(name for name in modules(architecture) if _pattern(architecture, name) == mine)


def _pattern(architecture: str, module: str) -> tuple[object, ...]:
    graph = edited(Spec.make(architecture, module=module))
    return tuple((node.name, type(node.op), node.inputs, _unlike_width(node.op)) for node in graph.nodes)


def _unlike_width(op: Op) -> tuple[tuple[str, Value], ...]:
    return tuple((field, value) for field, value in fields(op).items() if field not in WIDTHS)


def _into(module: Spec, network: Spec, target: str) -> Spec:
    settings = {key: value for key, value in network.settings if not under(target, _layer_of(network, key))}
    layers = [change for change in network.layers if not under(target, change.name)]
    layers += [_moved(change, "", target) for change in module.layers]
    rewrites = [rewrite for rewrite in network.rewrites if not _is_in(target, rewrite.prefix)]
    for rewrite in module.rewrites:
        if rewrite.prefix or AppliedRewrite(rewrite.id, "", rewrite.value) not in rewrites:
            rewrites.append(rewrite._replace(prefix=_joined(target, rewrite.prefix)))
    network = network.with_(settings=settings, layers=layers, rewrites=rewrites)
    wanted = _scaled(module, target) if target != module.module else module
    values = _differing(edited(wanted), edited(network).alone(target))
    return network.with_(settings={**settings, **{_joined(target, key): value for key, value in values}})


def _scaled(module: Spec, target: str) -> Spec:
    """The module's edits in another of its kind, with each changed width in the same ratio."""
    here, there = (edited(Spec.make(module.architecture, module=name)).by_name for name in (module.module, target))
    settings: dict[str, Value] = {}
    for key, value in module.settings:
        name, _, field = key.rpartition(".")
        if field in WIDTHS and name in here and isinstance(value, int):
            usual, own = (fields(nodes[name].op)[field] for nodes in (here, there))
            assert isinstance(usual, int)
            assert isinstance(own, int)
            value = max(1, int(own * value / usual + 0.5))
        settings[key] = value
    return Spec.make(
        module.architecture, module=target, settings=settings, layers=module.layers, rewrites=module.rewrites
    )


def _differing(graph: Graph, usual: Graph) -> Iterator[tuple[str, Value]]:
    """The values of layers, as `NODE.FIELD`, that another graph has otherwise."""
    for node in graph.nodes:
        other = usual.by_name.get(node.name)
        theirs = fields(other.op) if other is not None else {}
        for field, value in fields(node.op).items():
            if theirs.get(field, value) != value:
                yield f"{node.name}.{field}", value


def _layer_of(network: Spec, key: str) -> str:
    """The layer, or the module, that a setting changes."""
    setting = network.base.settings.get(key)
    return ((setting.layer if setting else "") or key).rpartition(".")[0]


def _moved(change: Change, source: str, target: str) -> Change:
    name, after, join = (
        _joined(target, _stripped(name, source)) if name else "" for name in (change.name, change.after, change.join)
    )
    return change._replace(name=name, after=after, join=join)


def _stripped(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).removeprefix(".") if prefix else name


def _joined(prefix: str, name: str) -> str:
    return ".".join(filter(None, (prefix, name)))


def _is_in(module: str, prefix: str) -> bool:
    """Whether a rewrite that is kept to a prefix is kept to the module or a part of it."""
    return bool(prefix) and under(module, prefix)
