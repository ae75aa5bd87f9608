"""A folder of pictures as squares of one size, without torch."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from explorer.common import formats, limits
from explorer.common.errors import ExplorerError, quoted

_LEAST = 2
"""Classes, and pictures of each: one of them is held out."""


def found(folder: Path) -> dict[str, list[Path]]:
    """The picture files of each class, both sorted by name: those that stand right in the class's folder.

    Raises:
        ExplorerError: there is no such folder, or it has too few or too many classes or pictures.
    """
    if not folder.is_dir():
        raise ExplorerError(f"{quoted(str(folder), 200)} is no folder: give one that has a folder of pictures a class")
    visible = (entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    classes = {entry.name: _pictures(entry) for entry in sorted(visible)}
    if not _LEAST <= len(classes) <= limits.MAX_OWN_CLASSES:
        raise ExplorerError(
            f"the number of folders in {quoted(str(folder), 200)} is {formats.number(len(classes))}: there must be one "
            f"for each class, {_LEAST} to {formats.number(limits.MAX_OWN_CLASSES)}"
        )
    for name, files in classes.items():
        _check_class(name, files)
    if (count := sum(map(len, classes.values()))) > limits.MAX_OWN_IMAGES:
        raise ExplorerError(
            f"there are {formats.number(count)} pictures: at most {formats.number(limits.MAX_OWN_IMAGES)} are allowed"
        )
    return classes


def square(file: Path, side: int, grey: bool) -> NDArray[np.uint8]:
    """The middle square of a picture, resized: (1 or 3, side, side). What is transparent becomes white.

    Raises:
        ExplorerError: it cannot be read as a picture, or it is too large.
    """
    try:
        if file.stat().st_size > limits.MAX_OWN_FILE:
            raise _too_large(file, f"at most {formats.bytes_(limits.MAX_OWN_FILE)} are allowed")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on large or odd files, which are judged here
            return _square(file, side, "L" if grey else "RGB")
    except ExplorerError:
        raise
    except Exception:  # Pillow raises whatever the bytes lead it to
        raise ExplorerError(f"{_short(file)} cannot be read as a picture: it must be a PNG, JPEG or WebP") from None


def _square(file: Path, side: int, mode: str) -> NDArray[np.uint8]:
    with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
        if image.width * image.height > limits.MAX_PIXELS:
            raise _too_large(file, f"at most {formats.number(limits.MAX_PIXELS)} pixels are allowed")
        image.draft(mode, (2 * side, 2 * side))
        upright = _eight_bits(ImageOps.exif_transpose(image)).convert(mode)
    edge = min(upright.size)
    left, top = (upright.width - edge) // 2, (upright.height - edge) // 2
    values = np.asarray(upright.crop((left, top, left + edge, top + edge)).resize((side, side)))
    return values.reshape(side, side, -1).transpose(2, 0, 1)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Without transparency, and with grey in 256 levels, which Pillow would cut off rather than scale."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower()[1:] in limits.PICTURE_ENDINGS and file.is_file()
    )


def _check_class(name: str, files: list[Path]) -> None:
    if len(name) > limits.MAX_OWN_CLASS_NAME or not name.isprintable():
        raise ExplorerError(
            f"the folder {quoted(name)} cannot name a class: it must be at most {limits.MAX_OWN_CLASS_NAME} "
            "characters that can be shown"
        )
    if len(files) < _LEAST:
        raise ExplorerError(
            f"the class {name} has {len(files)} picture{'s' * (len(files) != 1)}: it needs at least {_LEAST}, "
            f"as files that end in {', '.join(limits.PICTURE_ENDINGS)}"
        )


def _too_large(file: Path, allowed: str) -> ExplorerError:
    return ExplorerError(f"{_short(file)} is too large: {allowed}")


def _short(file: Path) -> str:
    """A file by its class and its name."""
    return f"{quoted(file.parent.name)[1:-1]}/{quoted(file.name)[1:-1]}"
