"""Pictures as squares of one size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from explorer.backend.data.pictures import square


@given(st.integers(9, 60), st.integers(9, 60), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_a_picture_is_cut_to_its_middle_square(tmp_path: Path, width: int, height: int, grey: bool) -> None:
    """White outside the middle square, black in it."""
    side = min(width, height)
    top, left = (height - side) // 2, (width - side) // 2
    values = np.full((height, width), 255, np.uint8)
    values[top : top + side, left : left + side] = 0
    file = tmp_path / "one.png"
    Image.fromarray(values).save(file)
    result = square(file, 8, grey)
    assert result.shape == (1 if grey else 3, 8, 8)
    assert result.max() == 0


def test_pictures_are_turned_flattened_and_scaled_as_people_see_them(tmp_path: Path) -> None:
    file = tmp_path / "one.png"
    half = np.zeros((16, 16, 4), np.uint8)
    half[:, :8, 3] = 255
    Image.fromarray(half).save(file)
    assert square(file, 8, grey=True)[0, 4, [0, 1, 6, 7]].tolist() == [0, 0, 255, 255]
    Image.fromarray(np.full((16, 16), 32_896, np.uint16)).save(file)
    assert set(square(file, 8, grey=False).flatten().tolist()) == {128}
    turned = Image.new("L", (16, 16))
    turned.paste(255, (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise: what is above comes to the right
    turned.save(file, exif=exif)
    assert square(file, 8, grey=True)[0, 4, [0, 1, 6, 7]].tolist() == [0, 0, 255, 255]
