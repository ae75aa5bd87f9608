"""Verification finds nothing where all is well, and finds what is not."""

from __future__ import annotations

from itertools import combinations

import pytest
import torchinfo
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from explorer.backend import verify as verification
from explorer.backend.verify import Check, verify
from explorer.edits.rewrites import REWRITES, apply
from explorer.graph.graph import Graph, Node
from explorer.graph.ops import BatchNorm2d, Conv2d, Input, Linear, Op, ReLU, Shape
from explorer.graph.trace import Totals, trace
from explorer.lessons.inception_to_xception import Step, steps
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.spec.variants import sweep
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs
from tests.helpers.strategies import rewrites

pytestmark = pytest.mark.usefixtures("one_thread")

SWEEP = [*combinations(REWRITES, 1), *combinations(REWRITES, 2)]


def assert_verified(graph: Graph) -> None:
    result = verify(graph)
    assert result.differences == ()
    images = sum(isinstance(node.op, Input) for node in graph.nodes)
    assert result.checks == images + 6 * (len(graph.nodes) - images) + 6
    assert result.ours == result.by_torch == trace(graph).totals
    assert result.by_torchinfo == result.ours.params


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_architecture(id: str) -> None:
    assert_verified(build(Spec.make(id)))


def short(id: str) -> Spec:
    """The network with as few repetitions of its blocks as it can have: all its kinds of blocks are there."""
    counts = [key for key in ARCHITECTURES[id].settings if key.endswith(("blocks", "_modules"))]
    return Spec.make(id, settings={key: ARCHITECTURES[id].settings[key].minimum for key in counts})


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_architecture_under_every_rewrite(id: str) -> None:
    """`verify --all` does the same at full depth."""
    for graph in {build(spec) for spec in sweep(short(id), pairs=False)}:
        assert_verified(graph)


@pytest.mark.parametrize("verbs", SWEEP, ids="+".join)
def test_every_pair_of_rewrites(verbs: tuple[str, ...]) -> None:
    assert_verified(build(Spec.make("inceptionnet", rewrites=list(verbs))))


@settings(max_examples=50)
@given(st.sampled_from([id for id in ARCHITECTURES if len(build(Spec.make(id)).nodes) < 200]), st.data())
def test_any_rewrites(id: str, data: st.DataObject) -> None:
    graph = build(Spec.make(id))
    assert_verified(apply(graph, data.draw(rewrites(graph))))


@pytest.mark.parametrize("step", steps(), ids=lambda step: step.title)
def test_the_way_to_xception(step: Step) -> None:
    assert_verified(build(step.spec))


@settings(max_examples=100)
@given(graphs())
def test_random_networks(graph: Graph) -> None:
    assert_verified(graph)


def test_several_outputs_and_nothing_to_train() -> None:
    image = Node("input", Input((1, 4, 4)))
    assert_verified(Graph((image, Node("relu", ReLU(), ("input",))), ("relu", "input")))


def off_by_one(kind: type[Op], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    true = getattr(kind, rule)
    monkeypatch.setattr(kind, rule, lambda self, *args: true(self, *args) + 1)


@pytest.mark.usefixtures("own_memory")
@pytest.mark.parametrize(
    ("kind", "rule", "counters"),
    [
        (Conv2d, "params", ["torch", "torchinfo"]),
        (Linear, "params", ["torch", "torchinfo"]),
        (BatchNorm2d, "params", ["torch", "torchinfo"]),
        (BatchNorm2d, "statistics", ["torch"]),
        (Conv2d, "macs", ["FlopCounterMode"]),
        (Linear, "macs", ["FlopCounterMode"]),
    ],
)
def test_a_wrong_count_is_found(
    kind: type[Op], rule: str, counters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = build(Spec.make("inception10"))
    off_by_one(kind, rule, monkeypatch)
    nodes = [node.name for node in graph.nodes if isinstance(node.op, kind)]
    found = {(gap.name, gap.what, gap.by): gap for gap in verify(graph).differences}
    assert set(found) == {(name, rule, by) for name in [*nodes, "total"] for by in counters}
    assert all(gap.ours == gap.theirs + 1 for key, gap in found.items() if key[0] != "total")
    assert found["total", rule, counters[0]].ours == found["total", rule, counters[0]].theirs + len(nodes)


@pytest.mark.usefixtures("own_memory")
def test_a_wrong_shape_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    true = Linear.out_shape

    def wrong(self: Linear, *inputs: Shape) -> Shape:
        return (true(self, *inputs)[0] + 1,)

    monkeypatch.setattr(Linear, "out_shape", wrong)
    gaps = verify(build(Spec.make("inception10"))).differences
    assert set(gaps) == {
        Check("fc", "out_shape", (11,), (10,), "torch"),
        Check("fc", "out_shape", (11,), (10,), "torchinfo"),
        *(gap for gap in gaps if gap.name == "total" and gap.what == "activations" and gap.ours == gap.theirs + 1),
    }
    assert len(gaps) == 3


def test_a_node_that_torchinfo_does_not_list_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    true = torchinfo.summary

    def forgetful(module: object, **kwargs: object) -> object:
        summary = true(module, **kwargs)
        summary.summary_list = [layer for layer in summary.summary_list if layer.var_name != "concat"]
        return summary

    graph = build(Spec.make("googlenet"))
    monkeypatch.setattr(verification.torchinfo, "summary", forgetful)
    gaps = verify(graph).differences
    assert {gap.name for gap in gaps} == {node.name for node in graph.nodes if node.name.endswith("concat")}
    assert {(gap.what, gap.theirs, gap.by) for gap in gaps} == {
        ("out_shape", None, "torchinfo"),
        ("params", None, "torchinfo"),
    }


def test_a_counter_that_counts_nothing_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FlopCounterMode, "get_flop_counts", dict)
    monkeypatch.setattr(FlopCounterMode, "get_total_flops", lambda self: 0)
    graph = build(Spec.make("inception10"))
    gaps = verify(graph).differences
    counted = [row.name for row in trace(graph).rows if row.macs]
    assert [(gap.name, gap.what, gap.theirs) for gap in gaps] == [(name, "macs", 0) for name in [*counted, "total"]]


def test_totals_by_each_counter() -> None:
    result = verify(build(Spec.make("googlenet")))
    assert result.ours == result.by_torch == Totals(6_998_552, 0, 1_582_671_872, 9_109_448, 0)
    assert result.by_torchinfo == 6_998_552
