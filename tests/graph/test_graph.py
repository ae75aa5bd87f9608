from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.graph.graph import Builder, Graph, Node, module_of, prefixes, under
from explorer.graph.ops import Add, Concat, Conv2d, Input, ReLU, pair
from explorer.spec.build import build
from explorer.spec.spec import Spec
from tests.helpers.strategies import specs

IMAGE = Node("input", Input((3, 8, 8)))


def diamond() -> Graph:
    b = Builder((3, 8, 8))
    stem = b.add("stem", Conv2d(4, pair(1)))
    left = b.add("left.conv", Conv2d(4, pair(1)), stem)
    right = b.add("right.conv", Conv2d(4, pair(1)), stem)
    b.add("join", Concat(), left, right, stem)
    return b.graph()


@pytest.mark.parametrize(
    ("nodes", "outputs", "message", "node"),
    [
        (
            (IMAGE, Node("a", ReLU(), ("input",)), Node("a", ReLU(), ("input",))),
            ("a",),
            "a: 2 nodes have this name, and a name must be unique",
            "a",
        ),
        ((Node("a", ReLU(), ("a",)),), ("a",), "a network has exactly one Input node", None),
        ((IMAGE, Node("again", Input((3, 8, 8)))), ("input",), "a network has exactly one Input node", None),
        ((IMAGE, Node("a", ReLU(), ("b",))), ("a",), "a: its input b is not a node before it", "a"),
        ((IMAGE, Node("a", ReLU(), ("a",))), ("a",), "a: its input a is not a node before it", "a"),
        (
            (IMAGE, Node("a", ReLU(), ("b",)), Node("b", ReLU(), ("input",))),
            ("a",),
            "a: its input b is not a node before it",
            "a",
        ),
        ((IMAGE, Node("a", ReLU())), ("a",), "a (ReLU): it takes exactly 1 input, not 0", "a"),
        (
            (IMAGE, Node("a", ReLU(), ("input", "input"))),
            ("a",),
            "a (ReLU): it takes exactly 1 input, not 2",
            "a",
        ),
        ((IMAGE, Node("a", Add(), ("input",))), ("a",), "a (Add): it takes at least 2 inputs, not 1", "a"),
        ((IMAGE, Node("a", Concat())), ("a",), "a (Concat): it takes at least 1 input, not 0", "a"),
        ((IMAGE,), ("b",), "the output b is not a node of the network", "b"),
    ],
)
def test_what_a_graph_must_be(nodes: tuple[Node, ...], outputs: tuple[str, ...], message: str, node: str) -> None:
    with pytest.raises(ExplorerError, match=f"^{re.escape(message)}$") as caught:
        Graph(nodes, outputs)
    assert caught.value.node == node


def test_the_number_of_nodes_is_capped() -> None:
    b = Builder((1, 1, 1))
    for i in range(limits.MAX_NODES - 1):
        b.add(f"relu_{i}", ReLU())
    assert len(b.graph().nodes) == limits.MAX_NODES
    b.add("one_more", ReLU())
    with pytest.raises(ExplorerError, match=r"^the network has 4,001 nodes: at most 4,000 are allowed$"):
        b.graph()


def test_a_graph_is_a_value() -> None:
    assert diamond() == diamond()
    assert hash(diamond()) == hash(diamond())
    with pytest.raises(FrozenInstanceError):
        diamond().outputs = ()  # type: ignore[misc]


def test_builder_feeds_from_the_newest_node_unless_told() -> None:
    graph = diamond()
    assert {node.name: node.inputs for node in graph.nodes} == {
        "input": (),
        "stem": ("input",),
        "left.conv": ("stem",),
        "right.conv": ("stem",),
        "join": ("left.conv", "right.conv", "stem"),
    }
    assert graph.outputs == ("join",)
    assert graph.input_shape == (3, 8, 8)


def test_consumers_come_once_and_in_order() -> None:
    b = Builder((3, 8, 8))
    b.add("twice", Add(), "input", "input")
    b.add("after", ReLU(), "input")
    graph = b.graph()
    assert [node.name for node in graph.consumers["input"]] == ["twice", "after"]
    assert graph.consumers["after"] == ()


@given(specs())
def test_consumers_mirror_inputs(spec: Spec) -> None:
    graph = build(spec)
    forward = {(source, node.name) for node in graph.nodes for source in node.inputs}
    assert {(name, node.name) for name, nodes in graph.consumers.items() for node in nodes} == forward


def test_replace_rewires_what_follows_to_the_last_piece() -> None:
    graph = diamond()
    pieces = (Node("stem_1", ReLU(), ("input",)), Node("stem_2", ReLU(), ("stem_1",)))
    result = graph.replace({"stem": pieces})
    assert [node.name for node in result.nodes] == ["input", "stem_1", "stem_2", "left.conv", "right.conv", "join"]
    assert result.by_name["left.conv"].inputs == ("stem_2",)
    assert result.by_name["join"].inputs == ("left.conv", "right.conv", "stem_2")


def test_replace_keeps_an_old_name_within_its_replacement() -> None:
    pieces = (Node("stem", ReLU(), ("input",)), Node("stem_bn", ReLU(), ("stem",)))
    result = diamond().replace({"stem": pieces})
    assert result.by_name["stem_bn"].inputs == ("stem",)
    assert result.by_name["left.conv"].inputs == ("stem_bn",)


def test_replace_takes_out_a_run_of_nodes_and_moves_the_output() -> None:
    b = Builder((3, 8, 8))
    for name in ("a", "b", "c"):
        b.add(name, ReLU())
    result = b.graph().replace({"b": (), "c": ()})
    assert [node.name for node in result.nodes] == ["input", "a"]
    assert result.outputs == ("a",)


def test_replace_with_nothing_to_do_is_the_same_graph() -> None:
    graph = diamond()
    assert graph.replace({}) is graph


def test_replace_checks_what_it_made() -> None:
    with pytest.raises(ExplorerError, match=r"^left\.conv: 2 nodes have this name"):
        diamond().replace({"stem": (Node("left.conv", ReLU(), ("input",)),)})


@pytest.mark.parametrize(
    ("prefix", "name", "inside"),
    [
        ("", "a.b", True),
        ("a", "a", True),
        ("a", "a.b", True),
        ("a.b", "a.b.c", True),
        ("a", "ab", False),
        ("a.", "a.b", False),
        ("a.b", "a", False),
    ],
)
def test_under_compares_whole_parts(prefix: str, name: str, inside: bool) -> None:
    assert under(prefix, name) == inside


names = st.lists(st.text("abc_1", min_size=1, max_size=3), min_size=1, max_size=4).map(".".join)


@given(st.lists(names, unique=True))
def test_prefixes_divide_the_names(all_names: list[str]) -> None:
    heads = prefixes(all_names)
    assert len(heads) == len(set(heads))
    for name in all_names:
        assert [head for head in heads if under(head, name)] == [name.split(".")[0]]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("inception_3a.branch5x5.conv", "inception_3a"),
        ("inception_3a.concat", "inception_3a"),
        ("block_1.unit_2.branch_pool.pool", "block_1.unit_2"),
        ("block_1.unit_2.concat", "block_1.unit_2"),
        ("conv1.pool", "conv1"),
        ("branch1x1.conv", "branch1x1"),
        ("fc", "fc"),
    ],
)
def test_module_of(name: str, module: str) -> None:
    assert module_of(name) == module
