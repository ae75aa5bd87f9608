"""What a person does on the receptive field page, in a real browser, with a real worker process."""

import io
import re

from PIL import Image
from playwright.sync_api import Page, expect

from explorer.analysis.field.box import box, central
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from tests.helpers.places import metric_of

SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""


def test_a_deep_link_draws_its_box(page: Page) -> None:
    page.goto("/field?network=googlenet&node=inception_4a.concat&row=0&column=0")
    rows = analyse(Spec.make("googlenet")).trace.by_name
    top, left, bottom, right = box(rows["inception_4a.concat"], (0, 0))  # type: ignore[misc]
    picture = page.get_by_role("img", name=f"rows {top} to {bottom}, columns {left} to {right}")
    expect(picture.locator("rect.vermilion")).to_be_visible()
    expect(picture.locator("image")).to_have_attribute("href", re.compile("^data:image/jpeg"))
    expect(metric_of(page, "Receptive field")).to_have_text("171x171")


def test_the_chain_is_redrawn(page: Page) -> None:
    page.goto("/field?network=googlenet&hide=picture,growth,paths,effective")
    dots = page.get_by_role("img", name="Dots in 4 rows: one output at the top, joined to the 7 pixels")
    expect(dots.locator("circle.solid")).to_have_count(1 + 3 + 5 + 7)
    page.get_by_role("slider", name="Stride").press("ArrowRight")
    wider = page.get_by_role("img", name="joined to the 15 pixels")
    expect(wider.locator("circle.solid")).to_have_count(1 + 3 + 7 + 15)


def test_a_visitors_own_picture_is_shown_and_not_in_the_link(page: Page) -> None:
    page.goto("/field?network=googlenet")
    image = page.locator(".picture image").first
    expect(image).to_be_attached()
    before = image.get_attribute("href")
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    upload = page.get_by_test_id("stFileUploaderDropzoneInput")
    upload.set_input_files({"name": "<img src=x>.png", "mimeType": "image/png", "buffer": file.getvalue()})
    expect(page.get_by_text("Your picture is not in the link")).to_be_visible()
    expect(image).not_to_have_attribute("href", str(before))
    expect(page).not_to_have_url(re.compile("picture="))


def test_a_measurement_shows_its_progress_and_is_kept(page: Page) -> None:
    page.goto("/field?network=inception10&input=3x16x16&init_ch=2&node=block_1.unit_1.concat")
    page.get_by_role("button", name="Measure it").click()
    expect(page.get_by_text("In a process of its own:")).to_be_visible()
    spec = Spec.make("inception10", input="3x16x16", settings={"init_ch": 2})
    row = next(row for row in analyse(spec).trace.rows if row.name == "block_1.unit_1.concat")
    area = box(row, central(row)).within((16, 16)).area  # type: ignore[union-attr]
    answer = page.get_by_text(f"of the {area} pixels of the theoretical field")
    expect(answer).to_be_visible(timeout=SOON)
    page.reload()
    expect(answer).to_be_visible()
    expect(page.get_by_role("button", name="Measure it")).to_have_count(0)


def test_it_can_be_read_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/field?network=googlenet&kernel=7&depth=6&stride=2")
    expect(metric_of(page, "Receptive field")).to_have_text("171x171")
    wide = "document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(wide) <= 390
