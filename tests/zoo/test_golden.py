"""No number of the zoo changes unless somebody says so: `python -m tests.helpers.golden`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.graph.graph import Graph
from explorer.graph.ops import pair
from explorer.graph.trace import trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers import golden


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_golden_integers(id: str) -> None:
    assert golden.measured(id) == golden.recorded()[id]


def test_the_file_is_what_the_command_writes() -> None:
    assert golden.FILE.read_text() == golden.text()


# Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", table of models.
PUBLISHED = {
    "alexnet": 195,
    "vgg16": 212,
    "mobilenet_v1": 315,
    "bn_inception": 699,
    "inception_v3": 1311,
    "inception_v4": 2071,
    "inception_resnet_v2": 3039,
}
PUBLISHED_RESNET50 = 483


@pytest.mark.parametrize("id", PUBLISHED)
def test_receptive_fields_of_the_literature(id: str) -> None:
    assert golden.measured(id)["receptive_field"] == [PUBLISHED[id]] * 2


def test_receptive_field_of_the_first_resnet50() -> None:
    """The literature's has the stride of a block on its first 1x1; version 1.5 has it on the 3x3, which then
    reaches half as far.
    """
    graph = build(Spec.make("resnet50"))
    strides = {"conv1": pair(2), "conv2": pair(1)}
    nodes = [
        node._replace(op=replace(node.op, stride=strides[node.name.rpartition(".")[2]]))
        if node.name in {f"layer{layer}_block1.{conv}" for layer in (2, 3, 4) for conv in strides}
        else node
        for node in graph.nodes
    ]
    assert trace(Graph(tuple(nodes), graph.outputs)).last_map.receptive_field == pair(PUBLISHED_RESNET50)
    assert trace(graph).last_map.receptive_field == pair(
        PUBLISHED_RESNET50 - sum((3 - 1) * (jump - jump // 2) for jump in (8, 16, 32))
    )
