"""Pictures to show a field on: what a visitor brings is decoded, made small, or refused in a sentence."""

from __future__ import annotations

import base64
import io
import re
import warnings
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.analysis.field.box import Box, Nested, box, central
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.draw import fields
from explorer.draw.images import BUNDLED, SIDE, brought, bundled
from explorer.spec.build import valid
from explorer.spec.spec import Spec

_WIDTH = re.compile(r"stroke-width:([\d.]+)")


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


@pytest.mark.parametrize("id", ["googlenet", "inception_v3", "inception_resnet_v2", "vgg16"])
def test_a_field_is_drawn_whole_or_goes_on_on_every_side_that_it_is_said_to(id: str) -> None:
    trace = valid(Spec.make(id))
    row = [row for row in trace.rows if len(row.out_shape) == 3 and row.out_shape[1] > 1][-1]
    image = trace.rows[0].out_shape[1:]
    seen = box(row, central(row))
    assert seen is not None
    root = ElementTree.fromstring(fields.on_image("data:,", (image[0], image[1]), seen))
    line = next(one for one in root.iter() if one.get("class") == "vermilion line")
    x, y, width, height = (float(line.get(key)) for key in ("x", "y", "width", "height"))
    half = float(_WIDTH.findall(line.get("style"))[0]) / 2
    ends = [(x, float(root.get("width")), 1), (y, float(root.get("height")), 1)]
    ends += [(x + width, float(root.get("width")), -1), (y + height, float(root.get("height")), -1)]
    inside = [half <= end <= size - half for end, size, _ in ends]
    outside = [end <= -half if way > 0 else end >= size + half for end, size, way in ends]
    assert all(one or other for one, other in zip(inside, outside, strict=True))
    assert any(outside) is fields.is_cut((image[0], image[1]), seen)


def test_equal_branches_are_told_apart() -> None:
    same = [Nested(name, Box(0, 0, 9, 9)) for name in "ab"]
    root = ElementTree.fromstring(fields.on_image("data:,", (20, 20), Box(0, 0, 12, 12), (), same))
    dashes = [one.get("stroke-dasharray") for one in root.iter() if one.get("class") in ("blue line", "orange line")]
    assert dashes[0] is None
    assert dashes[1] is not None
