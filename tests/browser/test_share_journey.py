"""What a teacher takes out of Build, in a real browser: a picture for a slide, a sheet of paper, code."""

import re
from itertools import pairwise
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from explorer.draw.flow.module import drawn_first
from explorer.spec.spec import Spec
from explorer.ui import live
from tests.helpers.places import MODULE, at, download, params_of, total_of

EDITED = MODULE.with_(rewrites=["batch_norm", "stack_5x5"])
_SHEETS = [
    Spec.make("googlenet"),
    Spec.make("inception_v3", rewrites=["residual", "separable"]),
    Spec.make("inception_resnet_v2"),
    Spec.make("alexnet"),
    EDITED,
]
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


def test_pictures_code_and_a_sheet_are_in_the_menu(page: Page) -> None:
    page.goto(at(EDITED))
    expect(total_of(page, "Parameters")).to_have_text(params_of(EDITED))
    page.get_by_role("button", name="Share").click()
    menu = page.get_by_test_id("stPopoverBody")
    expect(menu.get_by_test_id("stCode").nth(1)).to_contain_text("class")
    drawn = download(page, menu.get_by_role("button", name="SVG"))
    root = ElementTree.parse(drawn.path()).getroot()
    assert (root.attrib["width"], root.attrib["height"]) == ("1280", "720")
    assert "4,672" in "".join(root.itertext())
    with Image.open(download(page, menu.get_by_role("button", name="PNG")).path()) as image:
        assert image.size == (2560, 1440)
    page.context.add_init_script("window.print = () => { window.isPrinted = true; }")
    with page.context.expect_page() as opened:
        menu.get_by_role("link", name="Print on one page").click()
    sheet = opened.value
    expect(sheet.get_by_role("heading", name="GoogLeNet inception_3a")).to_be_visible()
    expect(sheet.get_by_text(params_of(EDITED), exact=True)).to_be_visible()
    sheet.wait_for_function("window.isPrinted")


@pytest.mark.parametrize("spec", _SHEETS, ids=lambda spec: spec.title)
def test_a_sheet_is_one_page(page: Page, spec: Spec) -> None:
    page.add_init_script("window.print = () => {}")
    page.goto(f"/{live.SHEET}?{urlencode({**spec.to_query(), 'at': '' if spec.module else drawn_first(spec)})}")
    expect(page.locator("svg").last).to_be_visible()
    assert len(_PAGE.findall(page.pdf(prefer_css_page_size=True))) == 1
    # Nothing lies beyond its edge or on anything else.
    main = page.locator("main").bounding_box() or {}
    parts = [part.bounding_box() or {} for part in page.locator("main > *").all()]
    assert all(part["height"] > 8 for part in parts)
    for above, below in pairwise(parts):
        assert above["y"] + above["height"] <= below["y"] + 1
    assert parts[-1]["y"] + parts[-1]["height"] <= main["y"] + main["height"] + 1
