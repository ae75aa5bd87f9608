"""Faults that were seen on the screen and need a browser to be seen, each as what holds now."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from explorer.spec.spec import Spec
from tests.helpers.places import MODULE, at, box_of, params_of, total_of

CONTRAST = """(element) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const shown = (colours) => {
    colours.forEach((colour) => { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); });
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (parts) => {
    const linear = (s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = parts.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = [];
  for (let up = element; up; up = up.parentElement) grounds.unshift(getComputedStyle(up).backgroundColor);
  grounds.unshift("#ffffff");
  const [text, ground] = [[...grounds, getComputedStyle(element).color], grounds].map((all) => light(shown(all)));
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}"""
"""JavaScript for the contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3)."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_captions_chosen_segments_and_buttons_can_be_read(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(at(Spec.make("googlenet"), "notes,cost"))
    caption = page.locator("[data-testid=stCaptionContainer] p").first
    segment = page.locator('button[role="radio"][aria-checked="true"] p').first
    for part in (caption, segment):
        expect(part).to_be_visible()
        assert part.evaluate(CONTRAST) >= 4.5
    page.goto("/training?network=inception10")
    button = page.locator('button[kind="primary"]').first
    expect(button).to_be_visible()
    assert button.locator("p").first.evaluate(CONTRAST) >= 4.5


def test_a_branch_that_is_added_is_inside_the_frame_of_the_diagram(page: Page) -> None:
    page.goto(at(MODULE, "change,diagram"))
    expect(box_of(page, "branch1x1.conv")).to_be_visible()
    page.get_by_role("button", name="Add a branch").click()
    page.get_by_role("button", name="Add it").click()
    expect(box_of(page, "branch_new1.layer")).to_be_visible()
    frame = page.locator(".frame-of-diagram").bounding_box() or {}
    for box in page.locator("svg g.box").all():
        place = box.bounding_box() or {}
        assert place["x"] >= frame["x"] - 1
        assert place["x"] + place["width"] <= frame["x"] + frame["width"] + 1


def test_an_embedded_page_is_its_body_alone(page: Page) -> None:
    page.goto("/build?network=inception10&embed=true")
    expect(total_of(page, "Parameters")).to_have_text(params_of(Spec.make("inception10")))
    expect(page.locator(".module-picture rect").first).to_be_visible()
    expect(page.get_by_test_id("stPageLink").filter(has_text="Train")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo Shortcut")).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)


def test_nothing_in_the_strip_of_a_network_runs_into_its_neighbour(page: Page) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(at(Spec.make("googlenet")))
    expect(page.locator(".strip text").first).to_be_visible()
    boxes = [text.bounding_box() or {} for text in page.locator('.strip text[data-id^="map "]').all()]
    assert len(boxes) > 10
    for one, other in pairwise(sorted(boxes, key=lambda box: box["x"])):
        assert one["x"] + one["width"] + 3 <= other["x"]
    # Nor does the line of tools become two.
    tools = page.locator(".st-key-tools").get_by_role("button")
    assert len({round((tool.bounding_box() or {})["y"] / 20) for tool in tools.all() if tool.is_visible()}) == 1


def test_pictures_are_whole_on_paper(page: Page) -> None:
    page.goto(at(Spec.make("googlenet"), "diagram,cost"))
    expect(page.locator(".paper .boxes rect").first).to_be_visible()
    expect(box_of(page, "inception_5b")).to_be_attached()
    page.set_viewport_size({"width": 700, "height": 990})  # a sheet of A4, as a printer's driver sees it
    page.emulate_media(media="print")
    for picture in (".strip svg", ".paper svg", ".frame-of-diagram svg", ".picture svg"):
        box = page.locator(picture).first.bounding_box() or {}
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 700
    frames = page.locator(".strip, .paper, .frame-of-diagram").evaluate_all(
        "all => all.map((one) => [one.scrollHeight, one.clientHeight, getComputedStyle(one).overflowY])"
    )
    assert all(overflow == "visible" for *_, overflow in frames)
    page.goto("/compare")
    drawn = page.get_by_test_id("stHtml").locator("img")
    expect(drawn).to_have_count(2)
    for picture in drawn.all():
        box = picture.bounding_box() or {}
        assert box["x"] + box["width"] <= 700


def test_sliders_and_switches_are_seen_in_forced_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(at(Spec.make("googlenet"), "change,rewrites"))
    slider = page.get_by_test_id("stSlider").first
    expect(slider).to_be_visible()
    toggle = page.get_by_test_id("stCheckbox").first
    for part in (
        slider.locator("[data-orientation] > div:not([data-rac])").first,
        slider.locator("input[type=range]").locator("xpath=../.."),
        toggle.locator("label > div").first,
    ):
        assert part.evaluate("(one) => getComputedStyle(one).forcedColorAdjust") == "none"
        ground = part.evaluate(
            "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).backgroundImage].join(' ')"
        )
        assert "rgba(0, 0, 0, 0) none" not in ground
        assert "rgb(255, 255, 255) none" not in ground
