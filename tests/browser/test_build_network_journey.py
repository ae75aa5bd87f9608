"""What a person does with a whole network, in a real browser."""

import re
from collections import Counter

from playwright.sync_api import Page, expect

from explorer.common import formats
from explorer.common.glossary import GLOSSARY
from explorer.draw.diagram import repeats
from explorer.graph.graph import module_of
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from tests.helpers.places import at, box_of, open_menu, params_of, query_of, slider_of, total_of, verb_of

GOOGLENET = Spec.make("googlenet")
ROWS = analyse(GOOGLENET).trace.rows
DIAGRAM = at(GOOGLENET, "change,diagram")


def test_a_deep_link_is_whole(page: Page) -> None:
    spec = Spec.make("googlenet", settings={"inception_4b.width_5x5": 96}, rewrites=["stack_5x5"])
    page.goto(at(spec, "diagram"))
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(page.locator("svg g.box").first).to_be_visible()
    expect(page.get_by_role("link", name="Train", exact=True)).to_be_visible()


def test_a_width_in_the_sidebar_reaches_number_diagram_bars_and_link(page: Page) -> None:
    page.goto(at(GOOGLENET, "change,diagram,cost,layers"))
    expect(total_of(page, "Parameters")).to_have_text(params_of(GOOGLENET))
    for label, word in (("Parameters", "parameter"), ("Multiply-adds", "MAC"), ("Receptive field", "receptive field")):
        number = page.locator(".total", has_text=label).locator(".label")
        expect(number).to_have_attribute("title", GLOSSARY[word])
    slider = slider_of(page, "5×5 branch: filters")
    slider.focus()
    slider.press("ArrowRight")
    spec = GOOGLENET.with_setting("inception_3a.width_5x5", 33)
    rows = analyse(spec).trace.rows
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    shape = next(row.out_shape for row in rows if row.name == "inception_3a.concat")
    expect(page.locator("svg g.edge", has_text=formats.size(shape)).first).to_be_attached()
    bar = sum(row.params for row in rows if row.name.startswith("inception_3a."))
    expect(page.locator(".picture text", has_text=formats.number(bar))).to_be_attached()
    expect(box_of(page, "inception_3a")).to_have_class(re.compile("grew"))
    expect(page).to_have_url(re.compile(r"inception_3a\.width_5x5=33"))


def test_a_5x5_becomes_two_3x3_in_one_module_only(page: Page) -> None:
    page.goto(at(GOOGLENET, "rewrites,diagram,layers", unfolded="inception_4b", opened="inception_4b"))
    open_menu(page, "Switches apply to")
    page.get_by_role("option", name="inception_4b").click()
    verb_of(page, "stack_5x5@inception_4b").click()
    spec = GOOGLENET.with_(rewrites=["stack_5x5@inception_4b"])
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    for name in ("inception_4b.branch5x5.conv_1", "inception_4b.branch5x5.conv"):
        expect(box_of(page, name)).to_contain_text("Conv 3x3, 64")
    expect(page.locator('tr[data-id="inception_4b.branch5x5.conv_1"]')).to_contain_text("Conv 3x3, 64")
    expect(page.locator('tr[data-id="inception_4c.branch5x5.conv"]')).to_contain_text("Conv 5x5, 64")
    assert query_of(page)["rewrite"] == "stack_5x5@inception_4b"


def test_a_click_unfolds_a_module_and_one_on_its_frame_folds_it(page: Page) -> None:
    page.goto(DIAGRAM)
    box_of(page, "fc").click()
    expect(page).to_have_url(re.compile("node=fc"))
    box_of(page, "inception_4a").click()
    expect(box_of(page, "inception_4a.branch5x5.conv")).to_be_attached()
    expect(page).to_have_url(re.compile("unfolded=inception_4a"))
    # What was picked before stays lit: its arithmetic is still shown.
    expect(box_of(page, "fc")).to_have_class(re.compile("picked"))
    page.locator('svg g.frame[id="frame inception_4a"]').click(position={"x": 12, "y": 8})
    expect(box_of(page, "inception_4a")).to_be_attached()
    expect(page).not_to_have_url(re.compile("unfolded"))


def test_everything_is_unfolded_and_folded_again(page: Page) -> None:
    page.goto(DIAGRAM)
    modules = page.locator("svg g.box.module")
    count = sum(number > 1 for number in Counter(module_of(row.name) for row in ROWS).values())
    expect(modules).to_have_count(count)
    page.get_by_role("button", name="Unfold all").click()
    expect(modules).to_have_count(0)
    expect(page.locator('svg g.frame[id="frame inception_5b"]')).to_be_attached()
    expect(box_of(page, "inception_5b.branch_pool.conv")).to_be_attached()
    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(modules).to_have_count(count)


def test_a_repeat_is_unfolded_by_its_modules_and_folded_again(page: Page) -> None:
    (repeat,) = repeats(analyse(Spec.make("xception")).trace)
    page.goto(at(Spec.make("xception"), "diagram"))
    box_of(page, repeat.id).click()
    for module in repeat.modules:
        expect(box_of(page, module)).to_be_attached()
    box_of(page, repeat.modules[2]).click()
    frame = page.locator(f'svg g.frame[id="frame {repeat.modules[2]}"]')
    expect(frame).to_be_attached()
    frame.click(position={"x": 12, "y": 8})
    expect(frame).to_have_count(0)
    expect(box_of(page, repeat.modules[2])).to_be_attached()


def test_the_diagram_is_zoomed_by_buttons_and_keys(page: Page) -> None:
    page.goto(DIAGRAM)
    expect(box_of(page, "conv1")).to_be_visible()
    picture = page.locator(".frame-of-diagram svg")

    def width() -> float:
        return float(picture.get_attribute("width") or 0)

    fitting = width()
    page.get_by_role("button", name="Zoom in").click()
    assert width() > fitting
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    assert width() < fitting
    page.get_by_role("button", name="Fit").click()
    assert width() == fitting
    frame = page.locator(".frame-of-diagram")
    frame.focus()
    for _ in range(6):
        frame.press("+")
    assert width() > 3 * fitting
    # A zoom of one's own is kept when the picture changes.
    wide = width()
    slider = slider_of(page, "5×5 branch: filters")
    slider.focus()
    slider.press("ArrowRight")
    expect(box_of(page, "inception_3a")).to_have_class(re.compile("grew"))
    assert width() > 0.9 * wide
    frame.focus()
    frame.press("0")
    assert abs(width() - fitting) < 0.1 * fitting


def test_a_presenters_link_hides_what_was_chosen_and_is_larger(page: Page) -> None:
    page.goto(at(GOOGLENET))
    expect(page.locator(".switches")).to_be_visible()
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    usual = page.evaluate(size)
    page.get_by_role("button", name="Present").click()
    page.get_by_text("Larger type").click()
    expect(page).to_have_url(re.compile("large=1"))
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="switches", exact=True).click()
    expect(page).to_have_url(re.compile("hide=switches"))
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="below", exact=True).click()
    expect(page).to_have_url(re.compile("hide=switches(%2C|,)below"))
    page.goto(page.url)
    expect(total_of(page, "Parameters")).to_have_text(params_of(GOOGLENET))
    expect(page.locator(".module-picture rect").first).to_be_visible()
    expect(page.locator(".switches")).to_have_count(0)
    expect(page.get_by_role("button", name="Receptive field", exact=True)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Architecture")).to_be_visible()
    assert page.evaluate(size) > usual


def test_breaking_a_network_and_mending_it(page: Page) -> None:
    page.goto(f"{DIAGRAM}&input=3x32x32")
    expect(page.get_by_test_id("stAlert")).to_contain_text("does not fit in 1x1")
    expect(page.locator(".frame-of-diagram")).to_have_count(1)
    expect(page.locator("svg g.error")).to_be_attached()
    expect(box_of(page, "conv1")).to_be_attached()
    slider = slider_of(page, "avg_pool: window")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator("svg g.error")).to_have_count(0)


def test_a_wrong_number_is_answered_in_a_sentence_and_taken_back(page: Page) -> None:
    page.goto(DIAGRAM)
    height = page.get_by_label("Height")
    height.fill("5000")
    height.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("the input height is 5000")
    expect(page.get_by_test_id("stAlert")).to_contain_text("from 1 to 1,024")
    expect(height).to_have_value("224")
    expect(total_of(page, "Parameters")).to_have_text(params_of(GOOGLENET))


def test_the_network_goes_along_from_page_to_page(page: Page) -> None:
    page.goto("/build?network=inception10&init_ch=8")
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.locator("button.chip", has_text="filters of the first block")).to_be_visible()
    page.get_by_role("link", name="Build", exact=True).click()
    expect(total_of(page, "Parameters")).to_have_text(params_of(Spec.make("inception10", settings={"init_ch": 8})))
    expect(page).to_have_url(re.compile("init_ch=8"))


def test_a_page_is_presented_alone_and_left_again(page: Page) -> None:
    page.goto(at(GOOGLENET))
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Present now").click()
    expect(page).to_have_url(re.compile("present=1"))
    expect(page.get_by_role("link", name="Compare", exact=True)).to_have_count(0)
    number = total_of(page, "Parameters")
    expect(number).to_have_css("font-size", "40px")
    page.keyboard.press("2")
    stacked = GOOGLENET.with_(rewrites=["stack_5x5"])
    expect(number).to_have_text(params_of(stacked))
    # It stays on from page to page, and stands in the link.
    page.get_by_role("link", name="Why? At these numbers").click()
    expect(page).to_have_url(re.compile("/cost.*present=1"))
    expect(page.get_by_role("link", name="Compare", exact=True)).to_have_count(0)
    page.go_back()
    expect(number).to_have_text(params_of(stacked))
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Compare", exact=True)).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))
    expect(number).to_have_text(params_of(stacked))
