"""What hands a page on: a link that opens it again, a picture of the link, and a frame for other pages."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from explorer.graph.source import source
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.ui.frame import share, site
from explorer.ui.session.view import View
from tests.helpers.pages import BUILD, Open

SPEC = Spec.make(
    "googlenet", settings={"inception_4b.width_5x5": 96}, rewrites=["batch_norm", "grouped:4@inception_3a"]
)
QUERY = site.BUILD.link(View(SPEC).set(site.BELOW, ("cost", "layers")))


def test_an_address_opens_what_is_shown(open_page: Open) -> None:
    link = share.address("https://school.example/app/build?old=1#there", QUERY)
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "school.example", "/app/build", "")
    assert dict(parse_qsl(parts.query)) == QUERY
    page = open_page(BUILD, **dict(parse_qsl(parts.query)))
    assert not page.error
    assert dict(page.query_params) == QUERY


def test_a_frame_of_another_page_shows_the_body_of_this_one() -> None:
    sources = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            sources.append((tag, dict(attrs)["src"]))

    for query in (QUERY, {}):
        link = share.address('https://school.example/build"><script>', query)
        Reader().feed(share.frame_of(link))
        (tag, source) = sources.pop()
        assert (tag, sources) == ("iframe", [])
        assert dict(parse_qsl(urlsplit(str(source)).query)) == {**query, "embed": "true"}


@pytest.mark.parametrize(("length", "fits"), [(60, True), (1_500, True), (5_000, False)])
def test_a_link_is_a_picture_where_one_can_hold_it(length: int, fits: bool) -> None:
    found = share.qr("https://school.example/build?network=" + "x" * length)
    assert (found is not None) is fits
    if found:
        with Image.open(io.BytesIO(base64.b64decode(found.partition(",")[2]))) as picture:
            width, height = picture.size
            assert width == height
            assert sum(picture.convert("1").histogram()[place] for place in (0, 255)) == width * height
            assert picture.convert("L").getpixel((0, 0)) == 255  # the quiet zone


def test_the_menu_has_the_link_the_picture_and_the_frame(open_page: Open) -> None:
    page = open_page(BUILD, **QUERY)
    page.session_state["share menu"] = True  # opens it
    page.run()
    assert not page.exception
    link, code, frame = (code.value for code in page.code[:3])
    assert code == source(build(SPEC), title=SPEC.title).strip()
    assert dict(parse_qsl(urlsplit(link).query)) == QUERY
    assert frame.startswith("<iframe")
    assert any("data:image/png;base64," in html.value for html in page.get("html"))
