"""What a person does with a module by itself, in a real browser."""

import re
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from explorer.common import formats
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from tests.helpers.places import (
    MODULE,
    at,
    box_of,
    edited,
    line_of,
    nudge,
    open_menu,
    params_of,
    pull,
    query_of,
    row_of,
    slider_of,
    switch_of,
    total_of,
    verb_of,
)

START = at(MODULE, "change,diagram,cost,layers")


def test_a_deep_link_is_whole_as_the_first_request_to_a_server(newcomer: Page) -> None:
    name = "branch7x7.conv_1x7"
    spec = Spec.make("inception_v3", module="mixed_6b", settings={f"{name}.out_channels": 96}, rewrites=["separable"])
    query = {**spec.to_query(), "node": name, "below": "diagram,layers"}
    newcomer.goto(f"/build?{urlencode(query)}")
    expect(total_of(newcomer, "Parameters")).to_have_text(params_of(spec))
    expect(box_of(newcomer, name)).to_have_class(re.compile("picked"))
    expect(box_of(newcomer, f"{name}_depthwise")).to_contain_text("Depthwise 1x7")
    expect(line_of(newcomer, name)).to_have_class("picked")
    arithmetic = f"{formats.arithmetic(row_of(spec, name).formula)} = {formats.number(row_of(spec, name).params)}"
    expect(newcomer.get_by_text(f"parameters: {arithmetic}")).to_be_visible()
    expect(newcomer.get_by_role("combobox", name="Module")).to_be_visible()
    expect(newcomer.get_by_role("link", name="Train", exact=True)).to_be_visible()
    assert query_of(newcomer) == query


def test_a_key_press_on_a_width_reaches_every_part_of_the_page(page: Page) -> None:
    page.goto(START)
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    nudge(page, "branch5x5.conv")
    spec = edited(branch5x5__conv=33)
    row = row_of(spec, "branch5x5.conv")
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(line_of(page, row.name)).to_contain_text(formats.number(row.params))
    expect(line_of(page, row.name).locator("td.grew")).to_have_text(
        [formats.number(row.params), formats.number(row.macs)]
    )
    expect(box_of(page, row.name)).to_contain_text("Conv 5x5, 33")
    expect(box_of(page, row.name)).to_have_class(re.compile("grew"))
    expect(box_of(page, "concat")).to_contain_text(formats.size(valid(spec).rows[-1].out_shape))
    expect(page.locator("g.grew")).to_have_count(1)
    expect(line_of(page, "branch3x3.conv").locator("td.grew")).to_have_count(0)
    branch = sum(one.params for one in valid(spec).rows if one.name.startswith("branch5x5."))
    expect(page.locator(".picture text", has_text=formats.number(branch))).to_be_visible()
    expect(page).to_have_url(re.compile(r"branch5x5\.conv\.out_channels=33"))
    nudge(page, "branch5x5.conv", "ArrowLeft")
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    expect(page).not_to_have_url(re.compile("out_channels"))


def test_a_drag_of_a_width_ends_in_its_numbers(page: Page) -> None:
    page.goto(START)
    slider = slider_of(page, "branch3x3.conv")
    expect(slider).to_have_value("128")
    pull(page, slider, -12)
    page.mouse.up()
    expect(slider).not_to_have_value("128")
    width = int(slider.input_value())
    assert 1 <= width < 128
    spec = edited(branch3x3__conv=width)
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(box_of(page, "branch3x3.conv")).to_contain_text(f"Conv 3x3, {width}")
    expect(line_of(page, "branch3x3.conv")).to_contain_text(formats.number(row_of(spec, "branch3x3.conv").params))
    expect(page).to_have_url(re.compile(rf"branch3x3\.conv\.out_channels={width}\b"))


def test_a_5x5_becomes_two_3x3_in_one_branch(page: Page) -> None:
    page.goto(at(MODULE, "rewrites,diagram,layers"))
    expect(verb_of(page, "stack_5x5").first).to_be_visible()
    open_menu(page, "Switches apply to")
    page.get_by_role("option", name="branch5x5").click()
    verb_of(page, "stack_5x5@branch5x5").click()
    spec = MODULE.with_(rewrites=["stack_5x5@branch5x5"])
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(page).to_have_url(re.compile("rewrite=stack_5x5%40branch5x5|rewrite=stack_5x5@branch5x5"))
    for name in ("branch5x5.conv_1", "branch5x5.conv"):
        expect(box_of(page, name)).to_contain_text("Conv 3x3, 32")
        expect(line_of(page, name)).to_contain_text("Conv 3x3, 32")
    expect(line_of(page, "branch5x5.conv_1").locator("td.new")).to_have_count(1)
    expect(box_of(page, "branch5x5.conv_1")).to_have_class(re.compile("new"))


def test_a_click_on_a_box_lights_its_row_at_once_and_shows_its_arithmetic(page: Page) -> None:
    page.goto(START)
    box, line = box_of(page, "branch3x3.conv"), line_of(page, "branch3x3.conv")
    expect(box).to_be_visible()
    expect(line).to_be_attached()
    # Within one task of the browser: no answer of the server can have come in between.
    lit = box.evaluate(
        """(box, line) => {
            box.dispatchEvent(new MouseEvent("click", {bubbles: true, composed: true}));
            return box.classList.contains("picked") && line.classList.contains("picked");
        }""",
        line.element_handle(),
    )
    assert lit
    row = row_of(MODULE, "branch3x3.conv")
    detail = page.get_by_text(f"parameters: {formats.arithmetic(row.formula)} = {formats.number(row.params)}")
    expect(detail).to_be_visible()
    expect(page).to_have_url(re.compile(r"node=branch3x3\.conv"))
    line_of(page, "branch_pool.pool").click()
    expect(box_of(page, "branch_pool.pool")).to_have_class(re.compile("picked"))
    expect(page.locator("g.picked")).to_have_count(1)
    expect(page.get_by_text("nn.MaxPool2d(kernel_size=3, stride=1, padding=1)")).to_be_visible()
    page.get_by_role("button", name="Undo Shortcut").click()
    expect(detail).to_be_visible()
    expect(box).to_have_class(re.compile("picked"))


def test_the_keyboard_picks_in_the_diagram_and_in_the_table(page: Page) -> None:
    page.goto(START)
    expect(box_of(page, "input")).to_be_visible()
    diagram, table = page.locator(".frame-of-diagram"), page.locator(".rows").first
    ids = page.locator("svg g.box").evaluate_all("boxes => boxes.map(box => box.id)")
    diagram.focus()
    diagram.press("ArrowDown")
    diagram.press("ArrowDown")
    diagram.press("ArrowRight")
    diagram.press("ArrowUp")
    expect(box_of(page, ids[1])).to_have_class(re.compile("picked"))
    expect(line_of(page, ids[1])).to_have_class("picked")
    diagram.press("Enter")
    expect(page).to_have_url(re.compile(f"node={re.escape(ids[1])}(&|$)"))
    names = [row.name for row in valid(MODULE).rows]
    table.focus()
    table.press("End")
    expect(box_of(page, names[-1])).to_have_class(re.compile("picked"))
    table.press("ArrowUp")
    table.press("Home")
    table.press("ArrowDown")
    table.press("Enter")
    expect(page).to_have_url(re.compile(f"node={re.escape(names[1])}(&|$)"))
    expect(box_of(page, names[1])).to_have_class(re.compile("picked"))


def test_undo_and_redo_take_every_control_along(page: Page) -> None:
    page.goto(START)
    channels = page.get_by_label("Channels")
    channels.fill("256")
    channels.press("Enter")
    wide = MODULE.with_(input="256x28x28")
    expect(total_of(page, "Parameters")).to_have_text(params_of(wide))
    slider = nudge(page, "branch1x1.conv")
    both = wide.with_setting("branch1x1.conv.out_channels", 65)
    expect(total_of(page, "Parameters")).to_have_text(params_of(both))
    page.get_by_role("button", name="Undo Shortcut").click()
    expect(total_of(page, "Parameters")).to_have_text(params_of(wide))
    expect(slider).to_have_value("64")
    page.keyboard.press("Control+z")
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    expect(channels).to_have_value("192")
    expect(page).not_to_have_url(re.compile("input="))
    page.get_by_role("button", name="Undo Shortcut").click()
    expect(page.get_by_text("There is nothing to undo.")).to_be_visible()
    expect(channels).to_have_value("192")
    page.get_by_role("button", name="Redo").click()
    expect(channels).to_have_value("256")
    page.keyboard.press("Control+y")
    expect(total_of(page, "Parameters")).to_have_text(params_of(both))
    expect(slider).to_have_value("65")
    page.get_by_role("button", name="Reset").click()
    expect(slider).to_have_value("64")
    expect(total_of(page, "Parameters")).to_have_text(params_of(wide))


def _pin(page: Page, name: str) -> None:
    field = page.get_by_label("Name of what is shown now")
    if not field.is_visible():
        page.get_by_role("button", name="Pins").click()
    field.fill(name)
    field.press("Enter")
    page.get_by_role("button", name="Pin it").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def _close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_label("Name of what is shown now")).to_be_hidden()


def test_pins_are_opened_again_and_compared_and_their_names_stay_text(page: Page, stranger: Page) -> None:
    marked = "<b>[x](http://e.org)</b>"
    page.goto(START)
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    _pin(page, "as it is")
    _close(page)
    nudge(page, "branch5x5.conv")
    wide = edited(branch5x5__conv=33)
    expect(total_of(page, "Parameters")).to_have_text(params_of(wide))
    expect(page).to_have_url(re.compile("out_channels=33"))  # the numbers come before the session has heard of it
    _pin(page, marked)
    page.get_by_role("link", name="as it is").click()
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    # The menu is still open: the first click closes it, the second goes on.
    link = page.get_by_role("link", name="Compare", exact=True)
    place = link.bounding_box() or {}
    page.mouse.click(place["x"] + 20, place["y"] + 10)
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(page).to_have_url(re.compile("/build"))
    link.click()
    for which, name in (("First", "as it is"), ("Second", marked)):
        page.get_by_role("combobox", name=f"{which} network").click()
        page.get_by_role("option", name=name).click()
    for one in (page, stranger):
        if one is stranger:
            one.goto(page.url)
        expect(one.get_by_role("columnheader", name=marked)).to_be_visible()
        expect(one.get_by_role("columnheader", name="as it is")).to_be_visible()
        expect(one.get_by_role("cell", name=params_of(MODULE))).to_be_visible()
        expect(one.get_by_role("cell", name=params_of(wide))).to_be_visible()
        expect(one.get_by_text(f"From as it is (before) to {marked} (after)")).to_be_visible()
        expect(one.locator('a[href^="http://e.org"]')).to_have_count(0)
        expect(one.locator("b", has_text="x")).to_have_count(0)
    assert query_of(stranger) == query_of(page)


def _one_graph(page: Page) -> None:
    """What does not fit has a graph in place of its picture, and none below: for a moment there are both."""
    expect(page.locator(".frame-of-diagram")).to_have_count(1)


def test_a_join_that_does_not_fit_is_explained_and_mended(page: Page) -> None:
    page.goto(START)
    kind = page.get_by_test_id("stButtonGroup").filter(has_text="concat")
    kind.get_by_text("add", exact=True).click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("concat (Add)")
    _one_graph(page)
    expect(page.locator("svg g.error")).to_be_attached()
    expect(box_of(page, "branch5x5.conv")).to_be_visible()
    expect(line_of(page, "branch5x5.conv")).to_be_attached()
    kind.get_by_text("concat", exact=True).click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator("svg g.error")).to_have_count(0)
    _one_graph(page)
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))


def test_an_input_that_is_too_small_is_explained_and_mended(page: Page) -> None:
    page.goto(at(Spec.make("inception_v3", module="mixed_6a"), "change,diagram"))
    whole = Spec.make("inception_v3", module="mixed_6a")
    expect(total_of(page, "Parameters")).to_have_text(params_of(whole))
    height = page.get_by_label("Height")
    before = height.input_value()
    height.fill("2")
    height.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("does not fit")
    _one_graph(page)
    expect(page.locator("svg g.error")).to_be_attached()
    expect(box_of(page, "input")).to_be_attached()
    height.fill(before)
    height.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(total_of(page, "Parameters")).to_have_text(params_of(whole))


def test_numbers_and_bars_follow_a_width_while_it_is_dragged(page: Page) -> None:
    page.goto(START)
    slider = slider_of(page, "branch3x3.conv")
    expect(slider).to_have_value("128")
    expect(page.locator(".picture").first).to_be_visible()
    pull(page, slider, -8)
    expect(slider).not_to_have_value("128")
    spec = edited(branch3x3__conv=int(slider.input_value()))
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    branch = sum(row.params for row in valid(spec).rows if row.name.startswith("branch3x3."))
    expect(page.locator(".picture text", has_text=formats.number(branch))).to_be_visible()
    row = row_of(spec, "branch3x3.conv")
    for part in (box_of(page, row.name), line_of(page, row.name), page.locator(".paper")):
        expect(part).to_contain_text(formats.number(row.params))
    # The session has heard of nothing yet.
    assert "out_channels" not in page.url
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"out_channels={slider.input_value()}"))
    expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
    expect(box_of(page, row.name)).to_contain_text(f"Conv 3x3, {slider.input_value()}")


def test_all_of_the_page_is_against_what_was_chosen(page: Page) -> None:
    page.goto(at(MODULE, "layers", baseline="step"))
    against = page.get_by_label("against")
    expect(total_of(page, "Parameters")).to_have_text(params_of(MODULE))
    switch_of(page, "batch_norm").click()
    normed = MODULE.with_(rewrites=["batch_norm"])
    expect(total_of(page, "Parameters")).to_have_text(params_of(normed))
    switch_of(page, "two_3x3").click()
    both = MODULE.with_(rewrites=["batch_norm", "stack_5x5"])
    expect(total_of(page, "Parameters")).to_have_text(params_of(both))
    below = page.locator(".total", has_text="Parameters").locator(".below")
    step = formats.change(valid(normed).totals.params, valid(both).totals.params, formats.number)
    expect(below).to_contain_text(step)
    expect(page.locator(".boxes rect.changed")).to_have_count(2)  # the two 3x3 alone
    against.focus()
    against.select_option(label="the original")
    expect(below).to_contain_text(
        formats.change(valid(MODULE).totals.params, valid(both).totals.params, formats.number)
    )
    expect(page.locator(".boxes rect.changed")).to_have_count(len([r for r in valid(both).rows if r.kind == "Conv2d"]))
    expect(against).to_be_focused()
    expect(page).not_to_have_url(re.compile("baseline"))
