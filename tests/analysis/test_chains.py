"""A network as layers behind each other and side by side: nothing is lost, nothing is moved."""

import pytest
from hypothesis import given

from explorer.analysis.chains import Chain, Fork, Layer, layers, structure
from explorer.edits.rewrites import REWRITES
from explorer.graph.graph import Builder
from explorer.graph.ops import Add, Concat, Conv2d, ReLU, completes, pair
from explorer.graph.trace import Trace, trace
from explorer.spec.base import modules
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.strategies import specs

MODULES = [(id, module) for id in ARCHITECTURES for module in modules(id)]


def checked(traced: Trace) -> Chain:
    """The form of a network, whose layers follow from it what each reads."""
    found = structure(traced)
    assert found is not None
    read = {name: set[str]() for name in found.layers}
    _follow(found.chain, set(), read)
    owner = {row.name: layer.name for layer in found.layers.values() for row in layer.rows}
    dissolved = {row.name: row for row in traced.rows if row.name not in owner}
    for row in dissolved.values():
        assert isinstance(row.op, Concat)
    for layer in found.layers.values():
        assert read[layer.name] == _sources(layer.first.inputs, owner, dissolved)
        assert all(completes(row.op) for row in layer.rows[1:])
        for before, behind in zip(layer.rows, layer.rows[1:], strict=False):
            assert behind.inputs == (before.name,)
    return found.chain


def _sources(inputs: tuple[str, ...], owner: dict[str, str], dissolved: dict) -> set[str]:  # type: ignore[type-arg]
    sources = set[str]()
    for name in inputs:
        sources |= {owner[name]} if name in owner else _sources(dissolved[name].inputs, owner, dissolved)
    return sources


def _follow(chain: Chain, sources: set[str], read: dict[str, set[str]]) -> set[str]:
    """Notes for each layer of a chain the layers that it reads; those that the chain ends with."""
    for item in chain:
        if isinstance(item, Layer):
            read[item.name] |= sources
            sources = {item.name}
        else:
            sources = set[str]().union(*[_follow(branch, sources, read) for branch in item.branches])
    return sources


@pytest.mark.parametrize(("id", "module"), MODULES, ids=[".".join(pair) for pair in MODULES])
def test_every_module_of_the_zoo_has_the_form_whatever_is_switched_on(id: str, module: str) -> None:
    for rewrites in ([], *([rewrite] for rewrite in REWRITES)):
        checked(analyse(Spec.make(id, module=module, rewrites=rewrites)).trace)


@given(specs())
def test_whatever_has_the_form_reads_what_it_read(spec: Spec) -> None:
    traced = analyse(spec).trace
    if traced.rows and structure(traced) is not None:
        checked(traced)


def test_the_branches_of_3a_are_in_the_order_in_which_they_are_concatenated() -> None:
    chain = checked(analyse(Spec.make("googlenet", module="inception_3a")).trace)
    _, fork, join = chain
    assert isinstance(fork, Fork)
    assert [[layer.name for layer in layers(branch)] for branch in fork.branches] == [
        ["branch1x1.conv"],
        ["branch3x3.reduce", "branch3x3.conv"],
        ["branch5x5.reduce", "branch5x5.conv"],
        ["branch_pool.pool", "branch_pool.conv"],
    ]
    assert isinstance(join, Layer)
    assert join.name == "concat"


def test_a_split_at_the_end_of_a_branch_ends_in_the_outer_join() -> None:
    chain = checked(analyse(Spec.make("inception_v3", module="mixed_7b")).trace)
    fork = chain[1]
    assert isinstance(fork, Fork)
    inner = fork.branches[1][-1]
    assert isinstance(inner, Fork)
    assert [[layer.name for layer in layers(branch)] for branch in inner.branches] == [
        ["branch3x3.conv_1x3"],
        ["branch3x3.conv_3x1"],
    ]


def test_a_shortcut_is_a_branch_without_a_layer() -> None:
    builder = Builder((4, 8, 8))
    builder.add("conv", Conv2d(4, pair(1)))
    builder.add("add", Add(), "conv", "input")
    builder.add("relu", ReLU())
    _, fork, join = checked(trace(builder.graph()))
    assert isinstance(fork, Fork)
    assert [len(branch) for branch in fork.branches] == [1, 0]
    assert isinstance(join, Layer)
    assert [row.name for row in join.rows] == ["add", "relu"]


def test_branches_that_cross_have_another_form() -> None:
    builder = Builder((4, 8, 8))
    for name in ("a", "b"):
        builder.add(name, Conv2d(4, pair(1)), "input")
    builder.add("c", Concat(), "a", "b")
    builder.add("d", Add(), "a", "b")
    builder.add("e", Concat(), "c", "d")
    assert structure(trace(builder.graph())) is None


def test_several_outputs_have_another_form() -> None:
    assert structure(analyse(Spec.make("googlenet_paper")).trace) is None
