"""A switch shows what the network has, says what turning it changes, and leads back."""

import pytest

from explorer.graph.ops import BatchNorm1d, BatchNorm2d
from explorer.spec.base import modules
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec
from explorer.spec.switches import SWITCHES, State, states, turned
from explorer.zoo import ARCHITECTURES
from tests.helpers.complaint import complaint

NETWORKS = [
    *(Spec.make(id) for id in ARCHITECTURES),
    *(Spec.make(id, module=module) for id in ARCHITECTURES for module in modules(id)[:1]),
    Spec.make("googlenet", rewrites=["stack_5x5", "batch_norm", "separable"]),
    Spec.make("bn_inception", rewrites=["no_batch_norm", "residual"]),
]


def state(spec: Spec, id: str, prefix: str = "") -> State:
    return next(state for state in states(spec, prefix) if state.switch.id == id)


def name(spec: Spec) -> str:
    return f"{spec.architecture}.{spec.module}{len(spec.rewrites)}"


@pytest.mark.parametrize("spec", NETWORKS, ids=name)
def test_turning_changes_what_was_said_and_turning_again_leads_back(spec: Spec) -> None:
    for found in states(spec):
        after = turned(spec, found.switch.id)
        assert found.now == analyse(spec).trace.totals
        other = analyse(after)
        assert found.turned == (other.trace.totals if other.error is None else None)
        if found.why_not:
            assert build(after) == build(spec)
            continue
        assert build(after) != build(spec)
        assert state(after, found.switch.id).is_on is not found.is_on
        assert turned(after, found.switch.id) == spec or found.is_turned
        assert build(turned(after, found.switch.id)) == build(spec) or found.is_turned


@pytest.mark.parametrize("spec", NETWORKS, ids=name)
def test_batch_norm_is_on_where_there_is_some(spec: Spec) -> None:
    has = any(isinstance(node.op, BatchNorm1d | BatchNorm2d) for node in build(spec).nodes)
    assert state(spec, "batch_norm").is_on is has
    assert has is not any(
        isinstance(node.op, BatchNorm1d | BatchNorm2d) for node in build(turned(spec, "batch_norm")).nodes
    )


@pytest.mark.parametrize("id", ["bn_inception", "inception_v3", "xception"])
def test_batch_norm_can_be_taken_out_of_what_is_built_with_it(id: str) -> None:
    found = state(Spec.make(id), "batch_norm")
    assert found.is_on
    assert not found.is_turned
    assert not found.why_not
    assert found.turned is not None
    assert found.now is not None
    assert found.turned.statistics == 0 < found.now.statistics
    assert found.turned.params < found.now.params


def test_what_is_not_there_to_be_turned_says_so() -> None:
    assert state(Spec.make("inception_v3"), "two_3x3").why_not == ""
    assert state(Spec.make("bn_inception"), "two_3x3").why_not == "there is no 5×5 here"
    assert state(Spec.make("mnist_mlp"), "reductions").why_not == "no 1×1 stands before a larger window here"
    assert state(Spec.make("googlenet"), "reductions").is_on
    assert not state(Spec.make("googlenet", rewrites=["no_reduction"]), "reductions").is_on


def test_a_switch_can_be_kept_to_a_module() -> None:
    spec = Spec.make("googlenet")
    after = turned(spec, "separable", "inception_3a")
    assert [str(rewrite) for rewrite in after.rewrites] == ["separable@inception_3a"]
    assert state(after, "separable", "inception_3a").is_on
    assert not state(after, "separable").is_on
    assert turned(after, "separable", "inception_3a") == spec


def test_an_unknown_switch_is_refused() -> None:
    assert complaint(lambda: turned(Spec.make("googlenet"), "dropout")) == (
        f"there is no switch 'dropout'; there is: {', '.join(SWITCHES)}"
    )
