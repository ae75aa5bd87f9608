"""Two networks aligned: nothing is lost, nothing is counted twice, and sides are interchangeable."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.candidates import LONGEST_NAME, MEASURES, Candidate, candidate, growth, weighted_depths
from explorer.analysis.compare import ADDED, CHANGED, KINDS, REMOVED, REWIRED, SAME, align
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.draw.charts.compare import OVER_DEPTH, label_span, over_depth, scatter
from explorer.spec.build import analyse, build, valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.strategies import specs

valid_specs = specs().filter(lambda spec: analyse(spec).error is None)
names = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=LONGEST_NAME).filter(str.isprintable)


@settings(max_examples=40, deadline=None)
@given(valid_specs, valid_specs)
def test_differences_sum_to_the_difference_of_totals(before: Spec, after: Spec) -> None:
    old, new = valid(before).totals, valid(after).totals
    modules = align(before, after).modules
    assert sum(node.params for pair in modules for node in pair.nodes) == new.params - old.params
    assert sum(node.macs for pair in modules for node in pair.nodes) == new.macs - old.macs
    assert sum(pair.sums[0].activations for pair in modules) == old.activations
    assert sum(pair.sums[1].activations for pair in modules) == new.activations


@settings(max_examples=40, deadline=None)
@given(valid_specs, valid_specs)
def test_every_node_of_either_network_is_in_one_place(before: Spec, after: Spec) -> None:
    nodes = [node for pair in align(before, after).modules for node in pair.nodes]
    assert sorted(n.before.name for n in nodes if n.before) == sorted(n.name for n in build(before).nodes)
    assert sorted(n.after.name for n in nodes if n.after) == sorted(n.name for n in build(after).nodes)


@settings(max_examples=20, deadline=None)
@given(valid_specs)
def test_a_network_differs_from_itself_in_nothing(spec: Spec) -> None:
    found = align(spec, spec)
    assert not any(pair.differs for pair in found.modules)
    assert {node.kind for pair in found.modules for node in pair.nodes} == {SAME}


@settings(max_examples=40, deadline=None)
@given(valid_specs, valid_specs)
def test_swapped_sides_swap_signs(before: Spec, after: Spec) -> None:
    there, back = align(before, after), align(after, before)
    swapped = {ADDED: REMOVED, REMOVED: ADDED}
    assert (there.shared, there.by_name) == (back.shared, back.by_name)
    for kind in KINDS:
        counts = [sum(pair.count(k) for pair in a.modules) for k, a in ((kind, there), (swapped.get(kind, kind), back))]
        assert counts[0] == counts[1]
    forth = sorted((n.name, n.params, n.macs) for p in there.modules for n in p.nodes)
    assert forth == sorted((n.name, -n.params, -n.macs) for p in back.modules for n in p.nodes)


@settings(max_examples=40, deadline=None)
@given(specs())
def test_an_edit_that_changes_a_network_shows_as_a_difference(spec: Spec) -> None:
    before, after = spec.unedited, spec
    if analyse(before).error is None and analyse(after).error is None:
        found = align(before, after)
        assert any(pair.differs for pair in found.modules) == (build(before).nodes != build(after).nodes)


def test_the_kinds_of_an_edit() -> None:
    found = align(Spec.make("googlenet"), Spec.make("googlenet", rewrites=["batch_norm@inception_3a"]))
    kinds = {f"{p.name}.{n.name}": n for p in found.modules for n in p.nodes if n.kind != SAME}
    assert all(name.startswith("inception_3a.") for name in kinds)
    assert kinds["inception_3a.branch1x1.conv_bn"].kind == ADDED
    # The bias, which BN makes redundant, is gone; the ReLU reads from the BN now.
    assert (kinds["inception_3a.branch1x1.conv"].kind, kinds["inception_3a.branch1x1.conv"].fields) == (
        CHANGED,
        ("bias",),
    )
    assert kinds["inception_3a.branch1x1.conv_relu"].kind == REWIRED


def test_networks_without_common_names_stand_side_by_side_by_place() -> None:
    assert align(Spec.make("googlenet"), Spec.make("bn_inception")).by_name
    assert align(Spec.make("inception_v3"), Spec.make("inception_v4")).by_name
    found = align(Spec.make("googlenet"), Spec.make("vgg16"))
    assert not found.by_name
    assert [pair.before for pair in found.modules if pair.before][:3] == ["input", "conv1", "conv2"]
    assert [pair.after for pair in found.modules if pair.after][:3] == ["input", "stage1", "stage2"]


@settings(max_examples=60, deadline=None)
@given(valid_specs, names)
def test_a_network_in_a_link_comes_back(spec: Spec, name: str) -> None:
    one = Candidate(spec, name)
    assert candidate(one.text) == one
    assert (name or spec.title) in one.label


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it must be a query such as network=googlenet"),
        ("googlenet", "it must be a query such as network=googlenet"),
        ("network=nothing", "no architecture 'nothing'"),
        ("network=googlenet&rewrite=stack_5x5@nowhere", "nowhere"),
        ("network=googlenet&input=3x8x8", "does not fit"),
        ("network=googlenet&name=" + "x" * 61, "at most 60 printable characters"),
        ("network=googlenet&name=%07", "at most 60 printable characters"),
        ("network=googlenet&width=3", "width"),
        ("network=" + "x" * 20_000, "at most 16,384 characters"),
    ],
)
def test_a_wrong_network_in_a_link_costs_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ExplorerError, match=r"^[^\n]+$") as caught:
        candidate(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("id", "layers"),
    [("lenet", 5), ("alexnet", 8), ("vgg16", 16), ("googlenet", 22), ("resnet18", 18), ("resnet50", 50)],
)
def test_depth_is_the_number_that_a_network_is_known_by(id: str, layers: int) -> None:
    (depth,) = (measure for measure in MEASURES if measure.name.startswith("layers"))
    assert depth.value(Spec.make(id)) == layers


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_growth_ends_at_the_totals(id: str) -> None:
    spec = Spec.make(id)
    totals, points = valid(spec).totals, growth(spec)
    assert (points[-1].params, points[-1].macs) == (totals.params, totals.macs)
    assert [p.depth for p in points] == sorted({*weighted_depths(spec).values()})
    assert max(p.field for p in points if p.field is not None) >= max(valid(spec).field or (0,))


def test_charts_show_every_network_as_a_line_and_a_mark() -> None:
    labels = {"<b>one</b>": Spec.make("lenet"), "two": Spec.make("alexnet")}
    lines = {label: growth(spec) for label, spec in labels.items()}
    for what in OVER_DEPTH:
        figure = over_depth(lines, what)
        assert [list(trace.y) for trace in figure.data] == [[getattr(p, what) for p in line] for line in lines.values()]
        assert figure.data[0].name == "&lt;b&gt;one&lt;/b&gt;"
    zoo = {id: valid(Spec.make(id)).totals for id in ARCHITECTURES}
    rest, *marked = scatter(zoo, {label: valid(spec).totals for label, spec in labels.items()}).data
    assert list(zip(rest.x, rest.y, strict=True)) == [(t.params, t.macs) for t in zoo.values()]
    assert [(m.x[0], m.y[0]) for m in marked] == [(zoo[id].params, zoo[id].macs) for id in ("lenet", "alexnet")]


def test_a_ratio_of_nothing_is_not_shown() -> None:
    assert (formats.ratio(200, 300), formats.ratio(0, 5)) == ("×1.50", "")


GENERATIONS = ("googlenet", "bn_inception", "inception_v3", "xception")


@pytest.mark.parametrize("ids", [GENERATIONS, *combinations(list(ARCHITECTURES)[::2], 4)], ids="-".join)
def test_a_label_stands_at_its_own_mark_and_on_no_other(ids: tuple[str, ...]) -> None:
    zoo = {ARCHITECTURES[id].title: valid(Spec.make(id)).totals for id in ARCHITECTURES}
    chosen = {ARCHITECTURES[id].title: valid(Spec.make(id)).totals for id in ids}
    _, *marked = scatter(zoo, chosen).data
    low, high = min(t.params for t in zoo.values()), max(t.params for t in zoo.values())
    least, most = min(t.macs for t in zoo.values()), max(t.macs for t in zoo.values())

    def pixels(params: int, macs: int) -> tuple[float, float]:
        x = 520 * math.log(params / low) / math.log(high / low)
        return x, 300 - 300 * math.log(macs / least) / math.log(most / least)

    marks = {mark.text[0]: pixels(mark.x[0], mark.y[0]) for mark in marked}
    for mark in marked:
        left, top, right, bottom = label_span(mark.text[0], marks[mark.text[0]], mark.textposition)
        for other, (x, y) in marks.items():
            assert other == mark.text[0] or not (left < x < right and top < y < bottom), (mark.text[0], other)
