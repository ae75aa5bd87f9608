"""What a person does while a page is still being drawn: each change cuts short the run of the one before."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.analysis.field.box import central
from explorer.analysis.widths import tables
from explorer.common import formats
from explorer.spec.base import modules
from explorer.spec.build import edited
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.places import MODULE, at, metric_of, params_of, query_of, row_of, total_of

GOOGLENET = Spec.make("googlenet")
ROW = 35
"""Height of a row of a table that can be edited, in pixels."""


def _open(page: Page, link: str) -> None:
    page.goto(f"/{link}")
    expect(page.get_by_role("button", name="Undo Shortcut")).to_be_visible()
    _drawn(page)


def _drawn(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def _undo(page: Page) -> None:
    """At once: a click of Playwright's waits until the button stands still."""
    page.get_by_role("button", name="Undo Shortcut").dispatch_event("click")


def _choose(page: Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option).first.click()


@pytest.mark.parametrize("link", ["build?below=change", "batchnorm", "training?network=inception10"])
def test_a_slider_moved_and_taken_back(slow_page: Page, link: str) -> None:
    _open(slow_page, link)
    slider = slow_page.get_by_test_id("stSlider").get_by_role("slider").first
    value, before = slider.input_value(), slow_page.url
    slider.press("ArrowRight")
    expect(slow_page).not_to_have_url(before)
    _undo(slow_page)
    expect(slow_page).to_have_url(before)
    expect(slider).to_have_value(value)


def test_a_slider_after_its_range_has_changed(slow_page: Page) -> None:
    """The run that draws the new range is cut short: nothing is chosen by that, and one step takes back one change."""
    node = row_of(GOOGLENET, "inception_3a.concat")
    centre = str(central(node)[0])
    _open(slow_page, "field?network=googlenet")
    before = slow_page.url
    field = metric_of(slow_page, "Receptive field")
    at_first = field.inner_text()
    _choose(slow_page, "Layer", node.name)
    row = slow_page.get_by_role("slider", name="Row of the element")
    expect(row).to_have_value(centre)
    expect(field).to_have_text(formats.pair(node.local_field))
    row.press("Home")
    expect(slow_page).to_have_url(re.compile("row=0"))
    assert query_of(slow_page) == {"network": "googlenet", "node": node.name, "row": "0"}
    expect(metric_of(slow_page, "In the padding")).not_to_have_text("0.0 %")
    _undo(slow_page)
    expect(row).to_have_value(centre)
    assert query_of(slow_page) == {"network": "googlenet", "node": node.name}
    _undo(slow_page)
    expect(slow_page).to_have_url(before)
    expect(field).to_have_text(at_first)


def test_modules_chosen_one_after_another(slow_page: Page) -> None:
    first, other = (Spec.make("inception_v3", module=name) for name in modules("inception_v3")[:4:3])
    _open(slow_page, at(MODULE).removeprefix("/"))
    parameters = total_of(slow_page, "Parameters")
    _choose(slow_page, "Architecture", ARCHITECTURES[first.architecture].title)
    expect(parameters).to_have_text(params_of(first))
    _choose(slow_page, "Module", other.module)
    expect(parameters).to_have_text(params_of(other))
    _undo(slow_page)
    expect(parameters).to_have_text(params_of(first))
    _undo(slow_page)
    expect(parameters).to_have_text(params_of(MODULE))


def test_a_width_is_typed_into_the_table_and_taken_back(slow_page: Page) -> None:
    first = tables(edited(GOOGLENET))[0].rows[0][1][0]
    _open(slow_page, "build?network=googlenet&below=change")
    slow_page.get_by_text("Every width, to edit").click()
    _type_width(slow_page, first.value + 6)
    spec = GOOGLENET.with_setting(first.key, first.value + 6)
    expect(total_of(slow_page, "Parameters")).to_have_text(params_of(spec))
    assert spec.to_query().items() <= query_of(slow_page).items()
    _undo(slow_page)
    expect(total_of(slow_page, "Parameters")).to_have_text(params_of(GOOGLENET))
    expect(_first_width(slow_page)).to_have_text(str(first.value))
    _type_width(slow_page, 0)
    expect(slow_page.get_by_text(f"{first.key} is 0: it must be")).to_be_visible()
    expect(_first_width(slow_page)).to_have_text(str(first.value))
    expect(total_of(slow_page, "Parameters")).to_have_text(params_of(GOOGLENET))


def _first_width(page: Page) -> Locator:
    return page.get_by_test_id("stDataFrame").first.get_by_test_id("glide-cell-1-0")


def _type_width(page: Page, width: int) -> None:
    table = page.get_by_test_id("stDataFrame").first.locator(".dvn-scroller")
    expect(table).to_be_visible()
    _drawn(page)
    for _ in range(50):
        if _first_width(page).get_attribute("aria-selected") == "true":
            break
        # What is drawn anew at this moment loses its selection.
        page.keyboard.press("Escape")
        table.click(position={"x": 30, "y": ROW + ROW // 2})
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(200)
    expect(_first_width(page)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    field = page.locator("#portal input, #portal textarea")
    field.fill(str(width))
    field.press("Enter")
