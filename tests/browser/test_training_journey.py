"""What a person does on the training page, in a real browser, with real worker processes."""

import os
import re
import signal

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

TINY = "/training?network=inception10&num_blocks=1&init_ch=4&input=1x8x8"
SLOW = "/training?network=inception10&init_ch=64&input=3x64x64"
SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""


def _metric(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def _running(argument: str) -> list[psutil.Process]:
    """The processes below this one that were given the argument."""

    def has_it(process: psutil.Process) -> bool:
        try:
            return argument in process.cmdline()
        except psutil.Error:  # it has ended, and what it left behind tells nothing
            return False

    return [process for process in psutil.Process().children(recursive=True) if has_it(process)]


def _worker() -> psutil.Process:
    """The newest training process that this test's server has started."""
    return max(_running("explorer.training.worker"), key=lambda process: process.create_time())


def test_a_run_from_start_to_test_accuracy(page: Page) -> None:
    page.goto(TINY)
    epochs = page.get_by_role("slider", name="Epochs")
    epochs.focus()
    epochs.press("Home")
    expect(epochs).to_have_value("1")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_text("Finished after")).to_be_visible(timeout=SOON)
    expect(_metric(page, "Test accuracy")).to_have_text(re.compile(r"^\d+\.\d\d %$"))
    expect(_metric(page, "Loss")).to_have_text(re.compile(r"^\d\.\d{4}$"))
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


def test_a_run_survives_a_closed_tab_and_stops_when_it_is_told(page: Page) -> None:
    page.goto(SLOW)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Epoch 1 of")).to_be_visible(timeout=SOON)
    page.goto("about:blank")
    page.goto("/training")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    stop.click()
    expect(page.get_by_text("Stopped after")).to_be_visible(timeout=SOON)
    expect(_metric(page, "Loss")).to_have_text(re.compile(r"^\d\.\d{4}$"))


def test_a_killed_worker_shows_as_failed_and_keeps_what_it_measured(page: Page) -> None:
    page.goto(SLOW)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Epoch 1 of")).to_be_visible(timeout=SOON)
    os.kill(_worker().pid, signal.SIGKILL)
    expect(page.get_by_text("killed by signal 9")).to_be_visible()
    expect(_metric(page, "Loss")).to_have_text(re.compile(r"^\d\.\d{4}$"))
    page.get_by_role("link", name="Network", exact=True).click()
    expect(page.locator("svg g.box").first).to_be_visible()


@pytest.mark.parametrize("rate", ["0", "11"])
def test_start_takes_what_was_typed_last_and_refuses_it_in_a_sentence(page: Page, rate: str) -> None:
    page.goto(TINY)
    page.get_by_label("Learning rate").fill(rate)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(f"the learning rate is {rate}")).to_be_visible()
    expect(page.get_by_text("it must be a number above 0 and at most 10")).to_be_visible()
