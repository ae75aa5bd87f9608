"""Data sets as tensors that live on the device, and how a batch of them becomes a network's input."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from explorer.errors import ExplorerError
from explorer.ops import Shape
from explorer.training.config import DATA

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
_SPLIT_SEED = 0
_TEST_SHARE = 0.2


class Split(NamedTuple):
    """Images (count, channels, height, width) as uint8 and their labels (count,)."""

    images: Tensor
    labels: Tensor


class Dataset(NamedTuple):
    """A data set on a device; `mean` and `std` (channels, 1, 1) are those of its training images."""

    train: Split
    test: Split
    mean: Tensor
    std: Tensor

    def inputs(self, images: Tensor, shape: Shape) -> Tensor:
        """Images of this set as a network takes them: (batch, *shape), normalised, channels last.

        Sizes are matched bilinearly. Grey is repeated over the network's channels, colours are
        repeated in turn, or averaged for a network of one channel.
        """
        x = (images.to(self.mean.dtype) - self.mean) / self.std
        if x.shape[2:] != shape[1:]:
            x = F.interpolate(x, size=shape[1:], mode="bilinear", align_corners=False)
        if x.shape[1] != shape[0]:
            turn = torch.arange(shape[0], device=x.device) % x.shape[1]
            x = x.mean(dim=1, keepdim=True) if shape[0] == 1 else x[:, turn]
        return x.contiguous(memory_format=torch.channels_last)


def load(name: str, device: torch.device) -> Dataset:
    """A data set of `DATA`, all of it on the device.

    Raises:
        ExplorerError: it is not on this machine and cannot be downloaded.
    """
    train, test = _digits() if name == "digits" else _torchvision(name)
    values = train.images.to(torch.get_default_dtype())
    mean, std = values.mean(dim=(0, 2, 3)), values.std(dim=(0, 2, 3))
    train, test = (Split(images.to(device), labels.to(device)) for images, labels in (train, test))
    return Dataset(train, test, mean[:, None, None].to(device), std[:, None, None].to(device))


def _digits() -> tuple[Split, Split]:
    """scikit-learn's 1,797 digits of 8x8, grey from 0 to 16, split once and for all, class by class."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.from_numpy(digits.images).to(torch.uint8)[:, None]
    labels = torch.from_numpy(digits.target).long()
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(_SPLIT_SEED))
    by_class = [shuffled[labels[shuffled] == label] for label in range(DATA["digits"].classes)]
    cuts = [round(len(members) * _TEST_SHARE) for members in by_class]
    test = torch.cat([members[:cut] for members, cut in zip(by_class, cuts, strict=True)])
    train = torch.cat([members[cut:] for members, cut in zip(by_class, cuts, strict=True)])
    return Split(images[train], labels[train]), Split(images[test], labels[test])


def _torchvision(name: str) -> tuple[Split, Split]:
    from torchvision import datasets

    kind = {"fashion_mnist": datasets.FashionMNIST, "cifar10": datasets.CIFAR10}[name]
    folder = DATA_FOLDER / name
    if not folder.exists():
        _download(kind, folder, DATA[name].title)
    train, test = (_split(kind(folder, train=part)) for part in (True, False))
    return train, test


def _download(kind: Any, folder: Path, title: str) -> None:
    """Downloads beside the folder and moves it into place whole, so a broken try leaves nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        kind(partial, train=True, download=True)
        kind(partial, train=False, download=True)
        partial.rename(folder)
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        if not folder.exists():  # else another run was faster
            cause = str(error).partition("\n")[0].rstrip(":")
            raise ExplorerError(
                f"{title} is not on this machine and could not be downloaded ({cause}): "
                "the data set digits needs no internet"
            ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _split(source: Any) -> Split:
    images = torch.as_tensor(source.data)
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return Split(images.contiguous(), torch.as_tensor(source.targets).long())
