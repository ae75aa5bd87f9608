"""Every architecture, one file each: its table of numbers and how they become a graph."""

from __future__ import annotations

from explorer.common.lookup import lookup
from explorer.zoo.alexnet import ALEXNET
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.bn_inception import BN_INCEPTION
from explorer.zoo.dilated_cnn import DILATED_CNN
from explorer.zoo.googlenet import GOOGLENET
from explorer.zoo.googlenet_paper import GOOGLENET_PAPER
from explorer.zoo.inception10 import INCEPTION10
from explorer.zoo.inception_block import INCEPTION_BLOCK
from explorer.zoo.inception_resnet_v2 import INCEPTION_RESNET_V2
from explorer.zoo.inception_v3 import INCEPTION_V3
from explorer.zoo.inception_v4 import INCEPTION_V4
from explorer.zoo.inceptionnet import INCEPTIONNET
from explorer.zoo.lenet import LENET
from explorer.zoo.mnist_mlp import MNIST_MLP
from explorer.zoo.mobilenet_v1 import MOBILENET_V1
from explorer.zoo.resnet18 import RESNET18
from explorer.zoo.resnet50 import RESNET50
from explorer.zoo.vgg16 import VGG16
from explorer.zoo.xception import XCEPTION
from explorer.zoo.xception_as_printed import XCEPTION_AS_PRINTED

ARCHITECTURES: dict[str, Architecture] = {
    entry.id: entry
    for entry in (
        INCEPTION_BLOCK,
        INCEPTION10,
        GOOGLENET,
        GOOGLENET_PAPER,
        INCEPTIONNET,
        DILATED_CNN,
        BN_INCEPTION,
        INCEPTION_V3,
        INCEPTION_V4,
        INCEPTION_RESNET_V2,
        XCEPTION_AS_PRINTED,
        XCEPTION,
        MNIST_MLP,
        LENET,
        ALEXNET,
        VGG16,
        RESNET18,
        RESNET50,
        MOBILENET_V1,
    )
}


def architecture(id: str) -> Architecture:
    """The entry of this id.

    Raises:
        ExplorerError: there is none; the sentence lists those there are.
    """
    return lookup("architecture", id, ARCHITECTURES, most=len(ARCHITECTURES))


__all__ = ["ARCHITECTURES", "Architecture", "BuildConfig", "Setting", "architecture"]
