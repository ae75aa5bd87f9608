"""Small pictures as data URLs, which a page shows without asking for a file."""

from __future__ import annotations

import base64
import io
from typing import Annotated

from PIL import Image
from pydantic import StringConstraints

LONGEST = 96
"""Pixels of the longer side; a larger picture is made smaller."""
Png = Annotated[str, StringConstraints(pattern=r"^data:image/png;base64,[A-Za-z0-9+/]+={0,2}$")]
"""A PNG as a data URL and nothing else, where a value is validated."""


def png(pixels: bytes, height: int, width: int, channels: int = 1) -> Png:
    """A picture as a data URL.

    Args:
        pixels: a byte each, row by row, the channels of a pixel side by side.
        height: rows.
        width: columns.
        channels: 1 for grey, 3 for colour.
    """
    image = Image.frombytes("L" if channels == 1 else "RGB", (width, height), pixels)
    image.thumbnail((LONGEST, LONGEST))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
