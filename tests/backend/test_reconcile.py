"""Other counters' numbers are explained to the last unit, and what is not explained shows."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import pytest
from hypothesis import given, settings

from explorer.backend import reconcile as reconciliation
from explorer.backend.reconcile import Count, reconcile
from explorer.cli import main
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import BatchNorm2d, Conv2d, Flatten, GlobalAvgPool2d, Linear, pair
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs

pytestmark = pytest.mark.usefixtures("one_thread")

COUNTED = [
    ("torchinfo", "params"),
    ("torchinfo", "mult-adds"),
    ("torchinfo", "forward pass"),
    ("torch", "flops"),
    ("fvcore", "params"),
    ("fvcore", "flops"),
    ("fvcore", "activations"),
]


def count(graph: Graph, counter: str, measure: str) -> Count:
    return next(c for c in reconcile(graph).counts if (c.counter.partition(" ")[0], c.measure) == (counter, measure))


def assert_explained(graph: Graph) -> None:
    result = reconcile(graph)
    assert [(c.counter.partition(" ")[0], c.measure) for c in result.counts] == COUNTED
    assert [c.leftover for c in result.counts] == [0] * len(COUNTED)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_nothing_is_left_over_on_any_architecture(id: str) -> None:
    assert_explained(build(Spec.make(id)))


@pytest.mark.parametrize("verbs", [["batch_norm"], ["separable"], ["batch_norm", "separable"]], ids="+".join)
def test_nothing_is_left_over_on_a_rewritten_network(verbs: list[str]) -> None:
    assert_explained(build(Spec.make("inception10", rewrites=verbs)))


@settings(max_examples=100)
@given(graphs())
def test_nothing_is_left_over_on_random_networks(graph: Graph) -> None:
    assert_explained(graph)


def small() -> Graph:
    """A 3x3 convolution of two filters on 1x4x4, BN, a head of three classes, and a branch that leads nowhere."""
    b = Builder((1, 4, 4))
    b.add("conv", Conv2d(2, pair(3), padding=pair(1)))
    b.add("bn", BatchNorm2d())
    b.add("nowhere", Conv2d(5, pair(1)), "conv")
    b.add("pool", GlobalAvgPool2d(), "bn")
    b.add("flatten", Flatten())
    b.add("fc", Linear(3))
    return b.graph()


def test_the_terms_are_those_worked_out_by_hand() -> None:
    # 1*9*2 weights at 16 positions, 2*5 at 16, 2*3 at the end.
    macs = 288 + 160 + 6
    by_torchinfo = count(small(), "torchinfo", "mult-adds")
    assert by_torchinfo.ours == macs
    assert [term.value for term in by_torchinfo.terms] == [(2 + 5) * 16, 3, 4]
    by_torch = count(small(), "torch", "flops")
    assert [term.value for term in by_torch.terms] == [macs]
    by_fvcore = count(small(), "fvcore", "flops")
    assert [term.value for term in by_fvcore.terms] == [-160, 2 * 32, 32]


@pytest.mark.usefixtures("own_memory")
def test_a_wrong_count_of_ours_is_left_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    true = Linear.macs
    monkeypatch.setattr(Linear, "macs", lambda self, *shapes: true(self, *shapes) + 1)
    assert count(small(), "torchinfo", "mult-adds").leftover == -1
    assert main(["reconcile", "inception10"]) == 1
    assert "left over" in capsys.readouterr().out


def test_a_term_that_is_forgotten_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "_is_biased", lambda row: False)
    assert count(small(), "torchinfo", "mult-adds").leftover == (2 + 5) * 16 + 3


def test_without_fvcore_a_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(reconciliation, "find_spec", lambda name: None if name == "fvcore" else find(name))
    assert main(["reconcile", "inception_block"]) == 0
    assert "fvcore is not installed" in capsys.readouterr().out


def test_the_command_says_what_the_library_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile", "inception10", "--set", "init_ch=4", "--rewrite", "separable", "--json"]) == 0
    document: Any = json.loads(capsys.readouterr().out)
    graph = build(Spec.make("inception10", settings={"init_ch": 4}, rewrites=["separable"]))
    counts = reconcile(graph).counts
    assert document["rewrites"] == ["separable"]
    assert document["missing"] == []
    assert [entry["theirs"] for entry in document["counts"]] == [c.theirs for c in counts]
    assert all(entry["leftover"] == 0 for entry in document["counts"])
    assert document["counts"][1]["terms"] == [term._asdict() for term in counts[1].terms]


def test_the_text_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reconcile", "googlenet"]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert len(blocks) == 1 + len(COUNTED)
    for block in blocks[1:]:
        *parts, total, leftover = [line.split() for line in block.splitlines()[1:]]
        values = [int(words[-1].replace(",", "")) * (-1 if words[0] == "−" else 1) for words in parts]
        assert sum(values) == int(total[-1].replace(",", ""))
        assert leftover[-1] == "0"
