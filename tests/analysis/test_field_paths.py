"""Boxes, paths and growth, held against a walk that lists every path, and against torch's gradient elsewhere."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from explorer.analysis.field.box import Box, before, box, branches, central, nearest, shares
from explorer.analysis.field.growth import growth, outgrown
from explorer.analysis.field.paths import choices, default, entrance, every, paths
from explorer.common import formats
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Concat, Conv2d, GlobalAvgPool2d, MaxPool2d, pair
from explorer.graph.trace import Trace, trace
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs

MOST_WALKED = 2_000


def ways(graph: Graph, name: str) -> list[list[str]] | None:
    """Every way from the image to a node, the image left out; None where there are too many."""
    found: list[list[str]] = []
    waiting = [[name]]
    while waiting:
        way = waiting.pop()
        inputs = graph.by_name[way[0]].inputs
        if not inputs:
            found.append(way[1:])
        waiting += [[source, *way] for source in inputs]
        if len(found) + len(waiting) > MOST_WALKED:
            return None
    return found


def alone(graph: Graph, result: Trace, way: list[str]) -> tuple[int, int] | None:
    """What a way sees by itself: every window adds its reach times the strides before it."""
    shapes = {row.name: row.in_shapes for row in result.rows}
    size, jump = [1, 1], [1, 1]
    for name in way:
        op = graph.by_name[name].op
        if op.whole_image:
            return None
        window = op.window(shapes[name][0]) if len(shapes[name]) == 1 else None
        for axis in (0, 1) if window else ():
            size[axis] += (window.kernel_size[axis] - 1) * window.dilation[axis] * jump[axis]
            jump[axis] *= window.stride[axis]
    return size[0], size[1]


@given(graphs())
def test_the_extremes_are_those_of_a_walk_over_every_path(graph: Graph) -> None:
    result = trace(graph)
    for row in result.rows:
        walked = ways(graph, row.name)
        assume(walked is not None)
        sizes = [alone(graph, result, way) for way in walked]
        maps = [size for size in sizes if size is not None]
        found = paths(graph, result, row.name)
        assert (found.total, found.whole) == (len(maps), len(sizes) - len(maps))
        if maps:
            assert sum(found.smallest.size) == min(map(sum, maps))
            assert sum(found.largest.size) == max(map(sum, maps))
            for path in (found.smallest, found.largest):
                assert list(path.names) in walked
                assert alone(graph, result, list(path.names)) == path.size
            listed = every(graph, result, row.name, "input")
            assert sorted(path.size for path in listed) == (sorted(maps) if len(maps) <= 32 else [])


@given(graphs())
def test_a_node_sees_what_its_paths_see_together(graph: Graph) -> None:
    result = trace(graph)
    for row in result.rows:
        found = paths(graph, result, row.name)
        assert (found.total > 0) == (row.field is not None)
        if row.field is not None:
            largest = box(row, central(row)).size
            assert all(one <= all_ for one, all_ in zip(found.largest.size, largest, strict=True))
            if found.total == 1:
                assert found.largest.size == largest == row.local_field


@given(graphs())
def test_growth_adds_up_along_every_node(graph: Graph) -> None:
    result = trace(graph)
    last = result.rows[-1].name
    steps = growth(graph, result, last)
    fields = {step.row.name: step.field for step in steps}
    assert set(fields) == {row.name for row in result.rows if row.local_field and row.name in graph.ancestors([last])}
    for step in steps:
        fed = [fields[name] for name in step.row.inputs if name in fields]
        assert step.field == tuple(
            grew + max((size[axis] for size in fed), default=0) for axis, grew in enumerate(step.grew)
        )


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_node_of_the_zoo_has_boxes_that_lie_in_each_other(id: str) -> None:
    graph, result = build(Spec.make(id)), analyse(Spec.make(id)).trace
    for row in result.rows[:: max(1, len(result.rows) // 12)]:
        if row.field is None:
            continue
        element = central(row)
        seen = box(row, element)
        assert seen.size <= row.local_field
        for one in branches(graph, result, row.name, element):
            assert all(a <= b for a, b in zip(one.box.size, seen.size, strict=True))
        nested = before(graph, result, row.name, element)
        assert [one.box.area for one in nested] == sorted({one.box.area for one in nested})
        assert len(nested) <= 12


def test_the_branches_of_googlenets_first_module() -> None:
    graph, result = build(Spec.make("googlenet")), analyse(Spec.make("googlenet")).trace
    rows = result.by_name
    found = branches(graph, result, "inception_3a.concat", central(rows["inception_3a.concat"]))
    kernels = {"branch1x1": 1, "branch3x3": 3, "branch5x5": 5, "branch_pool": 3}
    stem, jump = rows["conv2.pool"].receptive_field[0], rows["conv2.pool"].jump[0]
    assert {one.name.split(".")[1]: one.box.size for one in found} == {
        name: pair(stem + (kernel - 1) * jump) for name, kernel in kernels.items()
    }
    centres = {(one.box.top + one.box.bottom, one.box.left + one.box.right) for one in found}
    assert len(centres) == 1, "all at the same place"
    assert entrance(graph, "inception_3a.concat") == "conv2.pool"
    assert [path.size[0] for path in every(graph, result, "inception_3a.concat", "conv2.pool")] == [27, 43, 43, 59]


def test_the_paths_of_googlenet_multiply() -> None:
    graph, result = build(Spec.make("googlenet")), analyse(Spec.make("googlenet")).trace
    found = paths(graph, result, "inception_5b.concat")
    assert found.total == 4**9
    assert {name.split(".")[1] for name in choices(graph, found.largest)} == {"branch5x5"}
    assert {name.split(".")[1] for name in choices(graph, found.smallest)} == {"branch1x1"}
    assert found.largest.size == result.by_name["inception_5b.concat"].receptive_field


def test_a_shortcut_is_named_as_one() -> None:
    graph, result = build(Spec.make("resnet50")), analyse(Spec.make("resnet50")).trace
    found = paths(graph, result, result.last_map.name)
    assert found.total == 2**16
    assert "layer1_block2 shortcut" in choices(graph, found.smallest)
    assert "layer1_block2 shortcut" not in choices(graph, found.largest)
    last = result.last_map.name
    listed = every(graph, result, last, entrance(graph, last))
    assert [choices(graph, path) for path in listed] == [("layer4_block3 shortcut",), ("layer4_block3",)]


@given(st.integers(0, 10**30))
def test_a_count_of_paths_reads_as_what_it_is(value: int) -> None:
    text = formats.count(value).replace(",", "")
    digits, _, power = text.partition(" × 10")
    written = float(digits) * 10 ** int(unicodedata.normalize("NFKC", power) or 0)
    assert written == value if not power else 0 <= value - written < 0.011 * value


def test_a_gate_makes_paths_that_see_the_whole_image() -> None:
    spec = Spec.make("inception10", rewrites=["squeeze_excite"])
    result = analyse(spec).trace
    found = paths(build(spec), result, result.last_map.name)
    assert found.whole > 0
    assert result.last_map.receptive_field is None
    assert found.largest.size == result.last_map.local_field


def test_what_is_clipped_is_padding() -> None:
    seen = Box(-2, 3, 5, 9)
    assert (seen.size, seen.area) == ((8, 7), 56)
    assert seen.within((5, 8)) == Box(0, 3, 4, 7)
    assert shares(seen, (5, 8)) == (25 / 40, 31 / 56)
    assert Box(-4, -4, -1, -1).within((5, 8)) is None
    assert shares(Box(-4, -4, -1, -1), (5, 8)) == (0, 1)


@given(graphs())
def test_the_nearest_element_is_one_of_the_map(graph: Graph) -> None:
    for row in trace(graph).rows:
        if len(row.out_shape) == 3:
            for place in (-5, 0, 3, 10_000):
                found = nearest(row, (place, place))
                assert all(0 <= one < size for one, size in zip(found, row.out_shape[1:], strict=True))
                assert nearest(row, found) == found


def test_where_the_field_outgrows_the_image() -> None:
    graph, result = build(Spec.make("googlenet")), analyse(Spec.make("googlenet")).trace
    steps = growth(graph, result, "inception_5b.concat")
    first = outgrown(steps, (224, 224))
    assert first.field[0] > 224
    assert all(step.field[0] <= 224 for step in steps[: steps.index(first)])
    assert outgrown(growth(graph, result, "conv1.conv"), (224, 224)) is None
    assert default(graph, result).name == "inception_4a.concat"


def test_drifting_branches_are_still_paths() -> None:
    builder = Builder((1, 13, 13))
    builder.add("stride", Conv2d(1, pair(3), stride=pair(2)))
    builder.add("wide", Conv2d(1, pair(8)), "input")
    builder.add("join", Concat(), "stride", "wide")
    builder.add("pool", MaxPool2d(pair(3)))
    builder.add("mean", GlobalAvgPool2d())
    graph = builder.graph()
    result = trace(graph)
    found = paths(graph, result, "pool")
    # 3 + 2*2 through the stride, 8 + 2*1 beside it.
    assert (found.smallest.size, found.largest.size) == ((7, 7), (10, 10))
    assert paths(graph, result, "mean") == paths(graph, result, "mean")._replace(total=0, smallest=None, whole=2)
