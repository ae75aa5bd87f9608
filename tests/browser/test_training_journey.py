"""What a person does on the training page, in a real browser, with real worker processes."""

import json
import os
import re
import signal
from pathlib import Path

import psutil
from playwright.sync_api import Locator, Page, expect

from tests.helpers.fleet import hold_still
from tests.helpers.places import metric_of

TINY = "/training?network=inception10&num_blocks=1&init_ch=4&input=1x8x8"
SLOW = "/training?network=inception10&epochs=30"
SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""
UNDER_WAY = re.compile(r"^Epoch \d+")


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _started(page: Page, link: str) -> str:
    """Starts a run and waits for the first point of its curve; gives its id."""
    page.goto(link)
    _button(page, re.compile("^Train on the")).click()
    expect(page.get_by_text(UNDER_WAY)).to_be_visible(timeout=SOON)
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(page).to_have_url(re.compile("run="))
    return page.url.rpartition("run=")[2].partition("&")[0]


def _worker(id: str) -> psutil.Process:
    """The process of a run that this test's server has started."""
    for process in psutil.Process().children(recursive=True):
        try:
            root = process.environ().get("EXPLORER_RUNS", "")
            known = json.loads((Path(root) / id / "process.json").read_text())
            return psutil.Process(known["pid"])
        except (psutil.Error, OSError, ValueError):  # another process, or one that has just ended
            continue
    raise AssertionError(f"run {id} has no process")


def test_a_run_is_stopped_and_resumed_and_tells_what_its_answers_were(page: Page) -> None:
    worker = _worker(_started(page, f"{TINY}&seconds=12"))
    hold_still(worker)
    _button(page, "Stop").click()
    worker.resume()
    expect(page.get_by_text("Stopped after")).to_be_visible(timeout=SOON)
    _button(page, "Resume").click()
    expect(page.get_by_text("Finished after")).to_be_visible(timeout=SOON)
    expect(metric_of(page, "Held-out accuracy")).to_have_text(re.compile(r"^\d+\.\d\d %$"))
    expect(metric_of(page, "Training loss")).to_have_text(re.compile(r"^\d\.\d{4}$"))
    expect(_button(page, "Stop")).to_have_count(0)
    expect(page.get_by_text("of 359 images are right")).to_be_visible()
    page.get_by_role("radio", name="Epochs").click()  # with it the browser says once more which run it shows
    expect(page).not_to_have_url(re.compile("seconds="))
    expect(page.get_by_text("That cannot be used")).to_have_count(0)
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    expect(page.get_by_role("img", name=re.compile("^Held-out image")).first).to_be_visible()
    _button(page, "Show its feature maps").click()
    expect(page.get_by_role("img", name=re.compile("^Channel 0, values from"))).to_be_visible(timeout=SOON)
    _choose_in_the_table(page)


def _choose_in_the_table(page: Page) -> None:
    page.get_by_role("radio", name="All runs").click()
    table = page.get_by_test_id("stDataFrame").locator(".dvn-scroller")
    expect(table).to_be_visible()
    page.get_by_text("are drawn here on one another").wait_for()
    table.click(position={"x": 17, "y": 52})
    expect(page).to_have_url(re.compile("overlay=2"))
    expect(page.get_by_text("Accuracy on the held-out images")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("are drawn here on one another")).to_be_visible()
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_text("Accuracy on the held-out images")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Accuracy on the held-out images")).to_be_visible()


def test_a_run_survives_a_closed_tab_and_two_browsers_stop_it(page: Page, stranger: Page) -> None:
    id = _started(page, SLOW)
    page.goto("about:blank")
    page.goto("/training")  # the browser is known, and the run found without its link
    stranger.goto("/training")
    expect(stranger.get_by_text("No run of this browser yet")).to_be_visible()
    stranger.goto(f"/training?run={id}")
    for one in (page, stranger):
        expect(_button(one, "Stop")).to_be_visible()
    worker = _worker(id)
    hold_still(worker)  # or the run may have stopped before the second click
    for one in (page, stranger):
        _button(one, "Stop").click()
        expect(_button(one, "Stopping")).to_be_disabled()
    worker.resume()
    for one in (page, stranger):
        expect(one.get_by_text("Stopped after")).to_be_visible(timeout=SOON)
        expect(metric_of(one, "Training loss")).to_have_text(re.compile(r"^\d\.\d{4}$"))


def test_a_killed_worker_shows_as_failed_keeps_what_it_measured_and_goes_on(page: Page) -> None:
    id = _started(page, SLOW)
    os.kill(_worker(id).pid, signal.SIGKILL)
    expect(page.get_by_text("killed by signal 9")).to_be_visible()
    expect(metric_of(page, "Training loss")).to_have_text(re.compile(r"^\d\.\d{4}$"))
    _button(page, "Resume").click()
    expect(page.get_by_text(UNDER_WAY)).to_be_visible(timeout=SOON)
    _button(page, "Stop").click()
    expect(page.get_by_text("Stopped after")).to_be_visible(timeout=SOON)


def test_start_takes_what_was_typed_last_and_refuses_it_in_a_sentence(page: Page) -> None:
    page.goto(TINY)
    for rate in ("0", "11"):
        page.get_by_role("spinbutton", name="Learning rate").fill(rate)
        _button(page, re.compile("^Train on the")).click()
        expect(page.get_by_text(f"the learning rate is {rate}:")).to_be_visible()
        expect(page.get_by_text("it must be a number above 0 and at most 10")).to_be_visible()
