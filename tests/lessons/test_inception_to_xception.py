"""The six steps from Inception to Xception, against the arithmetic of their sources."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.cli import main
from explorer.edits.rewrites import AppliedRewrite, apply
from explorer.graph.ops import Conv2d, MaxPool2d
from explorer.graph.trace import trace
from explorer.lessons.inception_to_xception import BLOCK, continuum, cost, steps, width
from explorer.spec.build import build
from explorer.spec.spec import Spec

widths = st.sampled_from([4, 6, 8, 16, 24])
FIELDS = ("width_1x1", "reduce_3x3", "width_3x3", "reduce_5x5", "width_5x5", "width_pool")


@st.composite
def blocks(draw: st.DrawFn) -> Spec:
    """A module of any widths."""
    return Spec.make(BLOCK, input=(draw(widths), 12, 12), settings={field: draw(widths) for field in FIELDS})


@given(blocks())
def test_each_step_adds_its_verbs_to_the_step_before(spec: Spec) -> None:
    stops = steps(spec)
    assert len(stops) == 7
    assert stops[0].spec == spec
    for before, after in pairwise(stops[:6]):
        assert apply(build(before.spec), after.added) == build(after.spec) != build(before.spec)
    # The last two differ in the number of groups only.
    assert stops[6].spec.rewrites[:-1] == stops[5].spec.rewrites[:-1]


@given(blocks())
def test_what_each_step_leaves(spec: Spec) -> None:
    convs = [[node.op for node in build(stop.spec).nodes if isinstance(node.op, Conv2d)] for stop in steps(spec)]
    sizes = [[conv.kernel_size[0] for conv in some] for some in convs]
    assert sizes[0] == [1, 1, 3, 1, 5, 1]
    assert sizes[1] == [1, 1, 3, 1, 3, 3, 1]
    assert sizes[2] == [1, 1, 3, 1, 3, 3, 3]
    assert sizes[3] == [1, 3, 1, 3, 1, 3]
    assert sizes[4] == [1, 3, 3, 3]
    assert sizes[5] == sizes[6] == [1, 3]
    assert not any(isinstance(node.op, MaxPool2d) for node in build(steps(spec)[3].spec).nodes)


@given(blocks())
def test_costs_by_hand(spec: Spec) -> None:
    w = spec.build_config.settings
    channels, out = spec.build_config.input_shape[0], w["width_1x1"] + w["width_3x3"] + w["width_5x5"]
    params = [cost(stop.spec).totals.params for stop in steps(spec)]
    stacked = (9 * w["reduce_5x5"] + 1) * w["width_5x5"] + (9 * w["width_5x5"] + 1) * w["width_5x5"]
    assert params[1] - params[0] == stacked - (25 * w["reduce_5x5"] + 1) * w["width_5x5"]
    assert params[2] - params[1] == 8 * channels * w["width_pool"]
    one = (channels + 1) * out
    assert params[4] == one + (9 * out + 1) * out
    assert params[6] == one + (9 + 1) * out


@given(blocks())
def test_groups_are_the_line_between_the_fourth_step_and_the_last(spec: Spec) -> None:
    stops, points = steps(spec), list(continuum(spec))
    channels = width(stops[-1].spec)
    assert [cost(point).groups for point in points] == [g for g in range(1, channels + 1) if channels % g == 0]
    assert cost(points[0]).totals[:3] == cost(stops[4].spec).totals[:3]
    assert build(points[-1]) == build(stops[6].spec)
    params = [cost(point).totals.params for point in points]
    assert params == sorted(params, reverse=True)
    assert {cost(point).field for point in points} == {(3, 3)}


def test_one_group_a_channel_is_depthwise() -> None:
    """The 3x3 of the last step has the parameters of a depthwise convolution on its input."""
    last = next(row for row in reversed(trace(build(steps()[-1].spec)).rows) if isinstance(row.op, Conv2d))
    assert last.params == (9 + 1) * last.in_shapes[0][0]


def test_the_field_stays_until_the_5x5_goes() -> None:
    assert [cost(stop.spec).field for stop in steps()] == [(5, 5)] * 3 + [(3, 3)] * 4


def test_every_stop_is_a_link() -> None:
    for stop in steps():
        query = {key: [value] for key, value in stop.spec.to_query().items()}
        assert Spec.from_query(query) == stop.spec


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steps", "--json", "--input", "16x8x8"]) == 0
    found = json.loads(capsys.readouterr().out)
    stops = steps(Spec.make(BLOCK, input=(16, 8, 8)))
    assert [entry["params"] for entry in found["steps"]] == [cost(stop.spec).totals.params for stop in stops]
    assert [entry["groups"] for entry in found["continuum"]][-1] == 224
    assert main(["steps"]) == 0
    text = capsys.readouterr().out
    assert all(stop.title in text for stop in stops)


def test_rewrites_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rewrites", "inception_block", "--json"]) == 0
    found = {entry["rewrite"]: entry for entry in json.loads(capsys.readouterr().out)}
    graph = build(Spec.make(BLOCK))
    for verb, entry in found.items():
        totals = trace(apply(graph, [AppliedRewrite(verb)])).totals
        assert entry["before"] == trace(graph).totals._asdict()
        assert entry["after"] == totals._asdict()
        assert build(Spec.from_query({key: [value] for key, value in entry["query"].items()})) != graph
    assert main(["rewrites", "inception_block"]) == 0
    text = capsys.readouterr().out
    assert "without effect here: share_1x1, merge, fuse, global_pool, fully_connected, aux_heads" in text
    assert "+1,056 (+0.6 %)" in text
