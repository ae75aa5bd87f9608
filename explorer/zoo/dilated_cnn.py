"""SimpleCNNWithDilation, source 002's network with a dilated convolution, for CIFAR-10."""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, Flatten, Linear, MaxPool2d, ReLU, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.units import conv_relu

_DILATION = "conv2.dilation"


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    # As much padding as dilation keeps the size of the map.
    spread = pair(choice.settings[_DILATION])
    conv_relu(b, "conv1.conv", Conv2d(16, pair(3), padding=pair(1)), b.last)
    b.add("conv1.pool", MaxPool2d(pair(2), stride=pair(2)))
    conv_relu(b, "conv2.conv", Conv2d(32, pair(3), padding=spread, dilation=spread), b.last)
    b.add("conv2.pool", MaxPool2d(pair(2), stride=pair(2)))
    conv_relu(b, "conv3.conv", Conv2d(64, pair(3), padding=pair(1)), b.last)
    b.add("flatten", Flatten())
    b.add("fc1.linear", Linear(256))
    b.add("fc1.relu", ReLU())
    if choice.classes is not None:
        b.add("fc2", Linear(choice.classes))
    return b.graph()


DILATED_CNN = Architecture(
    id="dilated_cnn",
    title="CNN with dilation",
    family="Classic",
    year=2025,
    introduced="Dilation: a wider window with the same weights.",
    source="source 002, section 3.3 (SimpleCNNWithDilation)",
    summary="Three convolutions and two linear layers. The second convolution has holes: its nine weights reach "
    "as far as a 5x5.",
    input_shape=(3, 32, 32),
    classes=10,
    settings={
        _DILATION: Setting(
            2, 1, 16, "distance between neighbouring weights of the second 3x3; 1 for no holes", "conv2.conv.dilation"
        )
    },
    build=_build,
)
