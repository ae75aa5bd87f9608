"""Every architecture at its own input size: it trains, and its exported source computes what its module does."""

from __future__ import annotations

from math import isfinite
from unittest.mock import ANY

import pytest
import torch
from torch.nn import functional as F

from explorer.backend.data import Dataset, Split
from explorer.backend.train.learner import AUXILIARY_WEIGHT, Learner, loss_and_right
from explorer.runs.config import MODES, TrainConfig
from explorer.runs.preflight import ready
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from explorer.zoo.heads import AUXILIARY_HEADS
from tests.helpers.torch_tools import assert_source_computes_the_same

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = TrainConfig.make(batch=2, device="cpu")
# The widest layers of VGG and AlexNet hold a hundred million weights, which learn as a few do.
ALL_HEADS_AND_NARROW = {AUXILIARY_HEADS: 1, "fc6.width": 64, "fc7.width": 64}


def random_images(spec: Spec) -> Dataset:
    """Four random images of the network's size, normalised as those of any data set."""
    generator = torch.Generator().manual_seed(0)
    channels, *size = spec.build_config.input_shape
    images = torch.randint(256, (4, channels, *size), generator=generator, dtype=torch.uint8)
    split = Split(images, torch.randint(10, (4,), generator=generator))
    return Dataset(split, split, torch.full((channels, 1, 1), 127.5), torch.full((channels, 1, 1), 73.9))


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_it_trains_with_all_its_heads(id: str) -> None:
    settings = {key: value for key, value in ALL_HEADS_AND_NARROW.items() if key in ARCHITECTURES[id].settings}
    spec = ready(Spec.make(id, settings=settings), CONFIG)
    learner = Learner(spec, CONFIG)
    learner.data = random_images(spec)
    before = {name: values.clone() for name, values in learner.model.named_parameters() if values.ndim == 1}
    # A second step starts from what the first one made of the weights.
    for chosen in ([0, 1], [2, 3]):
        loss, right = learner.step(torch.tensor(chosen), 1e-4, 1)
        assert isfinite(loss)
        assert 0 <= right <= 2
    for name, values in learner.model.named_parameters():
        assert values.grad is not None, name
        assert values.grad.isfinite().all(), name
        assert name not in before or not torch.equal(values, before[name]) or not values.grad.any(), name


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_its_source_computes_the_same(id: str) -> None:
    assert_source_computes_the_same(build(Spec.make(id)))


# The loss with auxiliary heads.


def test_auxiliary_losses_weigh_three_tenths_in_training() -> None:
    generator = torch.Generator().manual_seed(0)
    outputs = tuple(torch.randn(5, 7, generator=generator) for _ in range(3))
    labels = torch.randint(7, (5,), generator=generator)
    # By hand: the mean over the batch of log sum exp, less the score of the right class.
    first, *others = [(scores.exp().sum(1).log() - scores[torch.arange(5), labels]).mean().item() for scores in outputs]
    loss, right = loss_and_right(outputs, labels)
    assert AUXILIARY_WEIGHT == 0.3
    assert loss.item() == pytest.approx(first + 0.3 * others[0] + 0.3 * others[1], rel=1e-5)
    assert right == sum(
        int(row.tolist().index(max(row))) == label for row, label in zip(outputs[0], labels, strict=True)
    )


@pytest.mark.parametrize("mode", MODES)
def test_auxiliary_losses_do_not_count_in_a_test(mode: str) -> None:
    settings = {key: 8 for key in ARCHITECTURES["googlenet_paper"].settings if "auxiliary" not in key}
    settings |= {"auxiliary_heads": 1, "auxiliary_kernel_size": 4, "avg_pool.kernel_size": 2}
    spec = Spec.make("googlenet_paper", input=(1, 64, 64), classes=10, settings=settings)
    learner = Learner(spec, CONFIG.with_(mode=mode, dropout=0))
    learner.data = random_images(spec)
    images, labels = learner.data.held_out
    measured = learner.validate(lambda: False)
    first, *others = learner.model(learner.data.inputs(images, learner.shape))
    assert (measured, len(others)) == ((pytest.approx(F.cross_entropy(first, labels).item()), ANY), 2)
