"""What a person does on the claims page, in a real browser, with a real worker process."""

import re

from playwright.sync_api import Page, expect

SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""
ROW = 35
"""Height of a row of a table, in pixels."""


def test_a_click_on_a_row_opens_it_and_its_link_opens_it_again(page: Page) -> None:
    page.goto("/claims?claim=claim-09-accuracy")
    expect(page.get_by_text("published: 80.1 %")).to_be_visible()
    table = page.get_by_test_id("stDataFrame").locator(".dvn-scroller")
    expect(table).to_be_visible()
    table.click(position={"x": 250, "y": 5 * ROW + ROW // 2})
    expect(page.get_by_text("AlexNet x 8.7")).to_be_visible()
    expect(page).to_have_url(re.compile("claim=claim-05-sizes"))
    page.reload()
    expect(page.get_by_text("AlexNet x 8.7")).to_be_visible()
    page.get_by_role("link", name="Open AlexNet").click()
    expect(page).to_have_url(re.compile(r"/build\?network=alexnet$"))
    expect(page.get_by_text("61,100,840").first).to_be_visible()


def test_a_run_goes_on_without_its_tab_and_is_there_next_time(page: Page) -> None:
    link = "/claims?claim=mistake-001-loss"
    page.goto(link)
    page.get_by_role("button", name="Run this").click()
    expect(page.get_by_text("In a process of its own:")).to_be_visible()
    page.goto("/")
    page.goto(link)
    expect(page.get_by_text("16.0 times as much")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("measured 20")).to_be_visible()
    expect(page.get_by_role("button", name="Run this")).to_have_count(0)
