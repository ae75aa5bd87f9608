"""One module cut out of a network is the same as within it; a setting and the layer's value are one."""

import pytest

from explorer.graph.graph import module_of
from explorer.graph.trace import NodeTrace, trace
from explorer.spec.base import aliases, base_of, modules
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.complaint import complaint

WITH_MODULES = [id for id in ARCHITECTURES if modules(id)]
WITH_ALIASES = [id for id in ARCHITECTURES if aliases(id)]


def _same(row: NodeTrace) -> tuple[object, ...]:
    return row.op, row.in_shapes, row.out_shape, row.params, row.statistics, row.macs, row.activations


@pytest.mark.parametrize("id", WITH_MODULES)
def test_a_module_cut_out_is_the_same_node_by_node(id: str) -> None:
    whole = analyse(Spec.make(id)).trace.by_name
    for module in modules(id):
        rows, error = analyse(Spec.make(id, module=module))
        assert error is None
        image, *inside = rows.rows
        assert {f"{module}.{row.name}" for row in inside} == {n for n in whole if n.startswith(f"{module}.")}
        for row in inside:
            assert _same(row) == _same(whole[f"{module}.{row.name}"])
        sources = {name for row in inside for name in whole[f"{module}.{row.name}"].inputs}
        (source,) = (name for name in sources if not name.startswith(f"{module}."))
        assert image.out_shape == whole[source].out_shape


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_modules_are_where_branches_meet(id: str) -> None:
    joins = {module_of(node.name) for node in build(Spec.make(id)).nodes if len(node.inputs) > 1}
    assert set(modules(id)) <= joins
    left_out = joins - set(modules(id))
    # What is left out is the network itself, or reads from or ends in several places.
    for name in left_out - {node.name for node in build(Spec.make(id)).nodes}:
        assert complaint(lambda name=name: build(Spec.make(id)).alone(name)).endswith(
            "is no module by itself: it must read from one place and end in one place"
        )


@pytest.mark.parametrize("id", WITH_MODULES)
def test_a_module_can_be_given_an_input_and_classes(id: str) -> None:
    for module in modules(id):
        channels, height, width = base_of(id, module).input_shape
        spec = Spec.make(id, module=module, input=(channels, height + 3, width + 3), classes=7)
        rows = trace(build(spec)).rows
        assert rows[0].out_shape == (channels, height + 3, width + 3)
        assert rows[-1].out_shape == (7,)


def test_every_architecture_with_joins_of_its_own_has_modules() -> None:
    assert modules("googlenet")[0] == "inception_3a"
    assert len(modules("googlenet")) == 9
    chains = {"inception_block", "vgg16", "mobilenet_v1", "mnist_mlp", "lenet", "dilated_cnn", "alexnet"}
    assert ARCHITECTURES.keys() - set(WITH_MODULES) == chains
    assert Spec.make("googlenet", module="inception_3a").title == "GoogLeNet inception_3a"
    assert Spec.make("googlenet").title == "GoogLeNet"


def test_a_module_of_googlenet_is_the_block_that_stands_for_it() -> None:
    cut, block = (build(spec) for spec in (Spec.make("googlenet", module="inception_3a"), Spec.make("inception_block")))
    assert cut == block


@pytest.mark.parametrize("id", WITH_ALIASES)
def test_an_alias_is_its_setting_and_nothing_else(id: str) -> None:
    base = Spec.make(id)
    for name, setting in aliases(id).items():
        default = base.entry.settings[setting].default
        other = default - 1 or 2
        by_name, by_setting = (Spec.make(id, settings={key: other}) for key in (name, setting))
        assert by_name == by_setting
        assert by_setting.settings == ((setting, other),)
        node, _, field = name.rpartition(".")
        ops = {one.name: one.op for one in build(by_setting).nodes}
        usual = {one.name: one.op for one in build(base).nodes}
        assert getattr(ops.pop(node), field) in (other, (other, other))
        assert getattr(usual.pop(node), field) in (default, (default, default))
        assert ops == usual


def test_the_block_and_googlenet_name_every_width() -> None:
    assert set(aliases("inception_block").values()) == set(ARCHITECTURES["inception_block"].settings)
    assert set(aliases("googlenet").values()) == set(ARCHITECTURES["googlenet"].settings)


def test_the_classifier_keeps_the_width_that_was_asked_for() -> None:
    spec = Spec.make("googlenet", classes=10, settings={"fc.out_features": 1000})
    assert analyse(spec).trace.rows[-1].out_shape == (1000,)
    assert analyse(spec.with_(settings=())).trace.rows[-1].out_shape == (10,)
    assert spec.with_setting("fc.out_features", 10) == Spec.make("googlenet", classes=10)
    assert Spec.make("googlenet", settings={"fc.out_features": 1000}) == Spec.make("googlenet")


@pytest.mark.parametrize(
    "module", ["inception_9z", "inception_3a.branch1x1", "conv1", "input", "<b>", " ", "é", "a" * 9000]
)
def test_an_unknown_module_is_named_with_what_there_is(module: str) -> None:
    message = complaint(lambda: Spec.make("googlenet", module=module))
    assert message.startswith(f"there is no module of googlenet called {module[:80]!r}")
    assert message.endswith("; there is: " + ", ".join(modules("googlenet")))


def test_a_network_without_modules_says_so() -> None:
    message = complaint(lambda: Spec.make("vgg16", module="stage1"))
    assert message == "there is no module of vgg16 called 'stage1'; there is: none"
