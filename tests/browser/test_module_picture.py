"""The picture of a module under a hand: edges are dragged, numbers typed, switches turned, chips taken back."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from explorer.common import formats
from explorer.spec.spec import Spec
from explorer.spec.switches import SWITCHES, turned
from tests.helpers.places import MODULE, at, edited, params_of, row_of, switch_of, total_of

FIND = """const find = (selector, root = document) => {
  const inside = (found, one) => found ?? (one.shadowRoot && find(selector, one.shadowRoot));
  return root.querySelector(selector) ?? [...root.querySelectorAll("*")].reduce(inside, null);
};
"""
"""JavaScript that finds an element in a component's shadow too."""


def handle_of(page: Page, name: str) -> Locator:
    return page.locator(f'.handle[aria-label="{name}: filters"]')


def words_of(page: Page, id: str) -> Locator:
    return page.locator(f'.texts text[data-id="{id}"]')


def _open(page: Page, spec: Spec = MODULE, **values: str) -> None:
    page.goto(at(spec, **values))
    expect(page.locator(".module-picture .handle").first).to_be_visible()
    expect(switch_of(page, "residual")).to_be_visible()


def test_the_edge_of_a_box_is_dragged_and_all_follows_before_the_session_hears(page: Page) -> None:
    _open(page)
    handle = handle_of(page, "branch3x3.conv")
    expect(handle).to_have_attribute("aria-valuenow", "128")
    url, before = page.url, handle.bounding_box() or {}
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 14, y, steps=7)
    at_hand = f"""() => {{
      const grip = document.querySelector('.handle[aria-label="branch3x3.conv: filters"] .target');
      const box = grip?.getBoundingClientRect();
      return box && Math.abs(box.x + box.width / 2 - {x + 14}) < 2;
    }}"""
    in_shadow = at_hand.replace("document.querySelector(", "find(").replace("() => {", f"() => {{ {FIND}", 1)
    page.wait_for_function(in_shadow)  # the edge stays under the hand
    width = int(handle.get_attribute("aria-valuenow") or 0)
    while_dragged = edited(branch3x3__conv=width)
    row = row_of(while_dragged, "branch3x3.conv")
    expect(words_of(page, "branch3x3.conv 1")).to_contain_text(formats.number(row.params))
    expect(words_of(page, "concat name")).to_contain_text(f"concat {256 - 128 + width} × 28 × 28")
    expect(total_of(page, "Parameters")).to_have_text(params_of(while_dragged))
    separable = Spec.make("googlenet", module="inception_3a", settings=while_dragged.settings, rewrites=["separable"])
    less = params_of(while_dragged), params_of(separable)
    difference = int(less[1].replace(",", "")) - int(less[0].replace(",", ""))
    expect(switch_of(page, "separable")).to_contain_text(f"on: {formats.signed(difference)}")
    assert page.url == url
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"branch3x3\.conv\.out_channels={width}\b"))
    expect(handle).to_have_attribute("aria-valuenow", str(width))
    expect(page.locator('rect.ghost[data-id="ghost branch3x3.conv"]')).to_be_visible()


def test_a_width_by_keys_and_to_an_exact_number(page: Page) -> None:
    _open(page)
    handle = handle_of(page, "branch5x5.conv")
    handle.press("ArrowRight")
    expect(total_of(page, "Parameters")).to_have_text(params_of(edited(branch5x5__conv=33)))
    expect(page).to_have_url(re.compile("out_channels=33"))
    expect(handle).to_be_focused()
    handle.press("Home")
    expect(total_of(page, "Parameters")).to_have_text(params_of(edited(branch5x5__conv=1)))
    expect(page).to_have_url(re.compile(r"out_channels=1\b"))
    handle.focus()
    page.keyboard.type("77")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("out_channels=77"))
    expect(total_of(page, "Parameters")).to_have_text(params_of(edited(branch5x5__conv=77)))
    expect(handle).to_be_focused()
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("out_channels is 0: it must be a whole number from 1 to 8,192")).to_be_visible()
    expect(total_of(page, "Parameters")).to_have_text(params_of(edited(branch5x5__conv=77)))


def test_three_switches_are_three_clicks_and_chips_take_them_back(page: Page) -> None:
    _open(page)
    spec = MODULE
    for id in ("two_3x3", "batch_norm", "separable"):
        said = switch_of(page, id).locator(".params").text_content() or ""
        before = params_of(spec)
        spec = turned(spec, id)
        switch_of(page, id).click()
        expect(switch_of(page, id)).to_have_attribute("aria-checked", "true")
        expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
        difference = int(params_of(spec).replace(",", "")) - int(before.replace(",", ""))
        assert said == f"on: {formats.signed(difference)}"  # what was said before the click came true
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    expect(page.locator("button.chip")).to_have_count(3)
    expect(page.locator(".said")).to_contain_text("Separable on")
    page.get_by_role("button", name="Take back: batch norm").click()
    expect(total_of(page, "Parameters")).to_have_text(params_of(turned(spec, "batch_norm")))
    expect(page.locator("button.chip")).to_have_text(["5×5 as two 3×3×", "separable×"])
    page.get_by_role("button", name="Reset").click()
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    expect(page.locator("button.chip")).to_have_count(0)


def test_keys_one_to_five_turn_the_switches(page: Page) -> None:
    _open(page)
    spec = MODULE
    for number, id in enumerate(SWITCHES, 1):
        page.keyboard.press(str(number))
        spec = turned(spec, id)
        expect(total_of(page, "Parameters")).to_have_text(params_of(spec))


def test_batch_norm_is_on_where_it_is_built_in_and_goes(page: Page) -> None:
    _open(page, Spec.make("inception_v3", module="mixed_5b"))
    switch = switch_of(page, "batch_norm")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    spec = Spec.make("inception_v3", module="mixed_5b", rewrites=["no_batch_norm"])
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))


def test_an_area_stands_for_what_is_chosen_and_the_file_has_the_same(page: Page, tmp_path: Path) -> None:
    _open(page)
    page.get_by_role("button", name="MACs", exact=True).click()
    expect(words_of(page, "branch3x3.conv 1")).to_have_text("86.7 M")
    expect(page).to_have_url(re.compile("area=macs"))
    with page.expect_download() as found:
        page.locator("[data-save=svg]").click()
    found.value.save_as(tmp_path / "module.svg")
    words = "".join(ET.parse(tmp_path / "module.svg").getroot().itertext())
    assert "86.7 M" in words
    assert "area: MACs" in words
    assert found.value.suggested_filename == "GoogLeNet_inception_3a.svg"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (390, 844)])
def test_the_switches_and_the_picture_are_on_the_first_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    _open(page)
    for id in ("two_3x3", "batch_norm", "separable"):
        box = switch_of(page, id).bounding_box() or {}
        assert box["y"] + box["height"] < height
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 24
    if (width, height) == (1280, 800):
        picture = page.locator(".paper").bounding_box() or {}
        assert picture["y"] + picture["height"] <= height  # whole
        assert picture["width"] * picture["height"] >= 0.45 * width * height
    sizes = page.locator(".texts tspan").evaluate_all(
        "all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert set(sizes) <= {14, 13}


def test_the_type_is_larger_where_it_is_presented(page: Page) -> None:
    _open(page, large="1")
    sizes = page.locator(".texts tspan").evaluate_all(
        "all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert set(sizes) == {19, 18}


def test_what_is_turned_on_the_first_page_goes_along_into_build(page: Page) -> None:
    page.goto("/")
    switch_of(page, "two_3x3").click()
    spec = turned(MODULE, "two_3x3")
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(page.get_by_text("Two 3×3 cost more here")).to_be_visible()
    page.get_by_role("link", name="I build: take this module apart").click()
    expect(page.locator("button.chip")).to_have_text(["5×5 as two 3×3×"])
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))


def test_a_module_of_a_network_is_opened_from_the_strip_and_edited(page: Page) -> None:
    page.goto("/build")
    expect(page.locator('.strip rect[aria-label="inception_3a"]')).to_have_attribute("aria-pressed", "true")
    column = page.locator('.strip rect[aria-label="inception_4b"]')
    column.focus()
    column.press("Enter")
    expect(column).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("opened=inception_4b"))
    handle = handle_of(page, "branch3x3.conv")
    expect(handle).to_have_attribute("aria-valuenow", "224")
    handle.press("ArrowRight")
    spec = Spec.make("googlenet", settings={"inception_4b.width_3x3": 225})
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(page).to_have_url(re.compile(r"inception_4b\.width_3x3=225"))
    expect(page.locator("button.chip")).to_have_text(["inception_4b 3×3 branch, filters: 224 → 225×"])
    for kind in ("up", "down"):
        expect(page.locator(f'.strip rect[data-id="original {kind} inception_4b"]')).to_be_attached()


def test_the_strip_finds_a_module_and_shows_what_is_asked(page: Page) -> None:
    page.goto("/build?network=inception_resnet_v2")
    find = page.get_by_role("combobox", name="find")
    expect(page.locator(".strip rect[aria-pressed=true]")).to_have_attribute("aria-label", "mixed_5b")
    find.fill("block17_12")
    find.press("Enter")
    opened = page.locator(".strip rect[aria-pressed=true]")
    expect(opened).to_have_attribute("aria-label", "block17_12")
    expect(opened).to_be_in_viewport()
    expect(page).to_have_url(re.compile("opened=block17_12"))
    find.fill("no such")
    find.press("Enter")
    assert find.evaluate("(field) => field.validationMessage") == "no module of this name"
    expect(opened).to_have_attribute("aria-label", "block17_12")
    tall = page.locator(".strip rect[data-id='up block17_12']")
    before = tall.get_attribute("height")
    page.get_by_role("combobox", name="strip").select_option(label="receptive field")
    expect(tall).not_to_have_attribute("height", str(before))
    expect(page).to_have_url(re.compile("columns=field"))


def test_a_module_is_a_graph_where_one_asks_and_where_nothing_else_fits(page: Page) -> None:
    page.goto("/build?network=inception_v3&opened=mixed_6b")
    expect(page.locator(".paper .boxes rect").first).to_be_visible()
    page.get_by_role("button", name="graph", exact=True).click()
    box = page.locator('svg g.box[id="mixed_6b.branch7x7.conv_1x7"]')
    expect(box).to_be_in_viewport()
    expect(page.locator(".paper")).to_be_hidden()
    expect(page).to_have_url(re.compile("layout=graph"))
    sizes = page.locator("svg g.box text").evaluate_all(
        "all => all.map((one) => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )
    assert min(sizes) >= 13
    box.click()
    expect(page).to_have_url(re.compile(r"node=mixed_6b\.branch7x7\.conv_1x7"))
    page.get_by_role("button", name="flow", exact=True).click()
    expect(page.locator(".paper .boxes rect").first).to_be_visible()
    # What does not fit its input has a graph alone, with what is wrong in it.
    page.goto("/build?network=googlenet&module=inception_3a&concat.kind=add")
    expect(page.locator("svg g.error")).to_be_visible()
    expect(page.get_by_role("button", name="flow", exact=True)).to_be_disabled()


def test_a_module_is_edited_by_the_keyboard_alone_and_said_to_a_screen_reader(page: Page) -> None:
    _open(page)
    page.get_by_role("switch", name="5×5 as two 3×3").focus()
    page.keyboard.press("Space")
    stacked = turned(MODULE, "two_3x3")
    expect(page.get_by_role("switch", name="5×5 as two 3×3")).to_be_checked()
    expect(page.get_by_role("status").filter(has_text="5×5 as two 3×3 on")).to_be_attached()
    expect(total_of(page, "Parameters")).to_have_text(params_of(stacked))
    expect(page.get_by_role("switch", name="5×5 as two 3×3")).to_be_focused()
    width = page.get_by_role("slider", name="branch3x3.conv")
    width.focus()
    before = int(width.get_attribute("aria-valuenow") or 0)
    page.keyboard.press("ArrowRight")
    expect(width).to_have_attribute("aria-valuetext", f"{before + 1} filters")
    expect(page).to_have_url(re.compile(rf"out_channels={before + 1}\b"))
    expect(width).to_be_focused()
    page.get_by_role("button", name="Take back: 5×5 as two 3×3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("switch", name="5×5 as two 3×3")).not_to_be_checked()
    against = page.get_by_role("combobox", name="against")
    against.focus()
    page.keyboard.press("ArrowDown")
    expect(against).to_have_value("step")
    expect(against).to_be_focused()
