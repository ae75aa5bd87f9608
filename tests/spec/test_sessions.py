"""Many people edit at once, with a memory that forgets: each sees what a fresh process would show."""

from __future__ import annotations

import os
import random
import threading
from contextlib import suppress

import pytest

from explorer.common import memory
from explorer.common.errors import ExplorerError
from explorer.common.memory import Memory
from explorer.edits.layers import fields, with_changes, with_values
from explorer.edits.rewrites import apply
from explorer.graph.graph import Graph
from explorer.graph.trace import partial_trace
from explorer.spec.build import analyse, build
from explorer.spec.effects import effects
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES, BuildConfig
from tests.helpers.edits import session

THREADS = 8
SESSIONS = int(os.environ.get("EXPLORER_SESSIONS", "48"))
"""Asked for by name where more are wanted: 10,000 take an hour."""
EDITS = 6


def from_scratch(spec: Spec) -> Graph:
    """The network of a spec by the zoo's own build and each step on the whole network, with nothing remembered."""
    config = spec.build_config
    start = spec.base.graph(config.input_shape, config.classes) if spec.module else spec.entry.build(config)
    graph = Graph(start.nodes, start.outputs)
    graph = Graph.of([graph.whole.piece], graph.outputs)
    graph = with_values(with_changes(graph, spec.layers), spec.values)
    return apply(graph, spec.rewrites)


def shown(spec: Spec, graph: Graph | None = None) -> object:
    """What there is to see of a network, or why there is none."""
    try:
        if graph is None:
            graph, (trace, error) = build(spec), analyse(spec)
        else:
            trace, error = partial_trace(graph)
    except ExplorerError as error:
        return str(error)
    # Advice is put behind an error where a spec is known.
    return graph.nodes, graph.outputs, trace.rows, trace.totals, None if error is None else error.node


def asked(spec: Spec) -> object:
    try:
        return shown(spec, from_scratch(spec))
    except ExplorerError as error:
        return str(error)


@pytest.mark.slow
def test_every_session_shows_what_a_fresh_process_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MEMORY", Memory(2_000_000))  # a network or two
    wrong: list[str] = []
    numbers = iter(range(SESSIONS))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None or wrong:
                return
            draw = random.Random(number)
            start = Spec.make(draw.choice([*ARCHITECTURES]))
            for spec in session(start, draw, EDITS):
                if shown(spec) != asked(spec):
                    wrong.append(f"session {number}: {spec.to_json()}")
                if draw.random() < 0.05:
                    with suppress(ExplorerError):  # a part of the network may be gone
                        effects(spec)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert next(numbers, None) is None


def test_a_setting_that_is_a_layer_is_that_layer_and_no_other_is() -> None:
    """Held against the zoo's own build, which knows nothing of it."""
    draw = random.Random(0)
    for id, entry in ARCHITECTURES.items():
        spec = Spec.make(id)
        base = spec.base
        for key, setting in entry.settings.items():
            for value in {setting.minimum, setting.maximum, draw.randint(setting.minimum, setting.maximum)}:
                config = BuildConfig(base.input_shape, base.classes, {**base.defaults.settings, key: value})
                if value != setting.default:
                    built = entry.build(config)
                    assert base.graph(base.input_shape, base.classes, [(key, value)]) == built
                    assert bool(setting.layer) == is_one_value(spec.start, built, setting.default, value)


def is_one_value(before: Graph, after: Graph, old: int, new: int) -> bool:
    """Whether a single `NODE.FIELD` that is one number makes one network the other by becoming another."""
    differing = [node for node, other in zip(before.nodes, after.nodes, strict=False) if node != other]
    if len(differing) != 1 or len(before.nodes) != len(after.nodes):
        return False
    (node,) = differing
    layers = [f"{node.name}.{field}" for field, value in fields(node.op).items() if value == old]
    return any(with_values(before, [(layer, new)]) == after for layer in layers)
