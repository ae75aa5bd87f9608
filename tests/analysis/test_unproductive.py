"""Wasted windows, against a second definition: count by hand which pixels every layer reads."""

from __future__ import annotations

from itertools import pairwise

import pytest

from explorer.analysis.unproductive import wasted
from explorer.graph.ops import (
    AvgPool2d,
    Conv2d,
    DepthwiseConv2d,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Input,
    MaxPool2d,
    Window,
)
from explorer.graph.trace import Trace, total
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

Seen = tuple[int, int]
"""How many pixels down and across one element sees of an image without end."""


def seen(trace: Trace) -> dict[str, Seen]:
    """By the textbook: each window adds (kernel - 1) * dilation * the strides before it."""
    fields: dict[str, Seen] = {}
    jumps: dict[str, Seen] = {}
    for row in trace.rows:
        size = [max((fields[name][axis] for name in row.inputs), default=1) for axis in (0, 1)]
        jump = [max((jumps[name][axis] for name in row.inputs), default=1) for axis in (0, 1)]
        if isinstance(row.op, GlobalAvgPool2d | GlobalMaxPool2d):
            size = [10**9, 10**9]
        elif isinstance(row.op, Conv2d | DepthwiseConv2d | MaxPool2d | AvgPool2d):
            window = row.op.window(row.in_shapes[0])
            assert isinstance(window, Window)
            size = [
                old + (kernel - 1) * dilation * step
                for old, kernel, dilation, step in zip(size, window.kernel_size, window.dilation, jump, strict=True)
            ]
            jump = [step * stride for step, stride in zip(jump, window.stride, strict=True)]
        fields[row.name], jumps[row.name] = (size[0], size[1]), (jump[0], jump[1])
    return fields


CHAINS = ["vgg16", "alexnet", "dilated_cnn", "lenet", "mobilenet_v1"]
MODULES = ["googlenet", "inceptionnet"]


@pytest.mark.parametrize("id", [*CHAINS, *MODULES])
@pytest.mark.parametrize("side", [None, 64, 96])
def test_the_same_by_a_second_definition(id: str, side: int | None) -> None:
    channels = ARCHITECTURES[id].input_shape[0]
    trace = analyse(Spec.make(id, input=side and (channels, side, side))).trace
    _, height, width = trace.rows[0].out_shape
    fields = seen(trace)
    expected = [
        row.name
        for row in trace.rows
        if isinstance(row.op, Conv2d | DepthwiseConv2d)
        and max(row.op.kernel_size) > 1
        and fields[row.inputs[0]][0] >= height
        and fields[row.inputs[0]][1] >= width
    ]
    found = wasted(trace)
    assert [row.name for row in found.rows] == expected
    assert found.totals == total(row for row in trace.rows if row.name in expected)


@pytest.mark.parametrize("id", ["googlenet", "vgg16", "inceptionnet", "inception10", "mobilenet_v1"])
def test_a_huge_image_wastes_nothing_in_front_of_its_global_pool(id: str) -> None:
    trace = analyse(Spec.make(id, input="3x1024x1024")).trace
    assert wasted(trace).rows == ()
    assert wasted(trace).totals == total(())


def test_a_smaller_image_wastes_no_less() -> None:
    traces = [analyse(Spec.make("googlenet", input=(3, side, side))).trace for side in (1024, 448, 224, 96, 32)]
    found = [{row.name for row in wasted(trace).rows} for trace in traces]
    assert all(larger <= smaller for larger, smaller in pairwise(found))


def test_on_small_images_nearly_every_large_window_of_googlenet_is_wasted() -> None:
    trace = analyse(Spec.make("googlenet", input="3x32x32", settings={"avg_pool.kernel_size": 1})).trace
    large = [row for row in trace.rows if isinstance(row.op, Conv2d) and max(row.op.kernel_size) > 1]
    found = wasted(trace)
    kept = [row.name for row in large if row not in found.rows]
    assert len(large) == 20
    assert kept == ["conv1.conv", "conv2.conv", "inception_3a.branch3x3.conv", "inception_3a.branch5x5.conv"]
    assert found.rows[0].name == "inception_3b.branch3x3.conv"


def test_an_image_that_is_seen_whole_on_one_axis_only_is_not_seen_whole() -> None:
    narrow = analyse(Spec.make("vgg16", input="3x1024x32")).trace
    assert wasted(narrow).rows == ()
    assert wasted(analyse(Spec.make("vgg16", input="3x32x32")).trace).rows != ()


def test_an_empty_trace_wastes_nothing() -> None:
    assert wasted(Trace((), total(()))).rows == ()
    image = analyse(Spec.make("lenet")).trace.rows[:1]
    assert isinstance(image[0].op, Input)
    assert wasted(Trace(image, total(image))).rows == ()
