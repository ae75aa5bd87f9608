"""The data that is kept on this machine, without torch: where it is, and what own images there are.

Own images are one safetensors file a set, `own/NAME.safetensors` under `root()`: the tensors `train_images`,
`train_labels`, `held_out_images` and `held_out_labels`, and the names of the classes in its header.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field, Json, PositiveInt

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.lookup import unknown_name

_NAME = re.compile(f"[A-Za-z0-9_-]{{1,{limits.MAX_OWN_NAME}}}")
_LENGTH = 8
"""Bytes in front of the header of a safetensors file, which say how long it is."""
_PROJECT = Path(__file__).resolve().parents[2]


class ImageSetInfo(NamedTuple):
    """What the file of own images says of them: the names of the classes, and both shapes
    (count, channels, height, width).
    """

    classes: tuple[str, ...]
    train: tuple[int, int, int, int]
    held_out: tuple[int, int, int, int]


def root() -> Path:
    """The folder of all data that is kept."""
    return Path(os.environ.get("EXPLORER_DATA") or _PROJECT / "data")


def names() -> tuple[str, ...]:
    """The sets of own images, sorted."""
    stems = (path.stem for path in (root() / "own").glob("*.safetensors"))
    return tuple(sorted(name for name in stems if _NAME.fullmatch(name)))


def path(name: str) -> Path:
    """The file of a set of own images, whether or not there is one.

    Raises:
        ExplorerError: no set may have this name.
    """
    if not _NAME.fullmatch(name):
        raise ExplorerError(
            f"the name of own images is {quoted(name)}: it must be 1 to {limits.MAX_OWN_NAME} letters, digits, - and _"
        )
    return root() / "own" / f"{name}.safetensors"


def facts(name: str) -> ImageSetInfo:
    """What a set of own images consists of.

    Raises:
        ExplorerError: there is none of this name, or its file is damaged.
    """
    file = existing(name)
    try:
        return _facts(file)
    except (OSError, ValueError, RecursionError):
        raise damaged(name) from None


def existing(name: str) -> Path:
    """The file of a set of own images.

    Raises:
        ExplorerError: there is none of this name.
    """
    file = path(name)
    if not file.is_file():
        raise unknown_name("set of own images", name, names())
    return file


def damaged(name: str) -> ExplorerError:
    """The error for a file that is not what `add` has written."""
    return ExplorerError(
        f"the file of own:{name} is damaged: remove it with 'python -m explorer data remove {name}' "
        "and add the images again"
    )


def remove(name: str) -> None:
    """Removes a set of own images.

    Raises:
        ExplorerError: there is none of this name.
    """
    existing(name).unlink(missing_ok=True)


class _Tensor(BaseModel):
    data_offsets: tuple[int, int]


class _Images(_Tensor):
    dtype: Literal["U8"]
    shape: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt]


class _Labels(_Tensor):
    dtype: Literal["I64"]
    shape: tuple[PositiveInt]


class _Written(BaseModel):
    classes: Json[tuple[str, ...]]


class _Header(BaseModel):
    train_images: _Images
    train_labels: _Labels
    held_out_images: _Images
    held_out_labels: _Labels
    written: Annotated[_Written, Field(alias="__metadata__")]


def _facts(file: Path) -> ImageSetInfo:
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(_LENGTH), "little")
        if length > limits.MAX_OWN_HEADER:
            raise ValueError("its header is too long")
        header = _Header.model_validate_json(opened.read(length))
    classes, train, held_out = header.written.classes, header.train_images, header.held_out_images
    tensors = (train, held_out, header.train_labels, header.held_out_labels)
    whole = _LENGTH + length + max(tensor.data_offsets[1] for tensor in tensors)
    counts = (train.shape[:1], held_out.shape[:1])
    if (
        len(classes) < 2
        or file.stat().st_size != whole
        or train.shape[1:] != held_out.shape[1:]
        or counts != (header.train_labels.shape, header.held_out_labels.shape)
    ):
        raise ValueError("its parts do not belong together")
    return ImageSetInfo(classes, train.shape, held_out.shape)
