"""Published accuracies: those of torchvision are what torchvision says of the network that ours is equal to."""

from __future__ import annotations

import pytest
from torchvision import models

from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from explorer.zoo.published import TOP_1

WEIGHTS = {
    "alexnet": models.AlexNet_Weights.IMAGENET1K_V1,
    "vgg16": models.VGG16_Weights.IMAGENET1K_V1,
    "resnet18": models.ResNet18_Weights.IMAGENET1K_V1,
    "resnet50": models.ResNet50_Weights.IMAGENET1K_V1,
    "inception_v3": models.Inception_V3_Weights.IMAGENET1K_V1,
}


def test_every_accuracy_belongs_to_a_network_and_has_a_source() -> None:
    assert set(TOP_1) <= set(ARCHITECTURES)
    for id, published in TOP_1.items():
        assert ARCHITECTURES[id].classes == 1000
        assert 50 < published.top_1 < 85
        assert published.source


@pytest.mark.parametrize("id", WEIGHTS)
def test_what_torchvision_measured_is_what_it_says(id: str) -> None:
    meta = WEIGHTS[id].meta
    assert TOP_1[id].top_1 == meta["_metrics"]["ImageNet-1K"]["acc@1"]
    heads = {"auxiliary_heads": 1} if id == "inception_v3" else {}
    spec = Spec.make(id, settings=heads)
    assert valid(spec).totals.params == meta["num_params"]


def test_all_that_is_said_to_be_torchvisions_is_held_against_it() -> None:
    assert {id for id, published in TOP_1.items() if published.source.startswith("torchvision")} == set(WEIGHTS)
