"""What a person does on the experiments page, in a real browser, with real worker processes."""

import re

from playwright.sync_api import Page, expect

SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""


def test_an_experiment_from_start_to_its_first_point_to_stop(page: Page) -> None:
    page.goto("/experiments?experiment=pooling")
    expect(page.get_by_text("Not started yet")).to_be_visible()
    seeds = page.get_by_role("slider", name="Seeds")
    seeds.focus()
    seeds.press("Home")
    expect(page.get_by_text("2 runs, about")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("of 2 runs have ended")).to_be_visible()
    expect(page).to_have_url(re.compile(r"study=pooling-\d{8}-"))
    # The first epoch of an arm draws its point, while the page is not touched.
    expect(page.locator(".js-plotly-plot .points path").first).to_be_attached(timeout=SOON)
    page.get_by_role("radio", name="Loss").click()
    expect(page.get_by_text("Loss on held-out images")).to_be_visible()
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    expect(stop).to_have_count(0, timeout=SOON)
    expect(page.get_by_text(re.compile(r"(Stopped|Finished): \d of 2 runs"))).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="Open fully connected").click()
    expect(page).to_have_url(re.compile(r"/build\?network=inceptionnet&.*rewrite=fully_connected"))
    expect(page.locator(".module-picture rect").first).to_be_visible()
