"""What kind of op it is stands on its class: whoever treats a kind alike takes in a new op of it unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch

from explorer.backend.reconcile import reconcile
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.learner import make_optimizer
from explorer.draw import colours, diagram
from explorer.edits.layers import parse_change, with_changes
from explorer.edits.rewrites import AppliedRewrite, apply
from explorer.edits.rewrites.rewrite import unit
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import (
    OPS,
    BatchNorm2d,
    Conv2d,
    Family,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    Op,
    Record,
    ReLU,
    Shape,
    is_activation,
    is_norm,
    pair,
)
from explorer.graph.ops.base import require_map
from explorer.graph.source import source
from explorer.graph.trace import trace
from explorer.runs.config import TrainConfig


@dataclass(frozen=True)
class SlowNorm2d(Op):
    """A norm that the vocabulary does not have."""

    family: ClassVar[Family] = "normalisation"

    def out_shape(self, *inputs: Shape) -> Shape:
        require_map(inputs[0])
        return inputs[0]

    def params(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0]

    def statistics(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0]

    def record(self, *inputs: Shape) -> Record:
        return (Layer("BatchNorm2d", (inputs[0][0],), (("momentum", 0.01),)),)

    def describe(self) -> str:
        return "Slow BN"


@dataclass(frozen=True)
class ELU(Op):
    """An activation that the vocabulary does not have."""

    family: ClassVar[Family] = "activation"

    def record(self, *inputs: Shape) -> Record:
        return (Layer("ELU"),)


PAIRS = [(SlowNorm2d(), ReLU()), (BatchNorm2d(), ELU()), (SlowNorm2d(), ELU()), (BatchNorm2d(), ReLU())]


@pytest.fixture(params=PAIRS, ids=lambda ops: "+".join(type(op).__name__ for op in ops))
def ops(request: pytest.FixtureRequest) -> Iterator[tuple[Op, Op]]:
    """A norm and an activation, new ones among them."""
    yield request.param


def network(norm: Op, activation: Op, *, bias: bool = False) -> Graph:
    b = Builder((4, 9, 9))
    b.add("conv", Conv2d(6, pair(5), padding=pair(2), bias=bias), "input")
    b.add("norm", norm)
    b.add("act", activation)
    b.add("pool", GlobalAvgPool2d())
    b.add("flatten", Flatten())
    b.add("fc", Linear(3))
    return b.graph()


def names(graph: Graph) -> list[tuple[str, str]]:
    return [(node.name, type(node.op).__name__) for node in graph.nodes]


def test_what_is_counted_and_elementwise_follows_from_the_rules_of_a_class() -> None:
    counted = {"Conv2d", "DepthwiseConv2d", "Linear", "BatchNorm1d", "BatchNorm2d"}
    assert {op.__name__ for op in OPS if op.counted} == counted
    assert {op.__name__ for op in OPS if op.elementwise} == {"ReLU", "Sigmoid", "Tanh", "Dropout"}
    assert (SlowNorm2d.counted, SlowNorm2d.elementwise) == (True, False)
    assert (ELU.counted, ELU.elementwise) == (False, True)
    assert [is_norm(op) for op in (SlowNorm2d(), BatchNorm2d(), ELU())] == [True, True, False]
    assert [is_activation(op) for op in (SlowNorm2d(), ReLU(), ELU())] == [False, True, True]


def test_rewrites_take_them_with_their_layer(ops: tuple[Op, Op]) -> None:
    graph = network(*ops)
    assert [node.name for node in unit(graph, graph.by_name["conv"])] == ["conv", "norm", "act"]
    norm, activation = (op.suffix for op in ops)
    stacked = apply(graph, [AppliedRewrite("stack_5x5")])
    assert [name for name, _ in names(stacked)][1:4] == ["conv_1", f"conv_1_{activation}", "conv"]
    assert type(stacked.nodes[2].op) is type(ops[1])
    changed = with_changes(graph, [parse_change("more:conv3x3:8@conv")])
    assert [name for name, _ in names(changed)][4:7] == ["more", f"more_{norm}", f"more_{activation}"]


def test_a_layer_with_a_norm_gets_no_second_one_and_loses_its_bias(ops: tuple[Op, Op]) -> None:
    assert apply(network(*ops, bias=True), [AppliedRewrite("batch_norm")]) == network(*ops)


def test_a_hidden_linear_layer_is_known_by_its_activation(ops: tuple[Op, Op]) -> None:
    b = Builder((4, 9, 9))
    b.add("flatten", Flatten(), "input")
    b.add("hidden", Linear(5))
    b.add("act", ops[1])
    b.add("fc", Linear(3))
    assert "hidden_bn" in apply(b.graph(), [AppliedRewrite("batch_norm")]).by_name


def test_a_diagram_folds_them_into_the_box_of_their_layer(ops: tuple[Op, Op]) -> None:
    norm, activation = ops
    box = next(box for box in diagram.network(trace(network(*ops))).boxes if box.id == "conv")
    assert f"+ {norm.describe()} + {activation.describe()}" in box.lines


def test_their_colours_are_those_of_their_kind(ops: tuple[Op, Op]) -> None:
    norm, activation = ops
    assert colours.colour(norm) == colours.colour(BatchNorm2d())
    assert colours.colour(activation) == colours.colour(ReLU())


def test_other_counters_are_explained_with_them(ops: tuple[Op, Op]) -> None:
    counts = {(count.counter.split()[0], count.measure): count for count in reconcile(network(*ops)).counts}
    assert [key for key, count in counts.items() if count.leftover] == []


def test_they_are_trained_as_their_kind(ops: tuple[Op, Op]) -> None:
    model = GraphModule(network(*ops))
    decayed, plain = make_optimizer(model, TrainConfig.make(weight_decay=0.1)).param_groups
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.1, 0.0)
    norm = model.get_submodule("norm")
    assert {id(weight) for weight in norm.parameters()} <= {id(weight) for weight in plain["params"]}


def test_the_printed_source_has_them(ops: tuple[Op, Op]) -> None:
    graph = network(*ops)
    scope: dict[str, Any] = {"__name__": "net"}
    exec(source(graph, "Net", class_name="Net"), scope)
    ours, printed = GraphModule(graph).eval(), scope["Net"]().eval()
    printed.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, 9, 9)
    assert torch.equal(ours(x), printed(x))
