"""The line of PyTorch of a node, evaluated, is the layer that the module holds."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from explorer.backend.torch_module import GraphModule, Join
from explorer.graph.graph import Graph
from explorer.graph.ops import Input
from explorer.graph.source.line import line
from explorer.graph.trace import trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs

pytestmark = pytest.mark.usefixtures("one_thread")


def assert_lines_are_the_layers(graph: Graph) -> None:
    with torch.device("meta"):
        layers = dict(GraphModule(graph).steps())
        for row in trace(graph).rows:
            if isinstance(row.op, Input):
                assert line(row) == ""
                continue
            layer = layers[row.name]
            if isinstance(layer, Join):
                assert line(row).startswith(f"torch.{layer.record.name}(")
                continue
            made = eval(line(row), {"nn": nn})
            made = nn.Sequential(*made) if isinstance(made, tuple) else made
            assert repr(made) == repr(layer)
            shapes = [[(n, v.shape) for n, v in part.state_dict().items()] for part in (made, layer)]
            assert shapes[0] == shapes[1]


@pytest.mark.slow
@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_line_of_the_zoo_is_the_layer(id: str) -> None:
    assert_lines_are_the_layers(build(Spec.make(id)))


@settings(max_examples=30)
@given(graphs())
def test_every_line_of_a_random_network_is_the_layer(graph: Graph) -> None:
    assert_lines_are_the_layers(graph)


@settings(max_examples=30)
@given(graphs())
def test_a_line_of_a_join_computes_what_the_module_does(graph: Graph) -> None:
    module = GraphModule(graph).eval()
    with torch.inference_mode():
        values = module.run(torch.rand(2, *graph.input_shape))
        for row in trace(graph).rows:
            if isinstance(dict(module.steps()).get(row.name), Join):
                # Names of nodes are dotted, and some are keywords: stand-ins of the same order.
                short = {name: f"x{place}" for place, name in enumerate(row.inputs)}
                text = line(row._replace(node=type(row.node)(row.name, row.op, tuple(short[n] for n in row.inputs))))
                names = {"torch": torch, **{new: values[old] for old, new in short.items()}}
                assert torch.equal(eval(text, names), values[row.name])


def test_lines_read_as_people_write_them() -> None:
    rows = trace(build(Spec.make("inception_block"))).by_name
    assert line(rows["branch3x3.conv"]) == "nn.Conv2d(96, 128, kernel_size=3, padding=1)"
    assert line(rows["concat"]) == (
        "torch.cat([branch1x1.conv_relu, branch3x3.conv_relu, branch5x5.conv_relu, branch_pool.conv_relu], dim=1)"
    )
