"""The built module against the sources' own networks, written by hand."""

from __future__ import annotations

import keyword

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from explorer.backend.torch_module import GraphModule
from explorer.common.errors import ExplorerError
from explorer.graph.attribute_paths import module_paths
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Add, Conv2d, ReLU, pair
from explorer.spec.build import build
from explorer.spec.spec import Spec
from tests.helpers.googlenet import TABLE, Branches
from tests.helpers.random_graphs import GROUPS, NAMES
from tests.helpers.torch_tools import count, image_for, randomized

pytestmark = pytest.mark.usefixtures("one_thread")


class GoogLeNet(nn.Module):
    """Source 001's network; some rows of its table may be changed."""

    def __init__(self, channels: int, classes: int, **changed: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.ModuleList(
            [nn.Conv2d(channels, 64, 7, 2, 3), nn.Conv2d(64, 64, 1), nn.Conv2d(64, 192, 3, padding=1)]
        )
        table = {**TABLE, **changed}
        self.blocks = nn.ModuleDict({name: Branches(*widths) for name, widths in table.items()})
        self.fc = nn.Linear(1024, classes)

    def maps(self, x: Tensor) -> dict[str, Tensor]:
        def halve(x: Tensor) -> Tensor:
            return F.max_pool2d(x, 3, 2, 1)

        seven, one, three = self.stem
        values = {"conv1.conv_relu": F.relu(seven(x))}
        values["conv1.pool"] = halve(values["conv1.conv_relu"])
        values["conv2.conv_relu"] = F.relu(three(F.relu(one(values["conv1.pool"]))))
        x = values["conv2.pool"] = halve(values["conv2.conv_relu"])
        for name, block in self.blocks.items():
            x = values[f"inception_{name}.concat"] = block(x)
            x = halve(x) if name in ("3b", "4e") else x
        values["fc"] = self.fc(F.avg_pool2d(x, 7).flatten(1))
        return values


class Unit(nn.Module):
    """Source 000's unit: every convolution equally wide, each with batch norm as Keras sets it."""

    def __init__(self, in_c: int, width: int, stride: int) -> None:
        super().__init__()
        layers = [
            (in_c, 1, stride),
            (in_c, 1, stride),
            (width, 3, 1),
            (in_c, 1, stride),
            (width, 5, 1),
            (in_c, 1, stride),
        ]
        self.layers = nn.ModuleList(keras(channels, width, kernel, step) for channels, kernel, step in layers)

    def forward(self, x: Tensor) -> Tensor:
        one, three_1, three_2, five_1, five_2, pool = self.layers
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat([one(x), three_2(three_1(x)), five_2(five_1(x)), pool(pooled)], 1)


def keras(in_c: int, width: int, kernel: int, stride: int) -> nn.Sequential:
    """Conv2D with padding="same" (no kernel here needs it lopsided), BatchNormalization, relu."""
    conv = nn.Conv2d(in_c, width, kernel, stride, kernel // 2)
    return nn.Sequential(conv, nn.BatchNorm2d(width, eps=0.001), nn.ReLU())


class Inception10(nn.Module):
    """Source 000's network."""

    def __init__(self, num_blocks: int = 2, num_classes: int = 10, init_ch: int = 16) -> None:
        super().__init__()
        self.c1 = keras(3, init_ch, 3, 1)
        units, channels, width = [], init_ch, init_ch
        for _ in range(num_blocks):
            units += [Unit(channels, width, 2), Unit(4 * width, width, 1)]
            channels, width = 4 * width, 2 * width
        self.units = nn.ModuleList(units)
        self.f1 = nn.Linear(channels, num_classes)

    def maps(self, x: Tensor) -> dict[str, Tensor]:
        x = self.c1(x)
        values = {"stem.conv_relu": x}
        for number, unit in enumerate(self.units):
            x = values[f"block_{number // 2 + 1}.unit_{number % 2 + 1}.concat"] = unit(x)
        values["fc"] = self.f1(x.mean((2, 3)))
        return values


def assert_same_network(spec: Spec, twin: nn.Module) -> None:
    """Equal parameters, and equal values of every map that the twin names, once it has our weights."""
    graph = build(spec)
    ours, theirs = randomized(graph), twin.eval()
    assert count(ours) == count(theirs)
    for values in ("parameters", "buffers"):
        pairs = list(zip(getattr(ours, values)(), getattr(theirs, values)(), strict=True))
        for mine, copy in pairs:
            assert mine.shape == copy.shape
            copy.data.copy_(mine)
    image = image_for(graph)
    with torch.inference_mode():
        mine, expected = ours.run(image), theirs.maps(image)
    assert len(expected) >= 4
    for name, value in expected.items():
        torch.testing.assert_close(mine[name], value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("channels", "classes"), [(1, 10), (3, 1000)])
def test_googlenet_is_that_of_source_001(channels: int, classes: int) -> None:
    assert_same_network(
        Spec.make("googlenet", input=(channels, 224, 224), classes=classes), GoogLeNet(channels, classes)
    )


def test_googlenet_with_other_widths() -> None:
    changed = {"4b": (512, 160, 112, 224, 24, 96, 64), "4c": (544, 128, 17, 256, 24, 64, 64)}
    spec = Spec.make("googlenet", settings={"inception_4b.width_5x5": 96, "inception_4c.reduce_3x3": 17})
    assert_same_network(spec, GoogLeNet(3, 1000, **changed))


@pytest.mark.parametrize(("num_blocks", "classes", "init_ch"), [(2, 10, 16), (1, 7, 5), (3, 100, 8)])
def test_inception10_is_that_of_source_000(num_blocks: int, classes: int, init_ch: int) -> None:
    spec = Spec.make("inception10", classes=classes, settings={"num_blocks": num_blocks, "init_ch": init_ch})
    assert_same_network(spec, Inception10(num_blocks, classes, init_ch))


def test_shapes_that_source_001_prints() -> None:
    graph = build(Spec.make("googlenet", input=(1, 224, 224), classes=10))
    with torch.device("meta"):
        values = GraphModule(graph).run(torch.empty(1, 1, 224, 224))
    shapes = {name: tuple(value.shape[1:]) for name, value in values.items()}
    assert shapes["conv1.conv"] == (64, 112, 112)
    assert shapes["conv1.pool"] == (64, 56, 56)
    assert shapes["conv2.reduce"] == (64, 56, 56)
    assert shapes["conv2.conv"] == (192, 56, 56)
    assert shapes["conv2.pool"] == (192, 28, 28)
    branches = ("branch1x1.conv_relu", "branch3x3.conv_relu", "branch5x5.conv_relu", "branch_pool.conv_relu")
    assert [shapes[f"inception_3a.{name}"] for name in branches] == [(n, 28, 28) for n in (64, 128, 32, 32)]
    assert shapes["inception_3a.concat"] == (256, 28, 28)
    assert shapes["inception_5b.concat"] == (1024, 7, 7)
    assert shapes["fc"] == (10,)


# Names.


def chain_of(*names: str) -> Graph:
    b = Builder((1, 4, 4))
    for name in names:
        b.add(name, Conv2d(1, pair(1)))
    return b.graph()


def test_layers_sit_under_the_names_of_their_nodes() -> None:
    keys = GraphModule(build(Spec.make("googlenet"))).state_dict().keys()
    assert {"inception_3a.branch5x5.conv.weight", "conv1.conv.bias", "fc.weight"} <= keys


def test_no_name_hides_what_torch_calls_its_own() -> None:
    empty = GraphModule(Builder((1, 2, 2)).graph())
    own = {name for module in (empty, nn.Sequential()) for name in dir(module) if not name.startswith("_")}
    taken = [*sorted(own | set(keyword.kwlist)), "forward_", "forward__", "class_"]
    module = GraphModule(chain_of(*taken, *(f"block.{name}" for name in taken)))
    assert len(module.state_dict()) == 4 * len(taken)
    assert module(torch.rand(1, 1, 4, 4)).shape == (1, 1, 4, 4)


@given(
    st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from(NAMES), st.sampled_from(["", "_", "__"])), unique=True)
)
def test_paths_are_as_distinct_as_names(parts: list[tuple[str, str, str]]) -> None:
    names = {"".join(part) for part in parts}
    assert len(set(module_paths(names).values())) == len(names)


@pytest.mark.parametrize(
    "name", ["a-b", "", "a..b", "a.", ".a", "1a", "_a", "a b", "é", "a\n", "x" * 65, "a.b;import os"]
)
def test_a_name_that_cannot_be_an_attribute(name: str) -> None:
    with pytest.raises(ExplorerError, match="cannot be an attribute"):
        GraphModule(chain_of(name))


@pytest.mark.parametrize("names", [("a", "a.b"), ("a.b", "a"), ("a.b.c.d", "a.b"), ("a", "a.b.c")])
def test_a_name_is_a_node_or_a_module(names: tuple[str, ...]) -> None:
    with pytest.raises(ExplorerError, match="must be either a node or a module"):
        GraphModule(chain_of(*names))


def test_an_invalid_graph_is_refused_before_anything_is_built() -> None:
    b = Builder((1, 4, 4))
    b.add("huge", Conv2d(60_000, pair(1)))
    b.add("conv", Conv2d(4, pair(9)))
    with pytest.raises(ExplorerError, match="does not fit"):
        GraphModule(b.graph())


def test_several_outputs_come_in_the_order_asked_for() -> None:
    b = Builder((2, 4, 4))
    b.add("conv", Conv2d(2, pair(1)))
    b.add("relu", ReLU())
    b.add("sum", Add(), "input", "relu", "conv")
    module = randomized(b.graph("sum", "input", "conv", "sum"))
    image = torch.randn(3, 2, 4, 4)
    total, same, conv, again = module(image)
    assert torch.equal(same, image)
    assert torch.equal(total, image + conv.relu() + conv)
    assert torch.equal(total, again)
