"""What each switch would change is what turning it changes."""

from __future__ import annotations

import pytest

from explorer.common.errors import ExplorerError
from explorer.edits.rewrites import REWRITES, AppliedRewrite
from explorer.graph.graph import under
from explorer.graph.trace import total
from explorer.spec.build import analyse, build
from explorer.spec.effects import effects
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES


def turned(spec: Spec, id: str, prefix: str) -> Spec:
    others = [rewrite for rewrite in spec.rewrites if (rewrite.id, rewrite.prefix) != (id, prefix)]
    is_on = len(others) < len(spec.rewrites)
    return spec.with_(rewrites=others if is_on else [*others, AppliedRewrite(id, prefix)])


def assert_effects(spec: Spec, prefix: str = "") -> None:
    found = effects(spec, prefix)
    assert [effect.rewrite for effect in found] == [*REWRITES]
    for effect in found:
        after = turned(spec, effect.rewrite, prefix)
        trace, error = analyse(after)
        assert effect.network == trace.totals
        assert effect.module == total(row for row in trace.rows if under(prefix, row.name))
        assert effect.changes == (build(after) != build(spec))
        assert (effect.error is None) == (error is None)
        assert effect.is_on == ((effect.rewrite, prefix) in {rewrite[:2] for rewrite in spec.rewrites})


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_of_every_architecture(id: str) -> None:
    assert_effects(Spec.make(id))


def test_of_what_is_on() -> None:
    assert_effects(Spec.make("inceptionnet", rewrites=["batch_norm", "grouped:4", "squeeze_excite@inception1"]))


@pytest.mark.parametrize("prefix", ["inception_4b", "inception_4b.branch5x5", "fc"])
def test_of_a_part(prefix: str) -> None:
    spec = Spec.make("googlenet", rewrites=["batch_norm", "stack_5x5@inception_4b"])
    assert_effects(spec, prefix)


def test_of_a_network_that_is_not_valid() -> None:
    spec = Spec.make("googlenet", input="3x64x64")
    assert analyse(spec).error is not None
    assert_effects(spec)
    assert all(effect.error is not None for effect in effects(spec))


def test_a_part_that_there_is_not() -> None:
    with pytest.raises(ExplorerError) as refused:
        effects(Spec.make("inceptionnet"), "nowhere")
    assert str(refused.value).startswith("there is no module 'nowhere'; there is: conv1, ")
