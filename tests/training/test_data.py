from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torchvision import datasets

from explorer.errors import ExplorerError
from explorer.training import data
from explorer.training.config import DATA
from explorer.training.data import Dataset, Split, load

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits", CPU)


def test_digits_are_scikit_learns_each_once(digits: Dataset) -> None:
    ours = torch.cat([digits.train.images, digits.test.images]).flatten(1)
    labels = torch.cat([digits.train.labels, digits.test.labels])
    source = load_digits()
    theirs = zip(source.data.astype(int).tolist(), source.target.tolist(), strict=True)
    assert Counter((*image, label) for image, label in zip(ours.tolist(), labels.tolist(), strict=True)) == Counter(
        (*image, label) for image, label in theirs
    )


def test_the_split_is_fixed_stratified_and_as_announced(digits: Dataset) -> None:
    info = DATA["digits"]
    assert digits.train.images.shape == (info.train, info.channels, *info.size)
    assert digits.test.images.shape == (info.test, info.channels, *info.size)
    assert digits.train.images.dtype == torch.uint8
    share = digits.test.labels.bincount() / (digits.test.labels.bincount() + digits.train.labels.bincount())
    assert torch.allclose(share, torch.full((info.classes,), 0.2), atol=0.003)
    torch.manual_seed(99)
    again = load("digits", CPU)
    assert torch.equal(again.test.images, digits.test.images)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 20, 12), (3, 32, 32), (5, 4, 4)])
def test_inputs_have_the_networks_shape_in_channels_last(digits: Dataset, shape: tuple[int, int, int]) -> None:
    x = digits.inputs(digits.train.images[:6], shape)
    assert x.shape == (6, *shape)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(x[:, 0], x[:, channel]) for channel in range(shape[0]))


def test_training_images_are_normalised_at_their_own_size(digits: Dataset) -> None:
    x = digits.inputs(digits.train.images, (1, 8, 8))
    assert abs(x.mean()) < 1e-5
    assert abs(x.std() - 1) < 1e-5


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


class FakeSet:
    """A torchvision data set that writes to its root as the real ones do, or breaks half-way."""

    working = True
    downloads = 0

    def __init__(self, root: Path, train: bool, download: bool = False) -> None:
        file = Path(root) / ("train" if train else "test")
        if download:
            type(self).downloads += 1
            file.write_text("half")
            if not self.working:
                raise URLError("Name or service not known")
            file.write_text("whole")
        assert file.read_text() == "whole"
        self.data = np.full((4, 6, 6, 3), 7 if train else 9, np.uint8)
        self.data[0] = 0
        self.targets = [0, 1, 2, 3]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeSet]:
    kind = type("Fake", (FakeSet,), {})
    monkeypatch.setattr(datasets, "CIFAR10", kind)
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path / "data")
    return kind


def test_without_internet_it_says_what_works_and_leaves_nothing(fake: Any, tmp_path: Path) -> None:
    fake.working = False
    with pytest.raises(ExplorerError) as error:
        load("cifar10", CPU)
    assert str(error.value) == (
        "CIFAR-10 is not on this machine and could not be downloaded (<urlopen error Name or service not known>): "
        "the data set digits needs no internet"
    )
    assert list((tmp_path / "data").iterdir()) == []


def test_a_broken_try_does_not_break_the_next_and_once_is_enough(fake: Any) -> None:
    fake.working = False
    with pytest.raises(ExplorerError):
        load("cifar10", CPU)
    fake.working = True
    first = load("cifar10", CPU)
    assert first.train.images.shape == (4, 3, 6, 6)
    assert first.train.labels.tolist() == [0, 1, 2, 3]
    assert first.mean.flatten().tolist() == [5.25] * 3
    downloads = fake.downloads
    load("cifar10", CPU)
    assert fake.downloads == downloads


def test_two_runs_may_download_at_once(fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one finds the folder in its way and uses it."""
    theirs = tmp_path / "data" / "cifar10"

    def meanwhile(root: Path, train: bool, download: bool = False) -> FakeSet:
        if download and not theirs.exists():
            theirs.mkdir()
            fake(theirs, train=True, download=True)
            fake(theirs, train=False, download=True)
        return fake(root, train, download)

    monkeypatch.setattr(datasets, "CIFAR10", meanwhile)
    assert load("cifar10", CPU).train.images.shape == (4, 3, 6, 6)
    assert [entry.name for entry in (tmp_path / "data").iterdir()] == ["cifar10"]


def test_a_reason_of_many_lines_is_cut_to_its_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*args: Any, **kwargs: Any) -> SimpleNamespace:
        raise RuntimeError("Error downloading train-images:\nTried http://here, got:\nnothing")

    monkeypatch.setattr(datasets, "FashionMNIST", broken)
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path)
    with pytest.raises(ExplorerError, match=r"downloaded \(Error downloading train-images\): the data set digits"):
        load("fashion_mnist", CPU)


def test_grey_torchvision_images_are_read_as_they_lie_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real FashionMNIST class, on files in its own format."""
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path)
    raw = tmp_path / "fashion_mnist" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    for part in ("train", "t10k"):
        header = (0x803).to_bytes(4, "big") + b"".join(n.to_bytes(4, "big") for n in images.shape)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        labels = (0x801).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes([5, 0, 9])
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    loaded = load("fashion_mnist", CPU)
    assert torch.equal(loaded.train.images, torch.from_numpy(images)[:, None])
    assert loaded.test.labels.tolist() == [5, 0, 9]
