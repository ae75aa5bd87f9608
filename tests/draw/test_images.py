"""Pictures to show a field on: what a visitor brings is decoded, made small, or refused in a sentence."""

from __future__ import annotations

import base64
import io
import warnings
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.analysis.field.box import Box, Nested
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.draw import fields
from explorer.draw.images import BUNDLED, SIDE, brought, bundled


def written(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 120).save(file, kind, **options)
    return file.getvalue()


def opened(href: str) -> Image.Image:
    head, _, body = href.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


@pytest.mark.parametrize("name", BUNDLED)
def test_what_comes_along_is_small_and_square(name: str) -> None:
    assert len(bundled(name)) < 60_000
    assert opened(bundled(name)).size == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", mode) for mode in ("RGB", "RGBA", "L", "P", "I;16")]
    + [("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("WEBP", "RGBA")],
)
def test_a_picture_is_made_small(kind: str, mode: str) -> None:
    assert opened(brought(written((1200, 600), kind, mode))).size == (SIDE, SIDE // 2)


def test_a_small_picture_stays_small() -> None:
    assert opened(brought(written((20, 30)))).size == (20, 30)


def test_a_picture_taken_sideways_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(brought(written((40, 20), "JPEG", exif=exif))).size == (20, 40)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "EPS"])
def test_other_kinds_are_not_even_tried(kind: str) -> None:
    with pytest.raises(ExplorerError, match="it must be a PNG, JPEG or WebP"):
        brought(written((8, 8), kind))


@given(st.binary(max_size=200), st.integers(0, 300))
def test_whatever_the_bytes_they_are_answered_in_a_sentence(noise: bytes, place: int) -> None:
    whole = written((30, 30), "JPEG")
    for data in (noise, whole[:place] + noise, whole[:place] + noise + whole[place + len(noise) :]):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                assert max(opened(brought(data)).size) <= SIDE
            except ExplorerError as error:
                assert "picture" in str(error)


def test_too_many_bytes_or_pixels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 399)
    with pytest.raises(ExplorerError, match="20 x 20 pixels: at most 399"):
        brought(written((20, 20), "PNG", "L"))
    monkeypatch.setattr(limits, "MAX_UPLOAD", 50)
    with pytest.raises(ExplorerError, match="may have at most 50 B"):
        brought(written((21, 20)))


boxes = st.builds(
    lambda top, left, height, width: Box(top, left, top + height, left + width),
    st.integers(-3000, 300), st.integers(-3000, 300), st.integers(0, 4000), st.integers(0, 4000),
)  # fmt: skip


@given(boxes, st.lists(boxes, max_size=9), st.integers(1, 300), st.integers(1, 300))
def test_a_picture_is_bounded_whatever_is_seen(seen: Box, others: list[Box], height: int, width: int) -> None:
    nested = [Nested("<b>&", one) for one in others]
    root = ElementTree.fromstring(fields.on_image("data:,", (height, width), seen, nested, nested))
    assert 0 < float(root.get("width")) <= fields.SIDE + 10
    assert 0 < float(root.get("height")) <= fields.SIDE + 10
    rects = [one for one in root.iter() if one.tag.endswith("rect")]
    assert all(float(one.get(side)) >= 1 for one in rects for side in ("width", "height"))
    assert "<b>" not in fields.legend(nested)


def test_the_rectangle_lies_where_it_belongs() -> None:
    root = ElementTree.fromstring(fields.on_image("data:,", (100, 100), Box(10, 20, 59, 39)))
    seen = next(one for one in root.iter() if one.get("class") == "vermilion line")
    image = next(one for one in root.iter() if one.tag.endswith("image"))
    scale = float(image.get("width")) / 100
    left, top = (float(seen.get(key)) - float(image.get(key)) for key in ("x", "y"))
    measured = (top, left, float(seen.get("height")), float(seen.get("width")))
    assert measured == pytest.approx((10 * scale, 20 * scale, 50 * scale, 20 * scale), abs=0.02)


def test_equal_branches_are_told_apart() -> None:
    same = [Nested(name, Box(0, 0, 9, 9)) for name in "ab"]
    root = ElementTree.fromstring(fields.on_image("data:,", (20, 20), Box(0, 0, 12, 12), (), same))
    dashes = [one.get("stroke-dasharray") for one in root.iter() if one.get("class") in ("blue line", "orange line")]
    assert dashes[0] is None
    assert dashes[1] is not None
