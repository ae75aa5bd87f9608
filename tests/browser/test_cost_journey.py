"""What a person does on the cost math page, in a real browser."""

import re

from playwright.sync_api import Locator, Page, expect

from explorer.common import formats
from explorer.lessons.cost import LESSONS
from explorer.lessons.cost.lesson import Study, decimal, study


def starting(id: str) -> Study:
    return study(LESSONS[id], LESSONS[id].start)


def metric(page: Page, place: int) -> Locator:
    return page.get_by_test_id("stMetricValue").nth(place)


def test_a_drag_reaches_numbers_formula_picture_chart_and_link(page: Page) -> None:
    page.goto("/cost?reduction_in=256&reduction_side=28")
    before = starting("reduction").with_(c=256, s=28)
    expect(metric(page, 1)).to_have_text(formats.number(before.saving.totals.params))
    slider = page.get_by_role("slider", name="Channels of the 1x1")
    slider.focus()
    slider.press("ArrowRight")
    found = before.with_(r=33)
    weights = formats.number(found.saving.totals.params)
    expect(metric(page, 1)).to_have_text(weights)
    expect(metric(page, 3)).to_have_text(decimal(found.balance.value or 0))
    expect(page.locator(".katex-html").first).to_contain_text(f"={weights}")
    expect(page.locator("svg text", has_text="33x28x28")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_contain_text("now, 33")
    expect(page).to_have_url(re.compile(r"reduction_reduced=33"))
    page.get_by_role("button", name="Undo").click()
    expect(metric(page, 1)).to_have_text(formats.number(before.saving.totals.params))
    expect(slider).to_have_value("32")


def test_groups_are_stepped_by_divisors_and_a_step_opens_its_network(page: Page) -> None:
    page.goto("/cost")
    page.get_by_test_id("stButtonGroup").get_by_text("Groups").click()
    expect(metric(page, 1)).to_have_text(formats.number(starting("groups").saving.totals.params))
    slider = page.get_by_role("slider", name="Groups")
    slider.focus()
    slider.press("ArrowRight")
    expect(metric(page, 1)).to_have_text(formats.number(starting("groups").with_(g=7).saving.totals.params))
    expect(page).to_have_url(re.compile(r"groups_groups=7"))
    width = page.get_by_role("slider", name="Channels out")
    width.focus()
    width.press("ArrowRight")
    expect(metric(page, 1)).to_have_text(formats.number(starting("groups").with_(d=225, g=5).saving.totals.params))
    page.get_by_role("link", name="6. One group a channel").click()
    expect(page).to_have_url(re.compile(r"/build\?network=inception_block&rewrite=.*grouped"))
    expect(page.locator(".module-picture rect").first).to_be_visible()
