"""A network looked at part by part is the network looked at as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.common.errors import ExplorerError
from explorer.common.memory import MEMORY
from explorer.edits.rewrites import REWRITES, AppliedRewrite, apply
from explorer.graph.graph import Graph, Node
from explorer.graph.ops import OPS, Conv2d, Input, MaxPool2d, ReLU, completes, pair
from explorer.graph.trace import partial_trace, total, totals
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs
from tests.helpers.strategies import rewrites


def whole(graph: Graph) -> Graph:
    """The same network in one part, which nothing is remembered of."""
    fresh = Graph(graph.nodes, graph.outputs)
    return Graph.of([fresh.whole.piece], fresh.outputs)


def assert_same(graph: Graph, other: Graph) -> None:
    assert graph == other
    (mine, my_error), (theirs, their_error) = partial_trace(graph), partial_trace(whole(other))
    assert mine == theirs
    assert str(my_error) == str(their_error)
    assert my_error is None or my_error.node == (their_error and their_error.node)
    assert mine.totals == total(mine.rows)
    assert totals(graph) == (None if my_error else mine.totals)


def assert_cut_soundly(graph: Graph) -> None:
    """The rules that `explorer.graph.parts` states."""
    assert tuple(node for part in graph.parts for node in part.nodes) == graph.nodes
    for part in graph.parts:
        names = part.piece.names
        assert {name for node in part.nodes for name in node.inputs} - names <= {part.piece.source}
        readers = [node for node in graph.nodes if node.name not in names and names & {*node.inputs}]
        read = {name for node in readers for name in node.inputs if name in names}
        assert read == ({part.exit} if part.exit else set())
        assert dict(part.shapes) == {
            name: graph.shapes[name] for name in [part.piece.source, *names] if name in graph.shapes
        }
        if len(readers) == 1 and readers[0].inputs.count(part.exit) == 1:
            assert part.piece.ends_a_join(part.exit)
            assert not completes(readers[0].op)


@settings(max_examples=150)
@given(graphs(), st.data())
def test_any_rewrites_of_any_network(graph: Graph, data: st.DataObject) -> None:
    chosen = data.draw(rewrites(graph))
    try:
        expected = apply(whole(graph), chosen)
    except ExplorerError as error:
        with pytest.raises(ExplorerError) as refused:
            apply(graph, chosen)
        assert str(refused.value) == str(error)
        return
    rewritten = apply(graph, chosen)
    assert_same(rewritten, expected)
    assert_cut_soundly(rewritten)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_rewrite_of_every_architecture(id: str) -> None:
    graph = build(Spec.make(id))
    assert_cut_soundly(graph)
    for rewrite in REWRITES:
        rewritten = apply(graph, [AppliedRewrite(rewrite)])
        assert_same(rewritten, apply(whole(graph), [AppliedRewrite(rewrite)]))
        assert_cut_soundly(rewritten)


def test_a_new_name_that_another_part_has_gets_a_number() -> None:
    """What makes the name sees no other part, and what it makes is not remembered for one that has it."""
    graph = build(Spec.make("inceptionnet"))
    renamed = graph.replace(
        {"fc": (Node("inception1.concat_add", graph.by_name["fc"].op, graph.by_name["fc"].inputs),)}
    )
    residual = [AppliedRewrite("residual")]
    assert "inception1.concat_add_2" in apply(renamed, residual).by_name
    assert "inception1.concat_add_2" not in apply(graph, residual).by_name
    assert_same(apply(renamed, residual), apply(whole(renamed), residual))


def test_an_edit_makes_only_its_part_anew() -> None:
    graph = build(Spec.make("googlenet"))
    name = "inception_4b.branch5x5.conv"
    edited = graph.replace({name: (Node(name, Conv2d(16, pair(5), padding=pair(2)), graph.by_name[name].inputs),)})
    changed = [
        old.piece.source for old, new in zip(graph.parts, edited.parts, strict=True) if old.piece is not new.piece
    ]
    assert changed == ["inception_4a.concat"]
    moved = [old.piece.source for old, new in zip(graph.parts, edited.parts, strict=True) if old is not new]
    assert moved == ["inception_4a.concat", "inception_4b.concat"]


def test_what_cannot_be_apart_is_put_together() -> None:
    """A merged module is a layer, and the pool behind it may look at it."""
    spec = Spec.make("googlenet", rewrites=["no_reduction", "simplify", "share_1x1", "merge"])
    assert_cut_soundly(build(spec))
    assert_cut_soundly(build(Spec.make("xception")))


def test_an_image_stays_with_what_reads_it() -> None:
    image = Node("input", Input((3, 8, 8)))
    fork = [Node("a", MaxPool2d(pair(3)), ("input",)), Node("b", ReLU(), ("input",))]
    graph = Graph((image, *fork), ("a", "b"))
    assert [part.nodes[0] for part in graph.parts] == [image]


def test_every_join_is_one_by_its_family() -> None:
    """What a part may end in is found by the family of its op."""
    assert {op.__name__ for op in OPS if op.family == "join"} == {"Concat", "Add", "Multiply", "Gate"}


@pytest.mark.parametrize("breaking", ["twice", "nowhere", "image"])
def test_pieces_that_make_no_network_are_refused(breaking: str) -> None:
    graph = build(Spec.make("inceptionnet"))
    concat = graph.by_name["inception1.concat"]
    edits = {
        "twice": {"fc": (Node("inception1.concat", ReLU(), graph.by_name["fc"].inputs),)},
        "nowhere": {"inception1.concat": (Node(concat.name, concat.op, ("nowhere",)),)},
        "image": {"fc": (Node("second", Input((3, 8, 8))),)},
    }[breaking]
    with pytest.raises(ExplorerError) as refused:
        graph.replace(edits)
    assert (
        str(refused.value)
        == {
            "twice": "inception1.concat: 2 nodes have this name, and a name must be unique",
            "nowhere": "inception1.concat: its input nowhere is not a node before it",
            "image": "a network has exactly one Input node",
        }[breaking]
    )


def test_nothing_depends_on_what_is_remembered() -> None:
    spec = Spec.make("inception10", rewrites=["residual", "batch_norm", "separable"])
    before = build(spec)
    MEMORY.clear()
    assert build(spec) is not before
    assert_same(build(spec), before)


def test_a_part_behind_a_failure_costs_nothing_and_leaves_no_trace() -> None:
    """It was priced before, behind a network that fits; and is again afterwards."""
    fits, fails = Spec.make("googlenet"), Spec.make("googlenet", settings={"conv2.conv.kernel_size": 63})
    fails = fails.with_(input="3x32x32")
    for spec in (fits, fails, fits, fails.with_(input=None)):
        graph = build(spec)
        assert_same(graph, graph)
