"""Receptive fields held against the gradient that reaches the image.

With positive weights and values no two paths cancel, so a pixel has a gradient just where it is
seen. A maximum passes gradient to one pixel alone; an average over the same window takes its place.
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import event, given, settings

from explorer.edits.rewrites import REWRITES
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import (
    Add,
    Concat,
    Conv2d,
    GlobalAvgPool2d,
    Pair,
    pair,
)
from explorer.graph.trace import NodeTrace, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from tests.helpers.fields import measured, positive, roomy, span, spatial, whole
from tests.helpers.random_graphs import graphs

pytestmark = pytest.mark.usefixtures("one_thread")


def whole_elements(row: NodeTrace, size: Pair) -> list[Pair]:
    """The first, the middle and the last element whose field lies within the image."""
    assert row.field is not None
    down, across = (
        whole(lanes, outputs, pixels) for lanes, outputs, pixels in zip(row.field, row.out_shape[1:], size, strict=True)
    )
    if not down or not across:
        return []
    places = ((0, 0), (len(down) // 2, len(across) // 2), (-1, -1))
    return list(dict.fromkeys((down[i], across[j]) for i, j in places))


def compare(graph: Graph, rows: list[NodeTrace]) -> int:
    """Measures some elements of these rows; how many it could measure."""
    module = positive(graph)
    image = (0.5 + torch.rand(1, *graph.input_shape, dtype=torch.float64)).requires_grad_()
    values = module.run(image)
    measurements = 0
    for row in rows:
        for element in whole_elements(row, graph.input_shape[1:]):
            expected = tuple(span(lanes, place) for lanes, place in zip(row.field, element, strict=True))
            found = measured(values[row.name], image, *element)
            assert found == expected, (row.name, element)
            if row.jump is not None:
                assert row.receptive_field == tuple(last - first + 1 for first, last in found)
            measurements += 1
    return measurements


@pytest.mark.slow
@settings(max_examples=300)
@given(graphs(heads=False))
def test_field_is_the_extent_of_the_gradient(graph: Graph) -> None:
    larger = roomy(graph)
    event(f"room for every field: {larger is not None}")
    rows = spatial(larger or graph)
    aligned = [row for row in rows if row.jump is not None]
    drifting = [row for row in rows if row.jump is None]
    assert compare(larger or graph, aligned) >= (len(aligned) if larger else 1)
    event(f"drifting nodes measured: {compare(larger or graph, drifting) > 0}")


@pytest.mark.slow
@settings(max_examples=300)
@given(graphs(heads=False))
def test_field_is_the_largest_over_all_positions(graph: Graph) -> None:
    for row in spatial(graph):
        spans = [
            [span(lanes, position) for position in range(outputs)]
            for lanes, outputs in zip(row.field, row.out_shape[1:], strict=True)
        ]
        assert row.receptive_field == tuple(max(last - first + 1 for first, last in axis) for axis in spans)


def test_branches_of_different_strides_drift_apart() -> None:
    b = Builder((1, 13, 13))
    b.add("stride", Conv2d(1, pair(3), stride=pair(2)))
    b.add("wide", Conv2d(1, pair(8)), "input")
    b.add("join", Add(), "stride", "wide")
    b.add("conv", Conv2d(1, pair(3)))
    graph = b.graph()
    join, conv = trace(graph).rows[-2:]
    # Element i sees 2i..2i+2 through the one branch and i..i+7 through the other.
    assert join.out_shape == (1, 6, 6)
    assert join.jump is None
    assert [span(join.field[0], i) for i in range(6)] == [(0, 7), (1, 8), (2, 9), (3, 10), (4, 11), (5, 12)]
    assert join.receptive_field == pair(8)
    assert [span(conv.field[0], i) for i in range(4)] == [(0, 9), (1, 10), (2, 11), (3, 12)]
    assert compare(graph, [join, conv]) == 6


def test_the_field_of_a_drifting_join_is_the_largest_over_its_positions() -> None:
    b = Builder((1, 12, 12))
    b.add("stride", Conv2d(1, pair(1), stride=pair(2), padding=pair(4)))
    b.add("plain", Conv2d(1, pair(3)), "input")
    b.add("join", Concat(), "stride", "plain")
    graph = b.graph()
    join = trace(graph).rows[-1]
    # Element i sees 2i-4 through the one branch and i..i+2 through the other: they part, meet and part.
    assert [span(join.field[0], i) for i in (0, 2, 4, 7, 9)] == [(-4, 2), (0, 4), (4, 6), (7, 10), (9, 14)]
    assert join.receptive_field == pair(7)
    assert compare(graph, [join]) == 3


def test_global_pooling_sees_the_whole_image() -> None:
    b = Builder((1, 9, 11))
    b.add("conv", Conv2d(1, pair(3), padding=pair(1)))
    b.add("pool", GlobalAvgPool2d())
    b.add("after", Conv2d(1, pair(1)))
    graph = b.graph()
    image = torch.ones(1, 1, 9, 11, dtype=torch.float64, requires_grad=True)
    values = positive(graph).run(image)
    for row in trace(graph).rows[-2:]:
        assert row.receptive_field is None
        assert measured(values[row.name], image, 0, 0) == ((0, 8), (0, 10))


@pytest.mark.parametrize("verb", REWRITES)
def test_the_last_map_behind_a_verb(verb: str) -> None:
    # Widths change no field, so the network is narrow.
    spec = Spec.make("inception10", input=(1, 32, 32), settings={"init_ch": 1}, rewrites=[verb])
    last = spatial(build(spec))[-1]
    side = max(last.local_field) + max(last.jump)
    larger = build(spec.with_(input=(1, side, side)))
    (same,) = (row for row in spatial(larger) if row.name == last.name)
    assert (same.receptive_field, same.local_field) == (last.receptive_field, last.local_field)
    if same.whole_image:
        image = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
        assert measured(positive(larger).run(image)[same.name], image, 0, 0) == ((0, side - 1), (0, side - 1))
    else:
        assert compare(larger, [same]) > 0
