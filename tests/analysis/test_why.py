"""The sentence on a switch is true of the network that it is said of."""

import re

import pytest

from explorer.analysis.why import Why, why
from explorer.lessons.cost import LESSONS
from explorer.spec.base import modules
from explorer.spec.build import analyse, valid
from explorer.spec.spec import Spec
from explorer.spec.switches import SWITCHES, states, turned
from explorer.ui.components.why_line import lesson
from explorer.zoo import ARCHITECTURES

MODULE = Spec.make("googlenet", module="inception_3a")
NETWORKS = [
    *(Spec.make(id) for id in ARCHITECTURES),
    *(Spec.make(id, module=module) for id in ARCHITECTURES for module in modules(id)[:2]),
]


def said(spec: Spec, switch: str) -> Why | None:
    after = turned(spec, switch)
    found = why(after, switch)
    assert found is None or found.switch == switch
    return found


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        (
            "reductions",
            "Each of 2 larger windows reads all channels, 2 to 12 times as many as behind its 1×1, and 416 channels go "
            "on, not 256.",
        ),
        (
            "two_3x3",
            "Two 3×3 cost more here: the 5×5 makes 2 times as many channels as it reads, and they are cheaper only "
            "below about 16/9 = 1.8 times as many.",
        ),
        (
            "batch_norm",
            "6 layers have a scale and a shift for each channel in place of a bias: +368 parameters, beside 736 "
            "running means and variances, which are not trained.",
        ),
        (
            "separable",
            "A depthwise filter has one small window for each channel, and a 1×1 then mixes the channels: 2 windows "
            "cost 11.5 % of what they did.",
        ),
        (
            "residual",
            "A shortcut leads around 1 module and is added to what comes out; its 1×1 makes the widths the same: "
            "+49,408 parameters.",
        ),
    ],
)
def test_the_sentences_of_3a(switch: str, words: str) -> None:
    found = said(MODULE, switch)
    assert found is not None
    assert found.words == words


@pytest.mark.parametrize("spec", NETWORKS, ids=lambda spec: f"{spec.architecture}.{spec.module}")
def test_what_is_said_is_so(spec: Spec) -> None:
    for switch in SWITCHES:
        after = turned(spec, switch)
        if after == spec or analyse(after).error is not None:
            continue
        found = said(spec, switch)
        if found is None:  # it changed nothing of the kind
            continue
        more = valid(after).totals.params - valid(spec).totals.params
        if "cost more" in found.words:
            assert more > 0
        if "cost less here" in found.words or "cost less in all" in found.words:
            assert more < 0
        for number in re.findall(r"([+−][\d,]+) parameters", found.words):
            assert int(number.replace("−", "-").replace(",", "")) == more
        if switch == "residual":
            adds = sum(row.kind == "Add" for row in valid(after).rows) - sum(
                row.kind == "Add" for row in valid(spec).rows
            )
            assert f"{adds} module" in found.words
        if found.lesson:
            letters = {variable.letter for variable in LESSONS[found.lesson].variables}
            assert found.values.keys() == letters
            assert lesson(after, found.lesson, dict(found.values))


def test_without_a_turned_switch_there_is_nothing_to_say() -> None:
    assert why(MODULE) is None
    assert why(MODULE.with_setting("branch5x5.conv.out_channels", 64)) is None
    crossed = MODULE.with_(settings={"concat.kind": "add"}, rewrites=["stack_5x5"])
    assert any(state.is_turned for state in states(crossed))
    assert why(crossed) is None


def test_the_switch_turned_last_comes_first() -> None:
    spec = MODULE.with_(rewrites=["batch_norm", "residual"])
    assert [getattr(why(spec, last), "switch", "") for last in ("batch_norm", "residual")] == ["batch_norm", "residual"]


def test_narrow_stacks_cost_less_and_say_so() -> None:
    found = said(MODULE.with_setting("branch5x5.conv.out_channels", 16), "two_3x3")
    assert found is not None
    assert found.words.startswith("Two 3×3 cost less here: the 5×5 makes 1 times as many")
    mixed = Spec.make("googlenet", settings={"inception_3a.width_5x5": 16})
    found = said(mixed, "two_3x3")
    assert found is not None
    assert found.words.startswith("Two 3×3 cost less in 1 of 9 places")
