"""Receptive fields of the whole zoo, against the measured extent of the gradient and against those
that are published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from explorer.graph.graph import Graph, Node, module_of
from explorer.graph.ops import (
    Add,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Input,
    LocalResponseNorm,
    MaxPool2d,
    Op,
    pair,
)
from explorer.graph.trace import NodeTrace, partial_trace, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.fields import measured, positive, span, spatial, whole

pytestmark = pytest.mark.usefixtures("one_thread")

WITH_HEADS = {id: {"auxiliary_heads": 1} for id, entry in ARCHITECTURES.items() if "auxiliary_heads" in entry.settings}
SPATIAL = [id for id in ARCHITECTURES if len(spatial(build(Spec.make(id)))) > 1]


def test_all_but_the_fully_connected_network_have_maps() -> None:
    assert set(ARCHITECTURES) - set(SPATIAL) == {"mnist_mlp"}


def thin(graph: Graph) -> Graph:
    """The windows of a network alone: one channel everywhere, where a sum joins as well as a concat;
    nothing of what works on each place by itself, or sees the whole image.
    """
    local = {row.name for row in spatial(graph)}
    nodes = [Node(node.name, _thin(node.op), node.inputs) for node in graph.nodes if node.name in local]
    pointwise = {node.name: () for node in nodes if isinstance(node.op, BatchNorm2d | LocalResponseNorm)}
    pointwise |= {node.name: () for node in nodes if node.op.elementwise}
    ends = tuple(name for name in graph.outputs if name in local) or (nodes[-1].name,)
    return Graph(tuple(nodes), ends).replace(pointwise)


def _thin(op: Op) -> Op:
    match op:
        case Input():
            return Input((1, *op.shape[1:]))
        case Conv2d():
            return replace(op, out_channels=1, groups=1, bias=False)
        case DepthwiseConv2d():
            return replace(op, depth_multiplier=1, bias=False)
        case Concat():
            return Add()
    return op


def on(graph: Graph, height: int, width: int) -> Graph:
    """The network on an image of another size."""
    image = Node("input", Input((1, height, width)))
    return Graph((image, *graph.nodes[1:]), graph.outputs)


def narrowest(graph: Graph) -> int:
    """The smallest side on which the network still works."""
    return next(side for side in range(1, 500) if partial_trace(on(graph, side, side))[1] is None)


@pytest.mark.slow
@pytest.mark.parametrize("axis", [0, 1], ids=["height", "width"])
@pytest.mark.parametrize("id", SPATIAL)
def test_the_field_of_every_module_is_the_extent_of_the_gradient(id: str, axis: int) -> None:
    """The image is long enough for the largest field along one axis, and as short as can be along the
    other, where the field is clipped and not measured.
    """
    network = build(Spec.make(id, settings=WITH_HEADS.get(id, {})))
    published = {row.name: row for row in spatial(network)}
    windows = thin(network)
    ends = {module_of(node.name): node.name for node in windows.nodes}.values()
    longest = max((published[name] for name in ends), key=lambda row: row.receptive_field[axis])
    size = [narrowest(windows)] * 2
    size[axis] = longest.receptive_field[axis] + 2 * longest.jump[axis]
    graph = on(windows, *size)
    image = torch.ones(1, 1, *size, dtype=torch.float64, requires_grad=True)
    values = positive(graph).run(image)
    for row in trace(graph).rows:
        if row.name in ends:
            measure(row, axis, values[row.name], image)
            assert (row.receptive_field, row.jump) == (published[row.name].receptive_field, published[row.name].jump)


def measure(row: NodeTrace, axis: int, output: Tensor, image: Tensor) -> None:
    """Holds the first and the last element whose field lies within the image against the gradient."""
    lanes, place = row.field[axis], [outputs // 2 for outputs in row.out_shape[1:]]
    elements = whole(lanes, row.out_shape[1 + axis], image.shape[2 + axis])
    for place[axis] in {elements[0], elements[-1]}:
        first, last = measured(output, image, *place)[axis]
        assert (first, last) == span(lanes, place[axis]), row.name
        assert last - first + 1 == row.receptive_field[axis], row.name


# Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", and the
# table of end points that goes with it: for each, the field, the effective stride, and the effective
# padding at each of some image sizes. Their networks are those of TF-Slim.
Points = Mapping[str, tuple[int, ...]]
STEM: Points = {
    "conv2d_1a_3x3.conv": (3, 2, 0),
    "conv2d_2a_3x3.conv": (7, 2, 0),
    "conv2d_2b_3x3.conv": (11, 2, 2),
}
STEM_V3: Points = {
    **STEM,
    "maxpool_3a_3x3": (15, 4, 2),
    "conv2d_3b_1x1.conv": (15, 4, 2),
    "conv2d_4a_3x3.conv": (23, 4, 2),
    "maxpool_5a_3x3": (31, 8, 2),
    "mixed_5b.concat": (63, 8, 18),
}
PUBLISHED: Mapping[str, tuple[tuple[int, ...], Points]] = {
    "vgg16": (
        (224,),
        {
            "stage1.conv1": (3, 1, 1),
            "stage1.pool": (6, 2, 2),
            "stage2.conv1": (10, 2, 4),
            "stage2.pool": (16, 4, 6),
            "stage3.conv1": (24, 4, 10),
            "stage3.conv2": (32, 4, 14),
            "stage3.pool": (44, 8, 18),
            "stage4.conv1": (60, 8, 26),
            "stage4.conv2": (76, 8, 34),
            "stage4.pool": (100, 16, 42),
            "stage5.conv1": (132, 16, 58),
            "stage5.conv2": (164, 16, 74),
            "stage5.pool": (212, 32, 90),
        },
    ),
    "bn_inception": (
        (224, 321),
        {
            "conv1.conv": (7, 2, 2, 3),
            "conv1.pool": (11, 4, 2, 5),
            "conv2.reduce": (11, 4, 2, 5),
            "conv2.conv": (19, 4, 6, 9),
            "conv2.pool": (27, 8, 6, 13),
            "inception_3a.concat": (59, 8, 22, 29),
            "inception_3b.concat": (91, 8, 38, 45),
            "inception_3c.concat": (123, 16, 46, 61),
            "inception_4a.concat": (187, 16, 78, 93),
            "inception_4b.concat": (251, 16, 110, 125),
            "inception_4c.concat": (315, 16, 142, 157),
            "inception_4d.concat": (379, 16, 174, 189),
            "inception_4e.concat": (443, 32, 190, 221),
            "inception_5a.concat": (571, 32, 254, 285),
            "inception_5b.concat": (699, 32, 318, 349),
        },
    ),
    "inception_v3": (
        (224, 299, 321),
        {
            **STEM_V3,
            "mixed_5c.concat": (95, 8, 34),
            "mixed_5d.concat": (127, 8, 50),
            "mixed_6a.concat": (159, 16, 58),
            "mixed_6b.concat": (351, 16, 154),
            "mixed_6c.concat": (543, 16, 250),
            "mixed_6d.concat": (735, 16, 346),
            "mixed_6e.concat": (927, 16, 442),
            "mixed_7a.concat": (1055, 32, 490),
            "mixed_7b.concat": (1183, 32, 554),
            "mixed_7c.concat": (1311, 32, 618),
        },
    ),
    "inception_v4": (
        (224, 299, 321),
        {
            **STEM,
            "mixed_3a.concat": (15, 4, 2),
            "mixed_4a.concat": (47, 4, 14),
            "mixed_5a.concat": (55, 8, 14),
            "mixed_5b.concat": (87, 8, 30),
            "mixed_5c.concat": (119, 8, 46),
            "mixed_5d.concat": (151, 8, 62),
            "mixed_5e.concat": (183, 8, 78),
            "mixed_6a.concat": (215, 16, 86),
            "mixed_6b.concat": (407, 16, 182),
            "mixed_6c.concat": (599, 16, 278),
            "mixed_6d.concat": (791, 16, 374),
            "mixed_6e.concat": (983, 16, 470),
            "mixed_6f.concat": (1175, 16, 566),
            "mixed_6g.concat": (1367, 16, 662),
            "mixed_6h.concat": (1559, 16, 758),
            "mixed_7a.concat": (1687, 32, 806),
            "mixed_7b.concat": (1815, 32, 870),
            "mixed_7c.concat": (1943, 32, 934),
            "mixed_7d.concat": (2071, 32, 998),
        },
    ),
    "inception_resnet_v2": (
        (224, 299, 321),
        {
            **STEM_V3,
            "mixed_6a.concat": (415, 16, 186),
            "block17_20.relu": (2335, 16, 1146),
            "mixed_7a.concat": (2399, 32, 1162),
            "conv2d_7b_1x1.conv": (3039, 32, 1482),
        },
    ),
    "mobilenet_v1": (
        (224, 321),
        {
            "stem.conv": (3, 2, 0, 1),
            "block1.pointwise": (7, 2, 2, 3),
            "block2.pointwise": (11, 4, 2, 5),
            "block3.pointwise": (19, 4, 6, 9),
            "block4.pointwise": (27, 8, 6, 13),
            "block5.pointwise": (43, 8, 14, 21),
            "block6.pointwise": (59, 16, 14, 29),
            "block7.pointwise": (91, 16, 30, 45),
            "block8.pointwise": (123, 16, 46, 61),
            "block9.pointwise": (155, 16, 62, 77),
            "block10.pointwise": (187, 16, 78, 93),
            "block11.pointwise": (219, 16, 94, 109),
            "block12.pointwise": (251, 32, 94, 125),
            "block13.pointwise": (315, 32, 126, 157),
        },
    ),
}
ALEXNET_V2: Points = {
    "conv1.conv": (11, 4, 0),
    "conv1.pool": (19, 8, 0),
    "conv2.conv": (51, 8, 16),
    "conv3.conv": (99, 16, 32),
    "conv4.conv": (131, 16, 48),
    "conv5.conv": (163, 16, 64),
    "conv5.pool": (195, 32, 64),
}
RESNET_V1_50: Points = {
    "layer1_block3.relu": (35, 8, 17),
    "layer2_block4.relu": (99, 16, 49),
    "layer3_block6.relu": (291, 32, 145),
    "layer4_block3.relu": (483, 32, 241),
}


def points(graph: Graph, names: Mapping[str, object]) -> Points:
    """Field, stride and padding of some nodes, which are the same along both axes."""
    found = {}
    for row in trace(graph).rows:
        if row.name in names:
            down, across = row.field
            assert down == across
            ((first, last, jump),) = down
            found[row.name] = (last - first + 1, jump, -first)
            assert (row.receptive_field, row.jump) == (pair(last - first + 1), pair(jump))
    return found


@pytest.mark.parametrize("id", PUBLISHED)
def test_published_fields(id: str) -> None:
    sizes, table = PUBLISHED[id]
    for place, size in enumerate(sizes):
        # Where all paddings are explicit, the size changes nothing.
        expected = {name: (field, stride, pads[place % len(pads)]) for name, (field, stride, *pads) in table.items()}
        assert points(build(Spec.make(id, input=(3, size, size))), table) == expected


def test_published_fields_of_alexnet() -> None:
    """TF-Slim's `alexnet_v2` pads nothing in its first convolution, torchvision's two pixels."""
    ours = build(Spec.make("alexnet"))
    conv = ours.by_name["conv1.conv"]
    unpadded = Node(conv.name, replace(conv.op, padding=pair(0)), conv.inputs)
    assert points(ours.replace({conv.name: (unpadded,)}), ALEXNET_V2) == ALEXNET_V2
    two_more = {name: (field, stride, pad + 2) for name, (field, stride, pad) in ALEXNET_V2.items()}
    assert points(ours, ALEXNET_V2) == two_more


def with_strides_of_slim(graph: Graph) -> Graph:
    """ResNet-50 with its halvings where TF-Slim has them: at the end of a layer, not at its start.

    Given   layer_n (stride 1) -> layer_n+1: first block of stride 2
    Result  layer_n: last block of stride 2, its shortcut every second place -> layer_n+1 (stride 1)
    """
    edits: dict[str, tuple[Node, ...]] = {}
    for name in (f"layer{layer}_block1.{part}" for layer in (2, 3, 4) for part in ("conv2", "shortcut")):
        edits[name] = (_strided(graph.by_name[name], 1),)
    for block in ("layer1_block3", "layer2_block4", "layer3_block6"):
        edits[f"{block}.conv2"] = (_strided(graph.by_name[f"{block}.conv2"], 2),)
        add = graph.by_name[f"{block}.add"]
        branch, shortcut = add.inputs
        every_second = Node(f"{block}.subsample", MaxPool2d(pair(1), stride=pair(2)), (shortcut,))
        edits[add.name] = (every_second, Node(add.name, add.op, (branch, every_second.name)))
    return graph.replace(edits)


def _strided(node: Node, stride: int) -> Node:
    assert isinstance(node.op, Conv2d)
    return Node(node.name, replace(node.op, stride=pair(stride)), node.inputs)


def reads_at(graph: Graph) -> Counter[int]:
    """How many 3x3 convolutions read maps of each jump."""
    rows = trace(graph).by_name
    return Counter(
        rows[row.inputs[0]].jump[0]
        for row in rows.values()
        if isinstance(row.op, Conv2d) and row.op.kernel_size == pair(3)
    )


def test_published_fields_of_resnet() -> None:
    """Slim's strides give its numbers; torchvision's move one 3x3 from jump 32 to jump 4."""
    ours = build(Spec.make("resnet50", input=(3, 321, 321)))
    slim = with_strides_of_slim(ours)
    assert points(slim, RESNET_V1_50) == RESNET_V1_50
    assert reads_at(ours) - reads_at(slim) == {4: 1}
    assert reads_at(slim) - reads_at(ours) == {32: 1}
    (field, *_), (slims, *_) = (points(graph, RESNET_V1_50)["layer4_block3.relu"] for graph in (ours, slim))
    assert field == slims - 2 * (32 - 4) == 427
    stem = 11
    for graph, total in ((ours, field), (slim, slims)):
        assert total == stem + sum(2 * jump * times for jump, times in reads_at(graph).items())
