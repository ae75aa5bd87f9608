"""Pictures to show a field on: drawn for this project, or brought by a visitor."""

from __future__ import annotations

import base64
import io
import warnings
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageOps

from explorer.common import formats, limits
from explorer.common.errors import ExplorerError

BUNDLED = {"cat": "A cat", "scene": "A house and a tree"}
"""Pictures that come along, by the name of their file."""
"""Endings of the files that a visitor may bring."""
SIDE = 384
"""Pixels of the longer side of a picture that is sent to the page."""
_ASSETS = Path(__file__).resolve().parent / "assets"


@lru_cache(maxsize=len(BUNDLED))
def bundled(name: str) -> str:
    """One of the bundled pictures as a data URL."""
    return _url((_ASSETS / f"{name}.jpg").read_bytes())


@lru_cache(maxsize=32)
def brought(data: bytes) -> str:
    """A visitor's picture, decoded, made small and written anew, as a data URL.

    Raises:
        ExplorerError: it is too large, or no picture of a kind that is taken.
    """
    if len(data) > limits.MAX_UPLOAD:
        raise ExplorerError(
            f"the file has {formats.bytes_(len(data))}: a picture may have at most {formats.bytes_(limits.MAX_UPLOAD)}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on large or odd files, which are judged below
            return _shrunk(data)
    except ExplorerError:
        raise
    except Exception:  # Pillow raises whatever the bytes lead it to
        raise ExplorerError("the file cannot be read as a picture: it must be a PNG, JPEG or WebP") from None


def _shrunk(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
        width, height = image.size
        if width * height > limits.MAX_PIXELS:
            raise ExplorerError(
                f"the picture has {formats.number(width)} x {formats.number(height)} pixels: "
                f"at most {formats.number(limits.MAX_PIXELS)} are allowed"
            )
        image.draft("RGB", (SIDE, SIDE))
        small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((SIDE, SIDE))
        written = io.BytesIO()
        small.save(written, "JPEG", quality=82)
    return _url(written.getvalue())


def _url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
