"""The later Inceptions and Xception against what torchvision, timm and Keras publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph
from explorer.graph.ops import BatchNorm2d, DepthwiseConv2d, Linear, Op
from explorer.graph.trace import trace
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec
from tests.helpers.references import (
    assert_equal_outputs,
    drawn,
    keras,
    keras_counts,
    keras_drawn,
    macs,
    statistics,
    with_weights_of,
)
from tests.helpers.torch_tools import count

pytestmark = pytest.mark.usefixtures("one_thread")

AUXILIARY = {"auxiliary_heads": 1}


def torchvision_v3(auxiliary: bool = False) -> nn.Module:
    return torchvision.models.inception_v3(
        weights=None, aux_logits=auxiliary, transform_input=False, init_weights=False
    )


def legacy_xception() -> nn.Module:
    """The Xception of timm with Keras's epsilon."""
    model = timm.create_model("legacy_xception")
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps = 1e-3
    return model


PUBLISHED: dict[str, tuple[Callable[[], nn.Module], int]] = {
    # At 71 pixels every map that is halved has an odd size, so that "same" padding is symmetric.
    "xception": (legacy_xception, 71),
    "inception_v3": (torchvision_v3, 75),
    "inception_v4": (lambda: timm.create_model("inception_v4"), 75),
    "inception_resnet_v2": (lambda: timm.create_model("inception_resnet_v2"), 75),
}


def on_meta(make: Callable[..., nn.Module], *args: object) -> nn.Module:
    with torch.device("meta"):
        return make(*args)


@pytest.mark.parametrize("id", PUBLISHED)
def test_counts(id: str) -> None:
    theirs, ours = on_meta(PUBLISHED[id][0]).eval(), valid(Spec.make(id)).totals
    assert (ours.params, ours.statistics) == (count(theirs), statistics(theirs))
    assert ours.macs == macs(theirs, 3, 299, 299)


@pytest.mark.parametrize("id", PUBLISHED)
def test_equal_outputs_for_equal_weights(id: str) -> None:
    make, side = PUBLISHED[id]
    theirs = drawn(on_meta(make))
    ours = with_weights_of(theirs, build(Spec.make(id, input=(3, side, side))))
    with torch.inference_mode():
        assert_equal_outputs(ours(images(side, side)), theirs(images(side, side)))


def images(height: int, width: int) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_counts_with_the_auxiliary_head() -> None:
    theirs, ours = on_meta(torchvision_v3, True).train(), valid(Spec.make("inception_v3", settings=AUXILIARY)).totals
    assert (ours.params, ours.statistics) == (count(theirs), statistics(theirs))
    assert ours.auxiliary_params == count(theirs.AuxLogits)
    assert ours.macs == macs(theirs, 3, 299, 299)


def test_the_auxiliary_head_computes_what_torchvisions_does() -> None:
    theirs = drawn(on_meta(torchvision_v3, True))
    ours = with_weights_of(theirs, build(Spec.make("inception_v3", settings=AUXILIARY)))
    with torch.inference_mode():
        values = ours.run(images(299, 299))
        first, second = (values[name] for name in ours.graph.outputs)
        assert_equal_outputs(second, theirs.AuxLogits(values["mixed_6e.concat"]))
        assert_equal_outputs(first, theirs(images(299, 299)))


def keras_model(name: str) -> Any:
    with keras().device("meta"):
        return getattr(keras().applications, name)(weights=None)


def test_keras_xception_has_the_same_counts() -> None:
    ours = valid(Spec.make("xception")).totals
    assert (ours.params, ours.statistics) == keras_counts(keras_model("Xception"))


@pytest.mark.parametrize(
    ("id", "name"), [("inception_v3", "InceptionV3"), ("inception_resnet_v2", "InceptionResNetV2")]
)
def test_keras_inceptions_lack_the_scale_of_bn(id: str, name: str) -> None:
    graph, model = build(Spec.make(id)), keras_model(name)
    norms = [layer for layer in model.layers if isinstance(layer, keras().layers.BatchNormalization)]
    assert all(layer.center and not layer.scale for layer in norms)
    scales = sum(row.out_shape[0] for row in trace(graph).rows if isinstance(row.op, BatchNorm2d))
    totals = trace(graph).totals
    assert (totals.params - scales, totals.statistics) == keras_counts(model)


def keras_name(node: str) -> str:
    """What Keras calls a layer of ours; it numbers blocks and separable convolutions from the start."""
    block, _, layer = node.partition(".")
    kind, number = layer.split("_")[:2]
    if block == "stem":
        return f"block1_conv{number}"
    flow, _, place = block.partition("_")
    first = {"entry": 1, "middle": 4, "exit": 13}[flow]
    if flow == "exit" and int(number) > 2:
        return f"block14_{kind}{int(number) - 2}"
    return f"block{first + int(place or 0)}_{kind}{number}"


def layer_of(model: Any, name: str) -> Any:
    """The Keras layer that holds the weights of a node of ours. Keras gives shortcuts no name."""
    if name == "fc":
        return model.get_layer("predictions")
    if "shortcut" in name:
        block = ("entry_1", "entry_2", "entry_3", "exit").index(name.partition(".")[0])
        kind = "batch_normalization" if name.endswith("_bn") else "conv2d"
        return [layer for layer in model.layers if layer.name.startswith(kind)][block]
    return model.get_layer(keras_name(name) + "_bn" * name.endswith("_bn"))


def parts(op: Op, weights: list[Tensor]) -> dict[str, Tensor]:
    """A Keras layer's weights as torch has them: output channels first."""
    match op:
        case BatchNorm2d():
            return dict(zip(("weight", "bias", "running_mean", "running_var"), weights, strict=True))
        case Linear():
            return {"weight": weights[0].T, "bias": weights[1]}
        case DepthwiseConv2d():
            return {"weight": weights[0].permute(2, 3, 0, 1)}
    # A separable convolution of Keras holds both kernels.
    return {"weight": weights[-1].permute(3, 2, 0, 1)}


def from_keras(model: Any, graph: Graph) -> GraphModule:
    """Our Xception with the weights of a Keras model."""
    ours = GraphModule(graph)
    state = {}
    for node in graph.nodes:
        if node.op.counted:
            weights = [weight.value.detach() for weight in layer_of(model, node.name).weights]
            state |= {f"{node.name}.{part}": values for part, values in parts(node.op, weights).items()}
    missing, unexpected = ours.load_state_dict(state, strict=False)
    assert not unexpected
    assert all(key.endswith("num_batches_tracked") for key in missing)
    return ours.eval()


def test_keras_xception_computes_the_same() -> None:
    """At sizes where "same" pads one side more than the other, which timm does not."""
    height, width = 90, 107
    model = keras().applications.Xception(
        weights=None, input_shape=(height, width, 3), classes=10, classifier_activation=None
    )
    ours = from_keras(keras_drawn(model), build(Spec.make("xception", input=(3, height, width), classes=10)))
    batch = images(height, width).float()
    with torch.inference_mode():
        assert_equal_outputs(ours(batch), model(batch.permute(0, 2, 3, 1), training=False), rounding=1e-5)
