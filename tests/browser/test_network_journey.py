"""What a person does on the network page, in a real browser."""

import re

from playwright.sync_api import Page, expect

from explorer import theme
from explorer.network import analyse
from explorer.spec import Spec


def _params(spec: Spec) -> str:
    return theme.number(analyse(spec).trace.totals.params)


def _metric(page: Page, label: str) -> str:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")  # type: ignore[return-value]


def test_a_deep_link_is_whole_on_a_fresh_server(page: Page) -> None:
    spec = Spec.make("googlenet", settings={"inception_4b.width_5x5": 96}, rewrites=["stack_5x5"])
    page.goto("/network?network=googlenet&inception_4b.width_5x5=96&rewrite=stack_5x5")
    expect(_metric(page, "Parameters")).to_have_text(_params(spec))
    expect(page.locator("svg g.box").first).to_be_visible()
    expect(page.get_by_role("link", name="Training")).to_be_visible()


def test_dragging_a_width_reaches_number_diagram_chart_and_link(page: Page) -> None:
    page.goto("/network")
    expect(_metric(page, "Parameters")).to_have_text("6,998,552")
    slider = page.get_by_role("slider", name="width_5x5").first
    slider.focus()
    slider.press("ArrowRight")
    spec = Spec.make("googlenet", settings={"inception_3a.width_5x5": 33})
    expect(_metric(page, "Parameters")).to_have_text(_params(spec))
    module = analyse(spec).trace.rows
    shape = next(row.out_shape for row in module if row.name == "inception_3a.concat")
    expect(page.locator("svg g.box", has_text=theme.size(shape)).first).to_be_attached()
    bar = sum(row.params for row in module if row.name.startswith("inception_3a."))
    expect(page.locator(".js-plotly-plot").first).to_contain_text(theme.number(bar))
    expect(page).to_have_url(re.compile(r"inception_3a\.width_5x5=33"))


def test_a_click_on_a_folded_module_opens_it(page: Page) -> None:
    page.goto("/network")
    page.locator('svg g.module[id="inception_4a"]').click()
    expect(page.locator('svg g.box[id="inception_4a.branch5x5.conv"]')).to_be_attached()
    expect(page.get_by_role("slider", name="width_3x3").first).to_have_value("208")


def test_the_view_of_one_module_follows_the_module(page: Page) -> None:
    page.goto("/network")
    page.get_by_test_id("stButtonGroup").get_by_text("inception_3a").click()
    expect(page.locator('svg g.box[id="conv1"]')).to_have_count(0)
    page.get_by_role("combobox", name="Module").click()
    page.get_by_role("option", name="inception_4c").click()
    expect(page.locator('svg g.box[id="inception_4c.branch_pool.conv"]')).to_be_attached()
    expect(page.locator('svg g.module[id="inception_4b"]')).to_be_attached()


def test_breaking_a_network_and_mending_it(page: Page) -> None:
    page.goto("/network?input=3x32x32")
    expect(page.get_by_test_id("stAlert")).to_contain_text("does not fit in 1x1")
    expect(page.locator("svg g.error")).to_be_attached()
    slider = page.get_by_role("slider", name="avg_pool.kernel_size")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator("svg g.error")).to_have_count(0)


def test_a_wrong_number_is_answered_in_a_sentence_and_taken_back(page: Page) -> None:
    page.goto("/network")
    height = page.get_by_label("Height")
    height.fill("5000")
    height.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("the input height is 5000")
    expect(page.get_by_test_id("stAlert")).to_contain_text("from 1 to 1,024")
    expect(height).to_have_value("224")
    expect(_metric(page, "Parameters")).to_have_text("6,998,552")


def test_the_network_goes_along_from_page_to_page(page: Page) -> None:
    page.goto("/network?network=inception10&init_ch=8")
    page.get_by_role("link", name="Training").click()
    expect(page.get_by_role("heading", name="Inception10")).to_be_visible()
    page.get_by_role("link", name="Network", exact=True).click()
    expect(_metric(page, "Parameters")).to_have_text(_params(Spec.make("inception10", settings={"init_ch": 8})))
    expect(page).to_have_url(re.compile("init_ch=8"))
