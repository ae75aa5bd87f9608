"""What was published of the accuracy of the zoo's networks on ImageNet; it is not computed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Published(NamedTuple):
    """The accuracy of a network.

    Args:
        top_1: percent of the validation set of ILSVRC 2012, one network and one crop.
        source: who measured it, and where the network was another.
    """

    top_1: float
    source: str


_TORCHVISION = "torchvision, IMAGENET1K_V1"
_SZEGEDY_2017 = "Szegedy et al. 2017, table 2"
TOP_1: Mapping[str, Published] = {
    "googlenet": Published(68.7, "Caffe's model zoo, bvlc_googlenet, with local response normalisation"),
    "bn_inception": Published(74.8, "Ioffe and Szegedy 2015, figure 3, BN-x30"),
    "inception_v3": Published(77.294, f"{_TORCHVISION}; 78.8 in {_SZEGEDY_2017}"),
    "inception_v4": Published(80.0, _SZEGEDY_2017),
    "inception_resnet_v2": Published(80.1, _SZEGEDY_2017),
    "xception": Published(79.0, "Chollet 2017, table 1"),
    "alexnet": Published(56.522, _TORCHVISION),
    "vgg16": Published(71.592, _TORCHVISION),
    "resnet18": Published(69.758, _TORCHVISION),
    "resnet50": Published(76.13, _TORCHVISION),
    "mobilenet_v1": Published(70.6, "Howard et al. 2017, table 8"),
}
"""By the id of the architecture; of the others none was published."""
