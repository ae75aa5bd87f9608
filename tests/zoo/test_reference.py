"""The zoo against torchvision, timm and Keras, against the sources' own code, and against the papers' tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from explorer.graph.graph import under
from explorer.graph.ops import Concat, Shape
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec
from tests.helpers import twins
from tests.helpers.references import assert_equal_outputs, drawn, keras, keras_counts, macs, statistics, with_weights_of
from tests.helpers.torch_tools import count

pytestmark = pytest.mark.usefixtures("one_thread")


def mobilenet(**options: int) -> nn.Module:
    """timm's, with the paper's ReLU for its ReLU6 and with Keras's epsilon."""
    model = timm.create_model("mobilenetv1_100", **options)
    for part in model.modules():
        for name, child in part.named_children():
            if isinstance(child, nn.ReLU6):
                setattr(part, name, nn.ReLU())
        if isinstance(part, nn.BatchNorm2d):
            part.eps = 1e-3
    return model


PUBLISHED: dict[str, Callable[..., nn.Module]] = {
    "alexnet": torchvision.models.alexnet,
    "vgg16": torchvision.models.vgg16,
    "resnet18": torchvision.models.resnet18,
    "resnet50": torchvision.models.resnet50,
    "mobilenet_v1": mobilenet,
}


def on_meta(make: Callable[..., nn.Module], **options: Any) -> nn.Module:
    with torch.device("meta"):
        return make(**options).eval()


def image(*shape: int) -> Tensor:
    return torch.rand(2, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def assert_same_counts(spec: Spec, theirs: nn.Module) -> None:
    """Parameters, statistics, and MACs by torch's own counter."""
    ours = valid(spec).totals
    assert (ours.params, ours.statistics) == (count(theirs), statistics(theirs))
    assert ours.macs == macs(theirs, *spec.build_config.input_shape)


def assert_same_outputs(spec: Spec, theirs: nn.Module) -> None:
    """All outputs, for equal weights."""
    theirs = drawn(theirs)
    ours = with_weights_of(theirs, build(spec))
    batch = image(*spec.build_config.input_shape)
    with torch.inference_mode():
        pairs = [output if isinstance(output, tuple) else (output,) for output in (ours(batch), theirs(batch))]
    for mine, expected in zip(*pairs, strict=True):
        assert_equal_outputs(mine, expected)


@pytest.mark.parametrize("id", PUBLISHED)
def test_published_counts(id: str) -> None:
    assert_same_counts(Spec.make(id), on_meta(PUBLISHED[id]))


@pytest.mark.parametrize(
    ("id", "height", "width"),
    # At odd sizes "same" is as much padding on both sides, as timm has it; each half of 65 and 97 is odd.
    [("resnet18", 64, 96), ("resnet50", 70, 64), ("mobilenet_v1", 65, 97)],
)
def test_published_outputs(id: str, height: int, width: int) -> None:
    spec = Spec.make(id, input=(3, height, width), classes=10)
    assert_same_outputs(spec, on_meta(PUBLISHED[id], num_classes=10))


@pytest.mark.parametrize(("id", "side"), [("alexnet", 96), ("vgg16", 64)])
def test_published_outputs_without_the_adaptive_pool(id: str, side: int) -> None:
    theirs = on_meta(PUBLISHED[id], num_classes=10)
    # The pool is left out here: at the published size it changes nothing.
    assert theirs.features(torch.empty(1, 3, 224, 224, device="meta")).shape[2:] == theirs.avgpool.output_size
    theirs.avgpool = nn.Identity()
    place = next(place for place, layer in enumerate(theirs.classifier) if isinstance(layer, nn.Linear))
    features = theirs.features(torch.empty(1, 3, side, side, device="meta")).numel()
    theirs.classifier[place] = nn.Linear(features, 4096, device="meta")
    assert_same_outputs(Spec.make(id, input=(3, side, side), classes=10), theirs)


def test_keras_mobilenet_has_the_same_counts() -> None:
    with keras().device("meta"):
        model = keras().applications.MobileNet(weights=None)
    ours = valid(Spec.make("mobilenet_v1")).totals
    assert (ours.params, ours.statistics) == keras_counts(model) == (4_231_976, 21_888)
    norms = [layer for layer in model.layers if isinstance(layer, keras().layers.BatchNormalization)]
    assert {layer.epsilon for layer in norms} == {1e-3}
    # Keras pads below and to the right only where it halves, as "same" does on even sizes.
    sizes = [layer.output.shape[1] for layer in model.layers if isinstance(layer, keras().layers.DepthwiseConv2D)]
    rows = [row for row in valid(Spec.make("mobilenet_v1")).rows if row.kind == "DepthwiseConv2d"]
    assert sizes == [row.out_shape[1] for row in rows]


@pytest.mark.parametrize(("percent", "alpha"), [(25, 0.25), (50, 0.5), (75, 0.75)])
def test_narrow_mobilenets_are_those_of_keras(percent: int, alpha: float) -> None:
    with keras().device("meta"):
        model = keras().applications.MobileNet(alpha=alpha, weights=None)
    ours = valid(Spec.make("mobilenet_v1", settings={"width_percent": percent})).totals
    assert (ours.params, ours.statistics) == keras_counts(model)


@pytest.mark.parametrize(("depth", "blocks"), [(34, (3, 4, 6, 3)), (101, (3, 4, 23, 3)), (152, (3, 8, 36, 3))])
def test_deeper_resnets_are_a_setting_away(depth: int, blocks: tuple[int, ...]) -> None:
    id = "resnet18" if depth < 50 else "resnet50"
    settings = {f"layer{number}.blocks": count for number, count in enumerate(blocks, start=1)}
    assert_same_counts(Spec.make(id, settings=settings), on_meta(getattr(torchvision.models, f"resnet{depth}")))


# The sources' own code.


HEADS = {"auxiliary_heads": 1}
NO_HEADS = {"auxiliary_heads": 0}
BY_HAND: dict[str, tuple[Spec, Callable[..., nn.Module], dict[str, Any]]] = {
    "inceptionnet": (Spec.make("inceptionnet"), twins.inceptionnet, {}),
    "dilated_cnn": (Spec.make("dilated_cnn"), twins.dilated_cnn, {}),
    "mnist_mlp": (Spec.make("mnist_mlp"), twins.mnist_mlp, {}),
    "mnist_mlp with BN": (Spec.make("mnist_mlp", settings={"batch_norm": 1}), twins.mnist_mlp, {"batch_norm": True}),
    "lenet": (Spec.make("lenet"), twins.lenet, {}),
    "googlenet_paper": (Spec.make("googlenet_paper", classes=10), twins.CaffeGoogLeNet, {"classes": 10, "pooled": 4}),
    # Sizes that "same" pads on one side more than on the other, and on both alike.
    "bn_inception": (Spec.make("bn_inception", input=(3, 96, 117), classes=10), twins.BNInception, {"classes": 10}),
    "bn_inception, separable, with heads": (
        Spec.make("bn_inception", input=(3, 90, 132), classes=10, settings={**HEADS, "separable_stem": 1}),
        twins.BNInception,
        {"classes": 10, "heads": (1, 2), "separable": True},
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_the_sources_networks(case: str) -> None:
    spec, make, options = BY_HAND[case]
    theirs = on_meta(make, **options)
    assert_same_counts(spec, theirs)
    assert_same_outputs(spec, theirs)


def test_counts_of_bn_inception_at_its_own_size() -> None:
    assert_same_counts(Spec.make("bn_inception"), on_meta(twins.BNInception, classes=1000))
    separable = Spec.make("bn_inception", settings={**HEADS, "separable_stem": 1})
    assert_same_counts(separable, on_meta(twins.BNInception, classes=1000, heads=(4, 4), separable=True))


def test_bn_inception_is_wider_than_its_printed_table() -> None:
    channels = {row.name: row.out_shape for row in valid(Spec.make("bn_inception")).rows if isinstance(row.op, Concat)}
    built = [channels[f"inception_{name}.concat"] for name in ("3a", "3b", "3c", "4a", "4b", "4c", "4d", "4e")]
    assert built == [
        *[(256, 28, 28), (320, 28, 28), (576, 14, 14), (576, 14, 14), (576, 14, 14)],
        *[(608, 14, 14), (608, 14, 14), (1056, 7, 7)],
    ]
    assert [channels[f"inception_5{letter}.concat"] for letter in "ab"] == [(1024, 7, 7)] * 2


def test_lenet_of_the_paper_has_60000() -> None:
    params = {row.name: row.params for row in valid(Spec.make("lenet")).rows if row.params}
    assert sum(params.values()) == 61_706
    assert (params["c1.conv"], params["c5.conv"], params["f6.linear"]) == (156, 48_120, 10_164)
    # Table I of the paper: six maps of C3 see three maps of S2, nine see four, one sees all six.
    sparse_c3 = sum((5 * 5 * seen + 1) * maps for seen, maps in ((3, 6), (4, 9), (6, 1)))
    subsampling = 2 * 6 + 2 * 16
    changed = params["c3.conv"] - sparse_c3 + params["output"] - subsampling
    assert (params["c3.conv"], sparse_c3) == (2_416, 1_516)
    assert sum(params.values()) - changed == 60_000


def test_alexnet_of_2012() -> None:
    shapes: list[tuple[int, int, int, int]] = [(96, 3, 11, 1), (256, 96, 5, 2), (384, 256, 3, 1), (384, 384, 3, 2)]
    convs = sum(
        (size * size * inputs // groups + 1) * width for width, inputs, size, groups in [*shapes, (256, 384, 3, 2)]
    )
    linear = sum((inputs + 1) * width for inputs, width in ((6 * 6 * 256, 4096), (4096, 4096), (4096, 1000)))
    assert convs + linear == 60_965_224


def test_heads_of_googlenet_are_counted_apart() -> None:
    whole, body = valid(Spec.make("googlenet_paper")), valid(Spec.make("googlenet_paper", settings=NO_HEADS))
    assert (whole.totals.params, body.totals.params) == (13_378_280, 6_998_552)
    assert whole.totals.auxiliary_params == whole.totals.params - body.totals.params
    assert body.totals.params == valid(Spec.make("googlenet")).totals.params
    assert body.totals.macs == valid(Spec.make("googlenet")).totals.macs
    heads = [row.out_shape for row in whole.rows if row.name in build(Spec.make("googlenet_paper")).outputs]
    assert heads == [(1000,)] * 3


# Szegedy et al. 2015, table 1.

PRINTED: dict[str, tuple[float, int, float, int]] = {
    # thousands of 1024 weights and millions of MACs as printed, then as the widths of the table make them
    "conv1": (2.7, 34, 9.2, 118),
    "conv2": (112, 360, 112, 360),
    "inception_3a": (159, 128, 159.5, 128),
    "inception_3b": (380, 304, 379, 304),
    "inception_4a": (364, 73, 366.8, 74),
    "inception_4b": (437, 88, 438, 88),
    "inception_4c": (463, 100, 497.5, 100),
    "inception_4d": (580, 119, 590.5, 119),
    "inception_4e": (840, 170, 847, 170),
    "inception_5a": (1072, 54, 1018, 51),
    "inception_5b": (1388, 71, 1409, 71),
    "fc": (1000, 1, 1000, 1),
}


@pytest.mark.parametrize("module", PRINTED)
def test_table_1_of_the_googlenet_paper(module: str) -> None:
    """Its parameters are weights without biases, in units of 1024. Only three rows agree to the last digit with
    the widths beside them; its multiply-adds agree within a million in all rows but two.
    """
    rows = [row for row in valid(Spec.make("googlenet_paper")).rows if under(module, row.name)]
    weights = sum(row.params - row.out_shape[0] for row in rows if row.params)
    printed_k, printed_m, ours_k, ours_m = PRINTED[module]
    assert round(weights / 1024, 1) == ours_k
    assert round(sum(row.macs for row in rows) / 1e6) == ours_m
    if module == "conv1":
        # 2.7 and 34 are those of a 7x1 and a 1x7 filter a channel in place of a 7x7.
        assert round((7 + 7) * 3 * 64 / 1000, 1) == printed_k
        assert round((7 + 7) * 3 * 64 * 112 * 112 / 1e6) == printed_m
    else:
        assert abs(printed_k - ours_k) <= 0.08 * printed_k
        assert abs(printed_m - ours_m) <= (3 if module == "inception_5a" else 1)


def test_where_table_1_agrees_with_itself() -> None:
    exact = {module for module, (printed, _, ours, _) in PRINTED.items() if int(ours) == printed}
    assert exact == {"conv2", "inception_3a", "fc"}


# Settings and inputs that a person may choose.


def shape_of(spec: Spec, name: str) -> Shape:
    return next(row.out_shape for row in valid(spec).rows if row.name == name)


@pytest.mark.parametrize("id", ["googlenet_paper", "bn_inception"])
def test_heads_read_the_maps_of_4a_and_4d(id: str) -> None:
    graph = build(Spec.make(id, settings=HEADS))
    pools = {f"auxiliary_{name}.pool": (f"inception_{name}.concat",) for name in ("4a", "4d")}
    assert {name: graph.by_name[name].inputs for name in pools} == pools
    assert graph.outputs == ("fc", "auxiliary_4a.fc2", "auxiliary_4d.fc2")
    assert shape_of(Spec.make(id, settings=HEADS), "auxiliary_4a.pool")[1:] == (4, 4)
