"""Own images: made from a folder, kept as one file, and read from that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from explorer.backend.data.pictures import found, square
from explorer.backend.data.split import Split, by_class
from explorer.common import formats, limits
from explorer.common.errors import ExplorerError
from explorer.common.files import replacing
from explorer.runs import own_images

_BETWEEN_LINES = 200
"""Images that are read before it is told how many."""


def add(name: str, folder: Path, side: int, grey: bool, say: Callable[[str], None]) -> None:
    """Keeps the pictures of a folder as a set of own images; it is there whole or not at all.

    Args:
        name: of the set, which must be new.
        folder: with a folder of pictures for each class, which gives the class its name.
        side: of the squares that they are resized to, in pixels.
        grey: whether their colours are left out.
        say: told how far it has come.

    Raises:
        ExplorerError: the name, the folder or one of its pictures cannot be taken.
        OSError: the file cannot be written.
    """
    file = own_images.path(name)
    if file.exists():
        raise ExplorerError(f"there is a set own:{name}: remove it with 'data remove {name}', or choose another name")
    classes = found(folder)
    labels = [label for label, files in enumerate(classes.values()) for _ in files]
    images = _squares([path for files in classes.values() for path in files], side, grey, say)
    train, held_out = by_class(Split(torch.from_numpy(images), torch.tensor(labels)))
    _write(file, train, held_out, list(classes))


def read(name: str) -> tuple[Split, Split]:
    """The training and the held-out images of a set.

    Raises:
        ExplorerError: there is none of this name, or its file is damaged.
    """
    classes = len(own_images.facts(name).classes)
    try:
        tensors = load_file(own_images.existing(name))
    except Exception:  # whatever a torn file leads the reader to
        raise own_images.damaged(name) from None
    splits = [Split(tensors[f"{part}_images"], tensors[f"{part}_labels"]) for part in ("train", "held_out")]
    if any(labels.min() < 0 or labels.max() >= classes for _, labels in splits):
        raise own_images.damaged(name)
    return splits[0], splits[1]


def _squares(files: list[Path], side: int, grey: bool, say: Callable[[str], None]) -> np.ndarray:
    shape = (len(files), 1 if grey else 3, side, side)
    if (needed := int(np.prod(shape))) > limits.MAX_OWN_BYTES:
        raise ExplorerError(
            f"{formats.number(len(files))} images of {formats.size(shape[1:])} take {formats.bytes_(needed)}: at most "
            f"{formats.bytes_(limits.MAX_OWN_BYTES)} are allowed, so choose a smaller size"
        )
    images = np.empty(shape, np.uint8)
    for done, file in enumerate(files):
        if done % _BETWEEN_LINES == 0:
            say(f"{formats.number(done)} of {formats.number(len(files))} images")
        images[done] = square(file, side, grey)
    return images


def _write(file: Path, train: Split, held_out: Split, classes: list[str]) -> None:
    tensors = {
        "train_images": train.images,
        "train_labels": train.labels,
        "held_out_images": held_out.images,
        "held_out_labels": held_out.labels,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as whole:
        try:
            save_file(tensors, whole, {"classes": json.dumps(classes)})
        except Exception as error:  # it raises errors of its own for a full disk
            raise OSError(f"{file} could not be written: {error}") from None
