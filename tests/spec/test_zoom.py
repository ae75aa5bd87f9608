"""From a network to a module by itself and back: nothing is lost on the way, and no number changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.widths import of
from explorer.common.errors import ExplorerError
from explorer.edits.rewrites import REWRITES
from explorer.spec.base import modules
from explorer.spec.build import analyse, build, edited, valid
from explorer.spec.spec import Spec
from explorer.spec.zoom import alone, kind, placed
from explorer.zoo import ARCHITECTURES
from tests.helpers.complaint import complaint

WITH_MODULES = [id for id in ARCHITECTURES if modules(id)]
AROUND = {"inception_resnet_v2": {"no_reduction", "simplify"}}
"""Rewrites that look at what is around a module: a projection to the width of the sum is no reduction."""
TOO_WIDE = {("inception_v4", "no_reduction")}
"""Where a module reads more channels than an input may have."""


@pytest.mark.parametrize("id", WITH_MODULES)
@pytest.mark.parametrize("rewrite", ["", *REWRITES])
def test_a_module_by_itself_is_what_it_is_in_its_network(id: str, rewrite: str) -> None:
    network = Spec.make(id, rewrites=[rewrite] if rewrite else [])
    for module in modules(id)[:: max(1, len(modules(id)) // 3)]:
        inside = build(network).alone(module)
        try:
            by_itself = alone(network, module)
        except ExplorerError as error:
            assert rewrite in AROUND.get(id, ()) or (id, rewrite) in TOO_WIDE
            assert "by itself it would be another module" in str(error) or "from 1 to 8,192" in str(error)
            continue
        assert build(by_itself) == inside
        assert (by_itself.architecture, by_itself.module) == (id, module)
        assert build(placed(by_itself, network)) == build(network)


def edits_of(module: Spec) -> st.SearchStrategy[Spec]:
    """The module with some widths, a branch more and some rewrites of the whole and of a branch."""
    nodes = [(f"{node.name}.{name}", value) for node, name, value in of(edited(module))]
    branches = sorted({key.partition(".")[0] for key, _ in nodes if key.startswith("branch")})
    rewrites = ("batch_norm", "separable", "stack_5x5", "squeeze_excite", "grouped")
    join = next(node.name for node in reversed(edited(module).nodes) if len(node.inputs) > 1)
    return st.builds(
        lambda widths, more, everywhere, here: module.with_(
            settings=widths,
            layers=[f"branch_new1.layer:conv3x3:{more}>{join}"] if more else [],
            rewrites=[*everywhere, *(f"{id}@{prefix}" for id, prefix in here)],
        ),
        st.dictionaries(st.sampled_from([key for key, _ in nodes]), st.integers(1, 300), max_size=4),
        st.sampled_from([0, 0, 24]),
        st.lists(st.sampled_from(rewrites), unique=True, max_size=3),
        st.lists(st.tuples(st.sampled_from(rewrites), st.sampled_from(branches)), unique=True, max_size=2),
    )


@pytest.mark.parametrize(
    ("id", "name"), [("googlenet", "inception_4b"), ("inception_v3", "mixed_5c"), ("inception_v4", "mixed_6c")]
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_module_that_was_edited_comes_back_as_it_was(id: str, name: str, data: st.DataObject) -> None:
    module = data.draw(edits_of(Spec.make(id, module=name)))
    network = data.draw(
        st.sampled_from([Spec.make(id), Spec.make(id, rewrites=["residual"]), Spec.make(id, input="3x160x160")])
    )
    try:
        whole = placed(module, network)
    except ExplorerError as error:
        assert network.rewrites
        assert "everywhere" in str(error)
        return
    assert whole.module == ""
    assert alone(whole, name).with_(input=None) == _live(module, whole)
    # All else is as it was.
    for other in modules(id):
        if other != name and analyse(whole).error is None:
            mine, before = (alone(spec, other).with_(input=None) for spec in (whole, network))
            assert mine == before


def _live(module: Spec, whole: Spec) -> Spec:
    """The module without the rewrites that do nothing in it."""
    for rewrite in module.rewrites:
        fewer = module.with_(rewrites=[other for other in module.rewrites if other != rewrite])
        module = fewer if build(fewer) == build(module) else module
    return module


def test_all_of_a_kind_follow_by_the_ratio_of_their_widths() -> None:
    module = Spec.make(
        "googlenet",
        module="inception_3a",
        settings={"branch5x5.conv.out_channels": 64, "branch3x3.conv.kernel_size": 5},
        rewrites=["batch_norm"],
    )
    whole = placed(module, Spec.make("googlenet"), everywhere=True)
    assert kind("googlenet", "inception_3a") == modules("googlenet")
    for name in modules("googlenet"):
        there, usual = alone(whole, name), Spec.make("googlenet", module=name)
        by_name, before = edited(there).by_name, edited(usual).by_name
        assert by_name["branch5x5.conv"].op.out_channels == 2 * before["branch5x5.conv"].op.out_channels  # type: ignore[attr-defined]
        assert by_name["branch3x3.conv"].op.kernel_size == (5, 5)  # type: ignore[attr-defined]
        assert by_name["branch1x1.conv"].op == before["branch1x1.conv"].op
        assert [str(rewrite) for rewrite in there.rewrites] == ["batch_norm"]
    assert valid(whole).totals.params > valid(Spec.make("googlenet")).totals.params


def test_modules_of_a_kind_have_the_same_layers() -> None:
    for id in WITH_MODULES:
        for name in modules(id):
            same = kind(id, name)
            assert name in same
            assert {other: kind(id, other) for other in same} == dict.fromkeys(same, same)
    assert kind("inception_v3", "mixed_5c") == ("mixed_5b", "mixed_5c", "mixed_5d")
    assert "mixed_6a" not in kind("inception_v3", "mixed_6b")


def test_what_stands_everywhere_is_not_taken_back_by_one_module() -> None:
    network = Spec.make("googlenet", rewrites=["batch_norm"])
    module = Spec.make("googlenet", module="inception_3a")
    said = complaint(lambda: placed(module, network))
    assert "GoogLeNet has 'Batch norm" in said
    assert "inception_3a is without" in said
    assert complaint(lambda: alone(network, "inception_9z")).startswith("there is no module of googlenet")
