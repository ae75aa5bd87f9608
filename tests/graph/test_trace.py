from __future__ import annotations

import re
from itertools import pairwise
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.graph.formula import TracedInt, formula, remember
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    MaxPool2d,
    Multiply,
    Op,
    Padding,
    Pair,
    ReLU,
    pair,
)
from explorer.graph.trace import partial_trace, total, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from tests.helpers.strategies import small_inputs, specs


def chain(*ops: Op, shape: tuple[int, int, int] = (3, 64, 64)) -> Graph:
    b = Builder(shape)
    for i, op in enumerate(ops, start=1):
        b.add(f"n{i}", op)
    return b.graph()


def shapes(graph: Graph) -> list[tuple[int, ...]]:
    return [row.out_shape for row in trace(graph).rows]


# Counts


@given(st.integers(1, 6), st.integers(1, 32), st.integers(1, 1000))
def test_inception10_by_hand(blocks: int, width: int, classes: int) -> None:
    params, statistics, channels = 3 * 3 * 3 * width + width + 2 * width, 2 * width, width
    for block in range(blocks):
        w = width * 2**block
        for _ in range(2):
            four_1x1, one_3x3, one_5x5 = 4 * (channels * w + w), 9 * w * w + w, 25 * w * w + w
            params += four_1x1 + one_3x3 + one_5x5 + 6 * 2 * w
            statistics += 6 * 2 * w
            channels = 4 * w
    params += channels * classes + classes
    spec = Spec.make("inception10", classes=classes, settings={"num_blocks": blocks, "init_ch": width})
    totals = trace(build(spec)).totals
    assert (totals.params, totals.statistics) == (params, statistics)


def test_a_1x1_reduction_pays_off() -> None:
    plain = trace(chain(Conv2d(32, pair(5), padding=pair(2), bias=False), shape=(128, 100, 100)))
    reduced = trace(
        chain(Conv2d(32, pair(1), bias=False), Conv2d(32, pair(5), padding=pair(2), bias=False), shape=(128, 100, 100))
    )
    assert plain.totals.params == 102_400
    assert reduced.totals.params == 29_696


def test_what_counts_and_what_does_not() -> None:
    row = {
        row.kind: row
        for row in trace(
            chain(
                Conv2d(8, (3, 5), stride=(2, 1), padding=(1, 2), groups=2),
                BatchNorm2d(),
                ReLU(),
                MaxPool2d(pair(2)),
                GlobalAvgPool2d(),
                Flatten(),
                Linear(10),
                shape=(4, 9, 7),
            )
        ).rows
    }
    assert row["Conv2d"].out_shape == (8, 5, 7)
    assert row["Conv2d"].params == (3 * 5 * 2 + 1) * 8
    assert row["Conv2d"].macs == 3 * 5 * 2 * 8 * 5 * 7
    assert (row["BatchNorm2d"].params, row["BatchNorm2d"].statistics, row["BatchNorm2d"].macs) == (16, 16, 0)
    assert (row["Linear"].params, row["Linear"].macs) == (90, 80)
    for kind in ("Input", "ReLU", "MaxPool2d", "GlobalAvgPool2d", "Flatten"):
        assert (row[kind].params, row[kind].statistics, row[kind].macs) == (0, 0, 0)
    assert row["Input"].activations == 0
    assert row["Conv2d"].activations == 8 * 5 * 7


@given(specs(small_inputs))
def test_totals_are_the_sums_of_the_rows(spec: Spec) -> None:
    result, _ = partial_trace(build(spec))
    assert result.totals == total(result.rows)
    for i, field in enumerate(("params", "statistics", "macs", "activations")):
        assert result.totals[i] == sum(getattr(row, field) for row in result.rows)
    assert result.totals.activations == sum(prod(row.out_shape) for row in result.rows if row.inputs)


# Formulas


@given(specs(small_inputs))
def test_every_formula_is_arithmetic_that_gives_its_number(spec: Spec) -> None:
    for row in partial_trace(build(spec))[0].rows:
        assert eval(row.formula) == row.params
        assert eval(row.macs_formula) == row.macs


sides = st.integers(1, 7)
sizes = st.tuples(sides, sides)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), sizes, st.booleans(), st.integers(1, 3))
def test_formulas_of_counted_ops(
    inputs: int, outputs: int, groups: int, kernel: tuple[int, int], bias: bool, times: int
) -> None:
    conv = Conv2d(outputs * groups, kernel, padding="same", groups=groups, bias=bias)
    depthwise = DepthwiseConv2d(kernel, padding="same", depth_multiplier=times, bias=bias)
    graph = chain(
        conv, BatchNorm2d(), depthwise, GlobalAvgPool2d(), Flatten(), Linear(5, bias), shape=(inputs * groups, 6, 9)
    )
    counted = [row for row in trace(graph).rows if row.op.counted]
    assert len(counted) == 4
    for row in counted:
        assert eval(row.formula) == row.params > 0
        assert eval(row.macs_formula) == row.macs


def test_formulas_read_as_people_write_them() -> None:
    rows = trace(build(Spec.make("googlenet", classes=10))).rows
    by_name = {row.name: row for row in rows}
    conv = by_name["inception_3a.branch5x5.conv"]
    assert conv.formula == "(5*5*16 + 1)*32"
    assert conv.macs_formula == "5*5*16*32*28*28"
    assert by_name["fc"].formula == "(1024 + 1)*10"
    assert by_name["inception_3a.concat"].formula == "0"


numbers = st.integers(0, 50)
expressions = st.recursive(
    numbers.map(lambda n: (n, remember(n))),
    lambda inner: st.tuples(st.sampled_from("+*"), inner, inner | numbers.map(lambda n: (n, n))).flatmap(
        lambda parts: st.sampled_from([(parts[1], parts[2]), (parts[2], parts[1])]).map(
            lambda pair: _combine(parts[0], *pair)
        )
    ),
    max_leaves=12,
)


def _combine(sign: str, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    if sign == "+":
        return a[0] + b[0], a[1] + b[1]
    return a[0] * b[0], a[1] * b[1]


@given(expressions)
def test_remembering_computes_as_ints_do_and_writes_it_down(expression: tuple[int, int]) -> None:
    plain, remembered = expression
    assert isinstance(remembered, TracedInt)
    assert remembered == plain
    assert eval(formula(remembered)) == plain


def test_a_quotient_is_a_new_number_and_zero_adds_nothing() -> None:
    assert formula(remember(3) * 3 * (remember(32) // 2) + True) == "3*3*16 + 1"
    assert formula((remember(3) + 0) * 2) == "3*2"
    assert formula(2 * (1 + remember(3))) == "2*(1 + 3)"
    assert formula(7) == "7"


# Shapes


def test_googlenet_shapes_as_printed() -> None:
    shape = {row.name: row.out_shape for row in trace(build(Spec.make("googlenet"))).rows}
    assert shape["conv1.conv"] == (64, 112, 112)
    assert shape["conv2.pool"] == (192, 28, 28)
    assert [
        shape[f"inception_{module}.concat"] for module in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    ] == [
        (256, 28, 28),
        (480, 28, 28),
        (512, 14, 14),
        (512, 14, 14),
        (512, 14, 14),
        (528, 14, 14),
        (832, 14, 14),
        (832, 7, 7),
        (1024, 7, 7),
    ]
    assert shape["avg_pool"] == (1024, 1, 1)
    assert shape["fc"] == (1000,)


@pytest.mark.parametrize(
    "op",
    [
        Conv2d(3, pair(3), pair(2), "same"),
        MaxPool2d(pair(3), pair(2), "same"),
        AvgPool2d(pair(2), pair(2), "same"),
        DepthwiseConv2d(pair(5), pair(2), "same"),
    ],
)
def test_tensorflow_same_sizes(op: Op) -> None:
    expected = [299, 150, 75, 38, 19, 10, 5]
    assert [shape[1:] for shape in shapes(chain(*[op] * 6, shape=(3, 299, 299)))] == [(n, n) for n in expected]


def test_tensorflow_same_puts_the_odd_pixel_below_and_to_the_right() -> None:
    conv = Conv2d(1, (3, 2), stride=(2, 1), padding="same")
    window = conv.window((1, 8, 9))
    assert (window.before, window.after, window.out_size) == ((0, 0), (1, 1), (4, 9))
    window = conv.window((1, 7, 9))
    assert (window.before, window.after) == ((1, 0), (1, 1))


def test_rectangular_windows_keep_height_and_width_apart() -> None:
    graph = chain(
        Conv2d(4, (1, 7), padding=(0, 3)),
        Conv2d(4, (7, 1)),
        Conv2d(4, (3, 1), stride=(1, 2), dilation=(4, 1)),
        shape=(3, 20, 30),
    )
    rows = trace(graph).rows
    assert [row.out_shape for row in rows] == [(3, 20, 30), (4, 20, 30), (4, 14, 30), (4, 6, 15)]
    assert [row.receptive_field for row in rows] == [(1, 1), (1, 7), (7, 7), (15, 7)]
    assert [row.jump for row in rows] == [(1, 1), (1, 1), (1, 1), (1, 2)]
    assert [row.params for row in rows] == [0, (7 * 3 + 1) * 4, (7 * 4 + 1) * 4, (3 * 4 + 1) * 4]


# Receptive fields


@pytest.mark.parametrize(
    ("ops", "field", "jump"),
    [
        ([Conv2d(1, pair(3)), Conv2d(1, pair(3))], (5, 5), (1, 1)),
        ([Conv2d(1, pair(3)), Conv2d(1, pair(3)), Conv2d(1, pair(3))], (7, 7), (1, 1)),
        ([Conv2d(1, pair(3), dilation=pair(2))], (5, 5), (1, 1)),
        ([Conv2d(1, (1, 3)), Conv2d(1, (3, 1))], (3, 3), (1, 1)),
        ([MaxPool2d(pair(2), pair(2)), Conv2d(1, pair(3))], (6, 6), (2, 2)),
        ([Conv2d(1, pair(3), stride=pair(2)), ReLU(), Conv2d(1, pair(3), stride=pair(2))], (7, 7), (4, 4)),
        ([Conv2d(1, pair(1), stride=pair(2)), DepthwiseConv2d(pair(3))], (5, 5), (2, 2)),
        ([Conv2d(1, pair(3)), GlobalAvgPool2d()], None, None),
        ([Conv2d(1, pair(3)), Flatten(), Linear(2)], None, None),
    ],
)
def test_known_fields(ops: list[Op], field: tuple[int, int] | None, jump: tuple[int, int] | None) -> None:
    row = trace(chain(*ops)).rows[-1]
    assert (row.receptive_field, row.jump) == (field, jump)


def test_a_join_sees_what_all_its_branches_see() -> None:
    b = Builder((1, 16, 16))
    torch = b.add("torch", Conv2d(1, pair(3), pair(2), pair(1)), "input")
    # On an even size, TensorFlow pads below and to the right only: its window lies a pixel further on.
    tensorflow = b.add("tensorflow", Conv2d(1, pair(3), pair(2), "same"), "input")
    b.add("join", Add(), torch, tensorflow)
    rows = trace(b.graph()).by_name
    assert rows["torch"].field == (((-1, 1, 2),), ((-1, 1, 2),))
    assert rows["tensorflow"].field == (((0, 2, 2),), ((0, 2, 2),))
    assert rows["join"].receptive_field == (4, 4)
    assert rows["join"].jump == (2, 2)


@pytest.mark.parametrize("stride", [(2, 2), (2, 1), (1, 2)])
def test_branches_of_different_strides_drift_apart(stride: Pair) -> None:
    b = Builder((1, 9, 9))
    kernel = (5 if stride[0] == 2 else 1, 5 if stride[1] == 2 else 1)
    far = b.add("far", Conv2d(1, pair(1), stride), "input")
    near = b.add("near", Conv2d(1, kernel), "input")
    b.add("join", Concat(), far, near)
    row = trace(b.graph()).rows[-1]
    # At the first output the branches see pixels 0 and 0 to 4, at the last 8 and 4 to 8.
    assert row.receptive_field == kernel
    assert row.jump is None


def test_behind_the_whole_image_everything_sees_it() -> None:
    b = Builder((4, 8, 8))
    gate = b.add("gate", GlobalAvgPool2d(), "input")
    own = b.add("own", Conv2d(4, pair(8)), "input")
    b.add("gated", Multiply(), gate, own)
    rows = trace(b.graph()).rows
    assert [row.receptive_field for row in rows] == [(1, 1), None, (8, 8), None]


@st.composite
def windows(draw: st.DrawFn) -> Op:
    padding: Padding = draw(st.one_of(st.just("same"), st.tuples(st.integers(0, 3), st.integers(0, 3))))  # type: ignore[arg-type]
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    return Conv2d(2, draw(pairs), draw(pairs), padding, draw(pairs))


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """Windows one after another, sometimes a join of branches of equal or of different stride."""
    b = Builder((2, draw(st.integers(12, 40)), draw(st.integers(12, 40))))
    for i in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["window", "window", "residual", "strides"]))
        x = b.last
        if kind == "window":
            b.add(f"n{i}", draw(windows()), x)
        elif kind == "residual":
            branch = b.add(f"n{i}.conv", Conv2d(2, draw(sizes), padding="same"), x)
            b.add(f"n{i}.add", Add(), x, branch)
        else:
            shape = partial_trace(b.graph())[0].rows[-1].out_shape
            halved = tuple(n - (n + 1) // 2 + 1 for n in shape[1:])
            far = b.add(f"n{i}.far", Conv2d(2, pair(1), stride=pair(2)), x)
            near = b.add(f"n{i}.near", Conv2d(2, (halved[0], halved[1])), x)
            b.add(f"n{i}.add", Add(), far, near)
    return b.graph()


def seen(graph: Graph, name: str, element: int, axis: int, shapes: dict[str, tuple[int, ...]]) -> set[int]:
    """The pixels that an element's ends reach, from the definition, one window at a time."""
    node = graph.by_name[name]
    if not node.inputs:
        return {element}
    window = node.op.window(shapes[node.inputs[0]])
    places = [element]
    if window is not None:
        start = element * window.stride[axis] - window.before[axis]
        places = sorted({start, start + (window.kernel_size[axis] - 1) * window.dilation[axis]})
    return {pixel for source in node.inputs for place in places for pixel in seen(graph, source, place, axis, shapes)}


@given(networks())
def test_fields_are_what_walking_the_windows_back_finds(graph: Graph) -> None:
    rows = partial_trace(graph)[0].rows
    shapes = {row.name: row.out_shape for row in rows}
    row = rows[-1]
    extents = []
    for axis in (0, 1):
        pixels = [seen(graph, row.name, element, axis, shapes) for element in range(row.out_shape[axis + 1])]
        extents.append(max(max(p) - min(p) + 1 for p in pixels))
        if row.jump is not None and len(pixels) > 1:
            assert {min(b) - min(a) for a, b in pairwise(pixels)} == {row.jump[axis]}
    assert row.receptive_field == tuple(extents)


# Errors and caps


def test_an_error_names_node_op_shapes_and_cause() -> None:
    b = Builder((3, 2, 2))
    b.add("mixed_6a.conv", Conv2d(8, pair(3)))
    with pytest.raises(ExplorerError) as caught:
        trace(b.graph())
    assert str(caught.value) == "mixed_6a.conv (Conv2d) on (3, 2, 2): a 3x3 window without padding does not fit in 2x2"
    assert caught.value.node == "mixed_6a.conv"


@pytest.mark.parametrize(
    ("op", "shape", "cause"),
    [
        (Conv2d(8, (1, 7), padding=(0, 1)), (3, 2, 2), "a 1x7 window with padding 0x1 does not fit in 2x2"),
        (
            Conv2d(8, pair(3), dilation=pair(2)),
            (3, 4, 4),
            "a 3x3 window with dilation 2x2 without padding does not fit in 4x4",
        ),
        (MaxPool2d(pair(3)), (3, 2, 9), "a 3x3 window without padding does not fit in 2x9"),
        (
            Conv2d(8, pair(1), groups=4),
            (6, 2, 2),
            "4 groups must divide both the 6 input channels and the 8 output channels",
        ),
        (Linear(3), (6, 2, 2), "it takes a vector: flatten the map first"),
    ],
)
def test_causes(op: Op, shape: tuple[int, int, int], cause: str) -> None:
    with pytest.raises(ExplorerError, match=f"^{re.escape(f'n1 ({type(op).__name__}) on {shape}: {cause}')}$"):
        trace(chain(op, shape=shape))


@pytest.mark.parametrize(
    "op", [Conv2d(3, pair(1)), DepthwiseConv2d(pair(1)), MaxPool2d(pair(2)), BatchNorm2d(), GlobalAvgPool2d()]
)
def test_a_vector_is_no_map(op: Op) -> None:
    with pytest.raises(ExplorerError, match=r"^n2 \(\w+\) on \(12,\): it takes a map .*not a vector of 12 features$"):
        trace(chain(Flatten(), op, shape=(3, 2, 2)))


@pytest.mark.parametrize(
    ("join", "stride", "width", "cause"),
    [
        (Concat(), 2, 3, "maps to concatenate must have the same height and width, not 8x8 and 4x4"),
        (Add(), 1, 4, "inputs to add must have the same shape, not (3, 8, 8) and (4, 8, 8)"),
        (Multiply(), 2, 3, "inputs to multiply must have the same shape, not (3, 8, 8) and (3, 4, 4)"),
    ],
)
def test_branches_that_do_not_match(join: Op, stride: int, width: int, cause: str) -> None:
    b = Builder((3, 8, 8))
    b.add("branch", Conv2d(width, pair(1), stride=pair(stride)))
    b.add("join", join, "input", "branch")
    with pytest.raises(ExplorerError) as caught:
        trace(b.graph())
    small = (width, 8 // stride, 8 // stride)
    assert str(caught.value) == f"join ({type(join).__name__}) on (3, 8, 8) and {small}: {cause}"


def test_a_partial_trace_keeps_the_rows_before_the_fault() -> None:
    graph = build(Spec.make("googlenet", input="3x96x96"))
    result, error = partial_trace(graph)
    assert str(error) == "avg_pool (AvgPool2d) on (1024, 3, 3): a 7x7 window without padding does not fit in 3x3"
    assert result.rows[-1].name == "inception_5b.concat"
    assert [row.name for row in result.rows] == [node.name for node in graph.nodes[: len(result.rows)]]
    assert result.totals == total(result.rows)
    with pytest.raises(ExplorerError, match=f"^{re.escape(str(error))}$"):
        trace(graph)


def test_a_valid_network_has_no_error() -> None:
    graph = build(Spec.make("googlenet"))
    assert partial_trace(graph) == (trace(graph), None)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            chain(Conv2d(limits.MAX_CHANNELS + 1, pair(1))),
            "n1 (Conv2d) on (3, 64, 64): it makes 262,145 channels: at most 262,144 are allowed",
        ),
        (
            chain(Flatten(), Linear(40_000), Linear(30_000), shape=(3, 8, 8)),
            "n3 (Linear): the network reaches 1,207,750,000 parameters here: at most 1,000,000,000 are allowed",
        ),
        (
            chain(*[Conv2d(1024, pair(3), padding=pair(1))] * 3, shape=(1024, 1024, 1024)),
            "n2 (Conv2d): the network reaches 19,791,209,299,968 MACs here: at most 10,000,000,000,000 are allowed",
        ),
        (
            chain(*[ReLU()] * 10, shape=(1024, 1024, 1024)),
            "n10 (ReLU): the network reaches 10,737,418,240 activations here: at most 10,000,000,000 are allowed",
        ),
    ],
)
def test_caps(graph: Graph, message: str) -> None:
    result, error = partial_trace(graph)
    assert str(error) == message
    assert len(result.rows) < len(graph.nodes)
    assert result.totals.params <= limits.MAX_PARAMS
    assert result.totals.macs <= limits.MAX_MACS
    assert result.totals.activations <= limits.MAX_ACTIVATIONS


@pytest.mark.parametrize("cap", ["MAX_PARAMS", "MAX_MACS", "MAX_ACTIVATIONS"])
def test_a_cap_itself_is_allowed(cap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build(Spec.make("inception10"))
    value = getattr(trace(graph).totals, cap.removeprefix("MAX_").lower())
    monkeypatch.setattr(limits, cap, value)
    assert partial_trace(graph)[1] is None
    monkeypatch.setattr(limits, cap, value - 1)
    assert f"at most {value - 1:,} are allowed" in str(partial_trace(graph)[1])


def test_the_most_channels_are_allowed() -> None:
    assert partial_trace(chain(Conv2d(limits.MAX_CHANNELS, pair(1)), shape=(1, 1, 1)))[1] is None
