"""The exported source: it runs alone, is the same network, and reads well."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.backend.torch_module import GraphModule
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.edits.rewrites import REWRITES
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Add, BatchNorm2d, Concat, Conv2d, Flatten, Linear, Multiply, ReLU, pair
from explorer.graph.source import source
from explorer.graph.source.parameters import DEFAULTS, POSITIONAL
from explorer.spec.build import at_size, build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs
from tests.helpers.torch_tools import assert_source_computes_the_same, count

pytestmark = pytest.mark.usefixtures("one_thread")


@cache
def fitted(id: str) -> Spec:
    """An architecture for ten classes on small images."""
    return at_size(Spec.make(id, classes=10), 64)


@pytest.mark.slow
@pytest.mark.parametrize("verb", REWRITES)
@pytest.mark.parametrize("id", ["inception10", "googlenet", "alexnet", "resnet18"])
def test_verbs(id: str, verb: str) -> None:
    assert_source_computes_the_same(build(fitted(id).with_(rewrites=[verb])))


@pytest.mark.slow
def test_rewrites_of_some_modules() -> None:
    rewrites = ["stack_5x5@inception_4b", "factorize@inception_3b", "separable@inception_3a.branch3x3", "batch_norm"]
    assert_source_computes_the_same(build(Spec.make("googlenet", input=(3, 64, 96), settings=SMALL, rewrites=rewrites)))


SMALL = {"avg_pool.kernel_size": 2}


@pytest.mark.slow
@settings(max_examples=300)
@given(graphs())
def test_random_networks(graph: Graph) -> None:
    assert_source_computes_the_same(graph)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "rewrites"), [("googlenet", []), ("inception10", ["stack_5x5", "batch_norm", "separable@block_2"])]
)
def test_it_runs_in_an_empty_folder(id: str, rewrites: list[str], tmp_path: Path) -> None:
    spec = Spec.make(id, rewrites=rewrites)
    (tmp_path / "network.py").write_text(source(build(spec), title=spec.entry.title))
    # Isolated: neither this folder nor this project can be imported.
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "network.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    params = formats.number(count(GraphModule(build(spec))))
    assert done.stdout == f"output: (1, {spec.entry.classes})\nparameters: {params}\n"
    assert done.stderr == ""


def ruff(*arguments: str) -> str:
    return subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True).stdout


@pytest.mark.slow
def test_ruff_has_no_complaint(tmp_path: Path) -> None:
    texts: list[str] = []

    @settings(max_examples=100, database=None)
    @given(graphs())
    def collect(graph: Graph) -> None:
        texts.append(source(graph))

    collect()
    choices = [(), *((verb,) for verb in REWRITES)]
    # A set: many a rewrite finds nothing to do.
    texts += map(source, {build(Spec.make(id, rewrites=chosen)) for id in ARCHITECTURES for chosen in choices})
    for number, text in enumerate(texts):
        (tmp_path / f"network_{number}.py").write_text(text)
    style = ("--isolated", "--no-cache", "--line-length", "120", str(tmp_path))
    assert ruff("check", "--select", "E,F,W,B", *style) == "All checks passed!\n"
    assert ruff("format", "--check", *style) == f"{len(texts)} files already formatted\n"


def calls(text: str) -> dict[str, list[ast.Call]]:
    """Calls of plain names, by name."""
    found: dict[str, list[ast.Call]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.setdefault(node.func.id, []).append(node)
    return found


def classes(text: str) -> dict[str, list[str]]:
    """Parameters of each class's constructor."""
    return {
        node.name: [argument.arg for argument in node.body[1].args.args[1:]]
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }


def test_googlenet_is_one_inception_class_used_nine_times() -> None:
    text = source(build(Spec.make("googlenet")), "GoogLeNet")
    widths = ["branch1x1", "branch3x3_reduce", "branch3x3", "branch5x5_reduce", "branch5x5", "branch_pool"]
    assert classes(text) == {"Inception": ["in_channels", *widths], "GoogLeNet": []}
    assert len(calls(text)["Inception"]) == 9
    assert "        self.inception_4b = Inception(512, 160, 112, 224, 24, 64, 64)\n" in text
    assert "        x = self.inception_4b(x)  # (512, 14, 14)\n" in text
    assert len(text.splitlines()) < 120


def test_inception10_is_one_unit_class() -> None:
    text = source(build(Spec.make("inception10")), "Inception10")
    assert classes(text) == {"Unit": ["in_channels", "width", "stride"], "Inception10": []}
    assert "chain(unit_1=Unit(16, 16, stride=2), unit_2=Unit(64, 16))" in text
    assert len(text.splitlines()) < 100


def test_blocks_that_are_numbered_alike_share_a_class() -> None:
    text = source(build(Spec.make("inception10", settings={"num_blocks": 5, "init_ch": 4})), "Inception10")
    assert set(classes(text)) == {"Unit", "Block", "Inception10"}
    assert len(calls(text)["Unit"]) == 2
    assert len(calls(text)["Block"]) == 5


def conv(width: int, kernel: int = 1, **options: object) -> Conv2d:
    return Conv2d(width, pair(kernel), **options)


def test_a_small_network_as_a_whole() -> None:
    b = Builder((3, 8, 8))
    for number, (width, stride) in enumerate([(4, 2), (6, 1)], start=1):
        before = b.last
        b.add(f"block_{number}.wide.conv", conv(width, 3, stride=pair(stride), padding=pair(1), bias=False))
        b.add(f"block_{number}.wide.bn", BatchNorm2d())
        b.add(f"block_{number}.short", conv(width, stride=pair(stride)), before)
        b.add(f"block_{number}.add", Add(), f"block_{number}.wide.bn", f"block_{number}.short")
        b.add(f"block_{number}.relu", ReLU())
    b.add("flatten", Flatten())
    b.add("fc", Linear(10))
    assert assert_source_computes_the_same(b.graph()).partition("\nif __name__")[0] == SMALL_NETWORK


SMALL_NETWORK = '''\
"""Network in PyTorch."""

from collections import OrderedDict

import torch
from torch import Tensor, nn


def chain(**layers: nn.Module) -> nn.Sequential:
    """Named layers, one after the other."""
    return nn.Sequential(OrderedDict(layers))


class Block(nn.Module):
    """Used 2 times; the first is block_1, (3, 8, 8) to (4, 4, 4)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.wide = chain(
            conv=nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
            bn=nn.BatchNorm2d(out_channels),
        )
        self.short = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.wide(x) + self.short(x)
        return self.relu(x)


class Network(nn.Module):
    """(3, 8, 8) to (10,)."""

    def __init__(self) -> None:
        super().__init__()
        self.block_1 = Block(3, 4, stride=2)
        self.block_2 = Block(4, 6)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(96, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block_1(x)  # (4, 4, 4)
        x = self.block_2(x)  # (6, 4, 4)
        x = self.flatten(x)  # (96,)
        return self.fc(x)  # (10,)

'''


def test_a_group_around_something_else_is_a_plain_container() -> None:
    b = Builder((2, 4, 4))
    b.add("group.first", conv(2))
    b.add("outside", conv(2))
    b.add("group.last", conv(2))
    text = assert_source_computes_the_same(b.graph())
    assert "        self.group = nn.Module()\n        self.group.first = nn.Conv2d(2, 2, kernel_size=1)\n" in text
    assert "        x = self.outside(x)" in text
    assert "        return self.group.last(x)" in text


def test_groups_that_wait_for_each_other() -> None:
    b = Builder((2, 4, 4))
    b.add("a.one", conv(2))
    b.add("b.one", conv(2), "a.one")
    b.add("b.two", conv(2), "input")
    b.add("a.two", conv(2), "b.two")
    b.add("join", Concat(), "a.two", "b.one")
    assert_source_computes_the_same(b.graph())


def test_several_inputs_and_outputs() -> None:
    b = Builder((2, 4, 4))
    b.add("left", conv(2))
    b.add("right", conv(2), "input")
    b.add("cross.product", Multiply(), "left", "right")
    b.add("cross.mixed", conv(3), "cross.product")
    b.add("cross.sum", Add(), "left", "right", "cross.product")
    text = assert_source_computes_the_same(b.graph("cross.mixed", "cross.sum", "input", "left"))
    assert "    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, ...]:\n" in text
    assert "        mixed, cross_sum = self.cross(left, right)" in text


def test_layers_that_nothing_reads_keep_their_weights() -> None:
    b = Builder((2, 4, 4))
    b.add("used", conv(2))
    b.add("spare.conv", conv(3))
    b.add("spare.norm", BatchNorm2d())
    text = assert_source_computes_the_same(b.graph("used"))
    assert "# Nothing reads what these make, so they are never called.\n        self.spare.conv = nn.Conv2d" in text
    assert "self.spare.conv(" not in text


def test_an_image_may_pass_untouched() -> None:
    assert "        return x\n" in assert_source_computes_the_same(Builder((1, 2, 3)).graph())


# The tables of torch's own names and defaults.


@pytest.mark.parametrize("kind", sorted({*POSITIONAL, *DEFAULTS}))
def test_names_and_defaults_are_those_of_torch(kind: str) -> None:
    signature = inspect.signature(getattr(nn, kind)).parameters
    names = POSITIONAL.get(kind, ())
    assert tuple(signature)[: len(names)] == names
    for name, default in DEFAULTS.get(kind, {}).items():
        assert signature[name].default == default


# Text from outside.


@given(st.text())
def test_a_title_stays_in_its_docstring(title: str) -> None:
    graph = Builder((1, 2, 3)).graph()
    plain, titled = (ast.parse(source(graph, text, class_name="Network")) for text in ("Network", title))
    assert ast.get_docstring(titled)
    assert [ast.dump(node) for node in plain.body[1:]] == [ast.dump(node) for node in titled.body[1:]]


@pytest.mark.parametrize(
    "title", ['"""\nimport os\n"""', "\\", 'ends with "', "a\\", "\u2028import os", "x" * 5000, "長" * 90]
)
def test_an_awkward_title(title: str) -> None:
    text = source(Builder((1, 2, 3)).graph(), title)
    assert "import os" not in text.partition("import torch")[2]
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("GoogLeNet", "GoogLeNet"),
        ("Inception module", "InceptionModule"),
        ("v3, 2015", "V32015"),
        ("1x1", "X1"),
        ("", "Network"),
        ("長", "Network"),
        ("tensor", "TensorNetwork"),
        ("none", "NoneNetwork"),
    ],
)
def test_the_class_is_named_after_the_title(title: str, name: str) -> None:
    assert name in classes(source(Builder((1, 2, 3)).graph(), title))


@pytest.mark.parametrize("name", ["a b", "1a", "_a", "class", "nn", "torch", "chain", "é", "a;b", "a\n", "x" * 65])
def test_a_class_name_that_is_none(name: str) -> None:
    with pytest.raises(ExplorerError, match="the class name is"):
        source(Builder((1, 2, 3)).graph(), class_name=name)


@pytest.mark.parametrize("name", ["a-b", "a..b", "x = 1\nimport os", '"', "a b"])
def test_a_node_name_that_is_no_identifier(name: str) -> None:
    b = Builder((1, 2, 2))
    b.add(name, ReLU())
    with pytest.raises(ExplorerError, match="cannot be an attribute"):
        source(b.graph())
