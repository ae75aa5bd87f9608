"""AlexNet in its form of one column (Krizhevsky 2014, "One weird trick for parallelizing convolutional
neural networks"), equal to torchvision's `alexnet`: 61,100,840 parameters.

The network of Krizhevsky et al. 2012 has 96, 256, 384, 384 and 256 channels, its second, fourth and
fifth convolutions in two groups, one a GPU, and local response normalisation behind the first two:
60,965,224 parameters. torchvision's adaptive average pool to 6x6 is left out: at 224x224 the map is
6x6, and the pool leaves it as it is.
"""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.units import conv_relu

_CONVS = {
    "conv1": Conv2d(64, pair(11), stride=pair(4), padding=pair(2)),
    "conv2": Conv2d(192, pair(5), padding=pair(2)),
    "conv3": Conv2d(384, pair(3), padding=pair(1)),
    "conv4": Conv2d(256, pair(3), padding=pair(1)),
    "conv5": Conv2d(256, pair(3), padding=pair(1)),
}
_POOLED = {"conv1", "conv2", "conv5"}
_HIDDEN = {
    "fc6.width": Setting(4096, 1, 4096, "features of the first fully connected layer", "fc6.linear.out_features"),
    "fc7.width": Setting(4096, 1, 4096, "features of the second fully connected layer", "fc7.linear.out_features"),
}


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    for name, conv in _CONVS.items():
        conv_relu(b, f"{name}.conv", conv, b.last)
        if name in _POOLED:
            b.add(f"{name}.pool", MaxPool2d(pair(3), stride=pair(2)))
    b.add("flatten", Flatten())
    for name in ("fc6", "fc7"):
        b.add(f"{name}.dropout", Dropout(0.5))
        b.add(f"{name}.linear", Linear(choice.settings[f"{name}.width"]))
        b.add(f"{name}.relu", ReLU())
    if choice.classes is not None:
        b.add("fc8", Linear(choice.classes))
    return b.graph()


ALEXNET = Architecture(
    id="alexnet",
    title="AlexNet",
    family="Classic",
    year=2012,
    introduced="Deep convolutional networks on ImageNet, with ReLU and dropout.",
    source="Krizhevsky 2014, one column without normalisation, equal to torchvision's alexnet; the network of "
    "Krizhevsky et al. 2012 has two groups and LRN (60,965,224 parameters)",
    summary="Five convolutions and three fully connected layers, which hold nearly all of its parameters: "
    "the network that brought deep learning to ImageNet.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings=_HIDDEN,
    build=_build,
)
