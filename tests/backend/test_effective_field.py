"""The measured field held against the theoretical one, and against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.field.box import Box, box, central
from explorer.analysis.field.measured import CELLS, Effective
from explorer.backend import effective_field
from explorer.common.errors import ExplorerError
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, GlobalAvgPool2d, pair
from explorer.graph.trace import NodeTrace, trace
from tests.helpers.fields import positive, roomy
from tests.helpers.random_graphs import graphs

pytestmark = pytest.mark.usefixtures("one_thread")


def support(map: torch.Tensor) -> Box | None:
    """The smallest rectangle around all that is not zero."""
    rows, columns = (map.ne(0).any(axis).nonzero().flatten().tolist() for axis in (1, 0))
    return Box(rows[0], columns[0], rows[-1], columns[-1]) if rows else None


def holds(outer: Box, inner: Box) -> bool:
    return all(a <= b for a, b in zip(outer[:2], inner[:2], strict=True)) and all(
        a >= b for a, b in zip(outer[2:], inner[2:], strict=True)
    )


def gradient(graph: Graph, row: NodeTrace) -> torch.Tensor:
    network = effective_field.module(effective_field.part(graph, row.name), seed=1)
    torch.manual_seed(2)
    element = None if len(row.out_shape) == 1 else central(row)
    return effective_field.gradient(network, element, torch.randn(1, *graph.input_shape), torch.randn(row.out_shape[0]))


@settings(max_examples=60)
@given(graphs(), st.data())
def test_what_is_measured_lies_within_the_theoretical_field(graph: Graph, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(trace(graph).rows))
    found = support(gradient(graph, row))
    if found is not None and row.field is not None and not row.whole_image:
        theory = box(row, central(row)).within(graph.input_shape[1:])
        assert theory is not None
        assert holds(theory, found), row.name


@settings(max_examples=60)
@given(graphs(heads=False), st.data())
def test_with_positive_weights_all_of_the_theoretical_field_is_measured(graph: Graph, data: st.DataObject) -> None:
    graph = roomy(graph) or graph
    row = data.draw(st.sampled_from(trace(graph).rows))
    network = positive(effective_field.part(graph, row.name))
    image = 0.5 + torch.rand(1, *graph.input_shape, dtype=torch.float64)
    mixture = torch.ones(row.out_shape[0], dtype=torch.float64)
    theory, height, width = box(row, central(row)), *graph.input_shape[1:]
    found = support(effective_field.gradient(network, central(row), image, mixture))
    if theory.within((height, width)) == theory:
        assert found == theory


def chain(depth: int, side: int) -> Graph:
    builder = Builder((1, side, side))
    for place in range(depth):
        builder.add(f"conv{place}", Conv2d(1, pair(3), padding=pair(1), bias=False))
    return builder.graph()


def even(graph: Graph, node: str) -> dict[str, torch.Tensor]:
    """Weights that are all equal."""
    return {name: torch.ones_like(value) for name, value in effective_field.module(graph, 0).state_dict().items()}


@pytest.mark.parametrize("depth", [1, 2, 5, 10])
def test_even_weights_spread_as_a_sum_of_even_steps(depth: int) -> None:
    """Luo et al. 2016, section 2.2: the gradient is the weights convolved with themselves, so variances add up."""
    graph = chain(depth, 41)
    node = f"conv{depth - 1}"
    found = effective_field.measure(graph, node, (20, 20), images=2, seed=0, weights=even(graph, node))
    assert found.middle == pytest.approx((20, 20))
    assert found.deviation == pytest.approx((math.sqrt(depth * 2 / 3),) * 2, rel=1e-5)
    assert found.area == (2 * depth + 1) ** 2
    line = torch.ones(1)
    for _ in range(depth):
        line = torch.nn.functional.conv1d(line[None, None], torch.ones(1, 1, 3), padding=2)[0, 0]
    shape = line[:, None] * line[None, :] / line.max() ** 2
    assert found.pixels == int((shape > 1 - 0.9545).sum())
    rows = torch.tensor(found.grid)[20 - depth : 21 + depth, 20 - depth : 21 + depth]
    assert torch.allclose(rows, shape, atol=1e-4)


def test_one_layer_counts_evenly() -> None:
    graph = chain(1, 9)
    found = effective_field.measure(graph, "conv0", (4, 4), images=1, seed=0, weights=even(graph, "conv0"))
    assert (found.pixels, found.area, found.share) == (9, 9, 1.0)
    # One of three places lies within 0.82 of the middle, along both axes.
    assert found.inside == pytest.approx(1 / 9)


def test_a_vector_is_measured_against_the_whole_image() -> None:
    builder = Builder((2, 6, 7))
    builder.add("conv", Conv2d(3, pair(3), padding=pair(1)))
    builder.add("pool", GlobalAvgPool2d())
    found = effective_field.measure(builder.graph(), "pool", (0, 0), images=2, seed=0)
    assert (found.area, found.image, found.element) == (42, (6, 7), (0, 0))
    assert found.grid == effective_field.measure(builder.graph(), "pool", (0, 0), images=2, seed=0).grid
    assert found.grid != effective_field.measure(builder.graph(), "pool", (0, 0), images=2, seed=1).grid


def test_weights_that_pass_nothing_are_said_in_a_sentence() -> None:
    graph = chain(1, 9)
    weights = {name: 0 * value for name, value in even(graph, "conv0").items()}
    with pytest.raises(ExplorerError, match="no gradient reaches the image from conv0"):
        effective_field.measure(graph, "conv0", (4, 4), images=1, seed=0, weights=weights)


def test_a_large_map_is_shrunk_and_keeps_its_largest_values() -> None:
    graph = chain(2, 3 * CELLS - 1)
    told: list[int] = []
    found = effective_field.measure(graph, "conv1", (90, 90), images=3, seed=0, progress=told.append)
    assert told == [0, 1, 2]
    assert found.cell == (3, 3)
    assert (len(found.grid), len(found.grid[0])) == (CELLS, CELLS)
    assert max(map(max, found.grid)) == 1
    lit = [(i, j) for i, line in enumerate(found.grid) for j, value in enumerate(line) if value]
    assert {(i, j) for i, j in lit} <= {(i, j) for i in (29, 30) for j in (29, 30)}


def test_what_does_not_fit_into_memory_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 1000}))
    with pytest.raises(ExplorerError, match=r"needs about .* GiB of memory"):
        effective_field.part(chain(1, 200), "conv0")


def test_a_measurement_comes_back_from_its_text() -> None:
    graph = chain(2, 12)
    found = effective_field.measure(graph, "conv1", (3, 4), images=1, seed=5)
    assert Effective.from_json(found.to_json()) == found
    for torn in (b"", b"{", b"[]", b"{}", b'{"node": "x"}', found.to_json()[:-5].encode(), b"\xff"):
        with pytest.raises(ExplorerError, match="measure it again"):
            Effective.from_json(torn)
