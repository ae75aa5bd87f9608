"""An exported file is valid ONNX, holds what the trace counts, and computes what torch computes."""

from __future__ import annotations

from math import prod

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from explorer.backend.onnx import INPUT, OPSET, export, module
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, Flatten, GlobalAvgPool2d, Linear
from explorer.graph.trace import NONE, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.spec.transfer import check_onnx

SPECS = [
    Spec.make("lenet"),
    Spec.make("inception10", input=(3, 16, 16), settings={"init_ch": 4}),
    Spec.make("inceptionnet", input=(3, 16, 20), rewrites=["cbam", "residual"]),
    Spec.make("googlenet", module="inception_3a", input=(8, 12, 10), rewrites=["stack_5x5", "batch_norm"]),
    Spec.make("mobilenet_v1", input=(3, 32, 33)),
]


def with_head() -> Graph:
    """Two outputs, the second one an auxiliary head."""
    builder = Builder((2, 9, 9))
    trunk = builder.add("conv", Conv2d(4, (3, 3), padding="same", stride=(2, 2)))
    head = builder.add("head.flatten", Flatten(), trunk)
    head = builder.add("head.fc", Linear(3), head)
    builder.add("pool", GlobalAvgPool2d(), trunk)
    return builder.graph(builder.add("flatten", Flatten()), head)


@pytest.mark.parametrize("graph", [*map(build, SPECS), with_head()], ids=[*(s.architecture for s in SPECS), "head"])
def test_a_file_computes_what_torch_computes(graph: Graph) -> None:
    totals = trace(graph).totals
    model = onnx.load_from_string(export(graph))
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]
    values = {tensor.name: prod(tensor.dims) for tensor in model.graph.initializer}
    assert sum(values.values()) == totals.params + totals.statistics
    image = torch.rand(1, *graph.input_shape, generator=torch.Generator().manual_seed(1))
    outputs = ReferenceEvaluator(model).run(None, {INPUT: image.numpy()})
    with torch.inference_mode():
        expected = module(graph)(image)
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert [output.name for output in model.graph.output] == ["output", "auxiliary_1"][: len(expected)]
    for ours, theirs in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-3, atol=1e-5 * float(theirs.abs().max()))


def test_weights_stand_under_the_names_of_their_nodes() -> None:
    graph = build(SPECS[0])
    held = {tensor.name: tensor.dims for tensor in onnx.load_from_string(export(graph)).graph.initializer}
    expected = {name: list(values.shape) for name, values in module(graph).state_dict().items()}
    assert held == expected


def test_a_file_is_the_same_each_time() -> None:
    graph = build(SPECS[0])
    assert export(graph) == export(graph)


def test_a_network_that_is_too_large_costs_a_sentence() -> None:
    most = limits.MAX_ONNX_VALUES
    check_onnx(NONE._replace(params=most - 1, statistics=1))
    with pytest.raises(ExplorerError, match=r"at most 32,000,000, which take 122 MiB$"):
        check_onnx(NONE._replace(params=most, statistics=1))
    with pytest.raises(ExplorerError, match="138,357,544 weights"):
        export(build(Spec.make("vgg16")))
