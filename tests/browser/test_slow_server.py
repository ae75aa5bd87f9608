"""What a person does while a page is still being drawn: each change cuts short the run of the one before."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.network import edited
from explorer.spec import Spec
from explorer.widths import tables
from tests.browser.lab import metric_of, params_of, query_of

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


@pytest.mark.parametrize("link", ["lab", "batchnorm", "training?network=inception10"])
def test_a_slider_moved_and_taken_back(slow_page: Page, link: str) -> None:
    _open(slow_page, link)
    slider = slow_page.get_by_role("slider").first
    value, before = slider.input_value(), slow_page.url
    slider.press("ArrowRight")
    expect(slow_page).not_to_have_url(before)
    _undo(slow_page)
    expect(slow_page).to_have_url(before)
    expect(slider).to_have_value(value)


def test_a_slider_after_its_range_has_changed(slow_page: Page) -> None:
    """The run that draws the new range is cut short: nothing is chosen by that, and one step takes back one change."""
    _open(slow_page, "field?network=googlenet")
    _choose(slow_page, "Node", "inception_3a.concat")
    row = slow_page.get_by_role("slider", name="Row of the element")
    expect(row).to_have_value("14")
    expect(_metric(slow_page, "Receptive field")).to_have_text("59x59")
    row.press("Home")
    expect(slow_page).to_have_url(re.compile("row=0"))
    assert query_of(slow_page) == {"network": "googlenet", "node": "inception_3a.concat", "row": "0"}
    expect(_metric(slow_page, "In the padding")).not_to_have_text("0.0 %")
    _undo(slow_page)
    expect(row).to_have_value("14")
    assert query_of(slow_page) == {"network": "googlenet", "node": "inception_3a.concat"}
    _undo(slow_page)
    expect(slow_page).to_have_url(re.compile("network=googlenet$"))
    expect(_metric(slow_page, "Receptive field")).to_have_text("171x171")


def _metric(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def test_modules_chosen_one_after_another(slow_page: Page) -> None:
    _open(slow_page, "lab")
    _choose(slow_page, "Module of", "Inception v3")
    first = Spec.make("inception_v3", module="mixed_5b")
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(first))
    _choose(slow_page, "Preset", "mixed_6a")
    chosen = Spec.make("inception_v3", module="mixed_6a")
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(chosen))
    _undo(slow_page)
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(first))
    _undo(slow_page)
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(Spec.make("googlenet", module="inception_3a")))


def test_a_width_is_typed_into_the_table_and_taken_back(slow_page: Page) -> None:
    first = tables(edited(GOOGLENET))[0].rows[0][1][0]
    _open(slow_page, "network?network=googlenet&hide=cost,diagram,field,text,nodes")
    slow_page.get_by_text("Every width, to edit").click()
    _type_width(slow_page, first.value + 6)
    spec = GOOGLENET.with_setting(first.key, first.value + 6)
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(spec))
    assert spec.to_query().items() <= query_of(slow_page).items()
    _undo(slow_page)
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(GOOGLENET))
    expect(_first_width(slow_page)).to_have_text(str(first.value))
    _type_width(slow_page, 0)
    expect(slow_page.get_by_text(f"{first.key} is 0: it must be")).to_be_visible()
    expect(_first_width(slow_page)).to_have_text(str(first.value))
    expect(metric_of(slow_page, "Parameters")).to_have_text(params_of(GOOGLENET))


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
