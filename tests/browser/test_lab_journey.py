"""What a person does in the block lab, in a real browser."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, expect

from explorer import theme
from explorer.analysis import Row
from explorer.network import valid
from explorer.spec import Spec
from tests.browser import conftest

MODULE = Spec.make("googlenet", module="inception_3a")
"""What the lab starts with."""
SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""


@pytest.fixture
def newcomer(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a server that nobody has asked for anything yet."""
    for address in conftest.server.__wrapped__(tmp_path_factory):
        yield from conftest.page.__wrapped__(browser, address)


@pytest.fixture
def stranger(browser: Browser, server: str) -> Iterator[Page]:
    """A page of somebody else, who shares nothing with `page` but the server."""
    yield from conftest.page.__wrapped__(browser, server)


def _metric(page: Page, label: str) -> Locator:
    return page.locator(".total", has_text=label).locator(".value")


def _box(page: Page, id: str) -> Locator:
    return page.locator(f'svg g.box[id="{id}"]')


def _line(page: Page, id: str) -> Locator:
    return page.locator(f'[data-testid=stMain] tr[data-id="{id}"]').first


def _params(spec: Spec) -> str:
    return theme.number(valid(spec).totals.params)


def _row(spec: Spec, name: str) -> Row:
    return next(row for row in valid(spec).rows if row.name == name)


def _query(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def _edited(**settings: object) -> Spec:
    return MODULE.with_(settings={f"{name.replace('__', '.')}.out_channels": value for name, value in settings.items()})


def _slider(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True).get_by_role("slider")


def _nudge(page: Page, name: str, key: str = "ArrowRight") -> Locator:
    slider = _slider(page, name)
    slider.focus()
    slider.press(key)
    return slider


def _panel(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).click()


def _download(page: Page, button: Locator) -> Download:
    with page.expect_download() as found:
        button.click()
    return found.value


def _file(page: Page, label: str) -> str:
    """The text of an exported file."""
    button = page.get_by_test_id("stDownloadButton").filter(has_text=label).get_by_role("button")
    return _download(page, button).path().read_bytes().decode()


def test_a_deep_link_is_whole_as_the_first_request_to_a_server(newcomer: Page) -> None:
    name = "branch7x7.conv_1x7"
    spec = Spec.make("inception_v3", module="mixed_6b", settings={f"{name}.out_channels": 96}, rewrites=["separable"])
    query = {**spec.to_query(), "node": name}
    newcomer.goto(f"/lab?{urlencode(query)}")
    expect(_metric(newcomer, "Parameters")).to_have_text(_params(spec))
    expect(_box(newcomer, name)).to_have_class(re.compile("picked"))
    expect(_box(newcomer, f"{name}_depthwise")).to_contain_text("Depthwise 1x7")
    expect(_line(newcomer, name)).to_have_class("picked")
    arithmetic = f"{theme.arithmetic(_row(spec, name).formula)} = {theme.number(_row(spec, name).params)}"
    expect(newcomer.get_by_text(f"parameters: {arithmetic}")).to_be_visible()
    expect(newcomer.get_by_role("combobox", name="Module of")).to_be_visible()
    expect(newcomer.get_by_role("link", name="Training")).to_be_visible()
    assert _query(newcomer) == query


def test_a_key_press_on_a_width_reaches_every_part_of_the_page(page: Page) -> None:
    page.goto("/lab")
    expect(_metric(page, "Parameters")).to_have_text(_params(MODULE))
    _nudge(page, "branch5x5.conv")
    spec = _edited(branch5x5__conv=33)
    row = _row(spec, "branch5x5.conv")
    expect(_metric(page, "Parameters")).to_have_text(_params(spec))
    expect(_line(page, row.name)).to_contain_text(theme.number(row.params))
    expect(_line(page, row.name).locator("td.grew")).to_have_text([theme.number(row.params), theme.number(row.macs)])
    expect(_box(page, row.name)).to_contain_text("Conv 5x5, 33")
    expect(_box(page, row.name)).to_have_class(re.compile("grew"))
    expect(_box(page, "concat")).to_contain_text(theme.size(valid(spec).rows[-1].out_shape))
    expect(page.locator("g.grew")).to_have_count(1)
    expect(_line(page, "branch3x3.conv").locator("td.grew")).to_have_count(0)
    branch = sum(one.params for one in valid(spec).rows if one.name.startswith("branch5x5."))
    expect(page.locator(".picture text", has_text=theme.number(branch))).to_be_visible()
    expect(page).to_have_url(re.compile(r"branch5x5\.conv\.out_channels=33"))
    _nudge(page, "branch5x5.conv", "ArrowLeft")
    expect(_metric(page, "Parameters")).to_have_text(_params(MODULE))
    expect(page).not_to_have_url(re.compile("out_channels"))


def test_a_drag_of_a_width_ends_in_its_numbers(page: Page) -> None:
    page.goto("/lab")
    slider = _slider(page, "branch3x3.conv")
    expect(slider).to_have_value("128")
    thumb = slider.locator("xpath=../..").bounding_box() or {}
    x, y = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 12, y, steps=6)
    page.mouse.up()
    expect(slider).not_to_have_value("128")
    width = int(slider.input_value())
    assert 1 <= width < 128
    spec = _edited(branch3x3__conv=width)
    expect(_metric(page, "Parameters")).to_have_text(_params(spec))
    expect(_box(page, "branch3x3.conv")).to_contain_text(f"Conv 3x3, {width}")
    expect(_line(page, "branch3x3.conv")).to_contain_text(theme.number(_row(spec, "branch3x3.conv").params))
    expect(page).to_have_url(re.compile(rf"branch3x3\.conv\.out_channels={width}\b"))


def test_a_5x5_becomes_two_3x3_in_one_branch(page: Page) -> None:
    page.goto("/lab")
    page.get_by_text("Verbs", exact=True).click()
    page.get_by_role("combobox", name="Where").click()
    page.get_by_role("option", name="branch5x5").click()
    page.get_by_test_id("stSidebar").get_by_text("5x5 as two 3x3", exact=True).click()
    spec = MODULE.with_(rewrites=["stack_5x5@branch5x5"])
    expect(_metric(page, "Parameters")).to_have_text(_params(spec))
    expect(page).to_have_url(re.compile("rewrite=stack_5x5%40branch5x5|rewrite=stack_5x5@branch5x5"))
    for name in ("branch5x5.conv_1", "branch5x5.conv"):
        expect(_box(page, name)).to_contain_text("Conv 3x3, 32")
        expect(_line(page, name)).to_contain_text("Conv 3x3, 32")
    expect(_line(page, "branch5x5.conv_1").locator("td.new")).to_have_count(1)
    expect(_box(page, "branch5x5.conv_1")).to_have_class(re.compile("new"))


def test_a_click_on_a_box_lights_its_row_at_once_and_shows_its_arithmetic(page: Page) -> None:
    page.goto("/lab")
    box, line = _box(page, "branch3x3.conv"), _line(page, "branch3x3.conv")
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
    row = _row(MODULE, "branch3x3.conv")
    detail = page.get_by_text(f"parameters: {theme.arithmetic(row.formula)} = {theme.number(row.params)}")
    expect(detail).to_be_visible()
    expect(page).to_have_url(re.compile(r"node=branch3x3\.conv"))
    _line(page, "branch_pool.pool").click()
    expect(_box(page, "branch_pool.pool")).to_have_class(re.compile("picked"))
    expect(page.locator("g.picked")).to_have_count(1)
    expect(page.get_by_text("nn.MaxPool2d(kernel_size=3, stride=1, padding=1)")).to_be_visible()
    page.get_by_role("button", name="Undo Shortcut").click()
    expect(detail).to_be_visible()
    expect(box).to_have_class(re.compile("picked"))


def test_the_keyboard_picks_in_the_diagram_and_in_the_table(page: Page) -> None:
    page.goto("/lab")
    expect(_box(page, "input")).to_be_visible()
    diagram, table = page.locator(".frame-of-diagram"), page.locator(".rows").first
    ids = page.locator("svg g.box").evaluate_all("boxes => boxes.map(box => box.id)")
    diagram.focus()
    diagram.press("ArrowDown")
    diagram.press("ArrowDown")
    diagram.press("ArrowRight")
    diagram.press("ArrowUp")
    expect(_box(page, ids[1])).to_have_class(re.compile("picked"))
    expect(_line(page, ids[1])).to_have_class("picked")
    diagram.press("Enter")
    expect(page).to_have_url(re.compile(f"node={re.escape(ids[1])}(&|$)"))
    names = [row.name for row in valid(MODULE).rows]
    table.focus()
    table.press("End")
    expect(_box(page, names[-1])).to_have_class(re.compile("picked"))
    table.press("ArrowUp")
    table.press("Home")
    table.press("ArrowDown")
    table.press("Enter")
    expect(page).to_have_url(re.compile(f"node={re.escape(names[1])}(&|$)"))
    expect(_box(page, names[1])).to_have_class(re.compile("picked"))


def test_undo_and_redo_take_the_sidebar_along(page: Page) -> None:
    page.goto("/lab")
    channels = page.get_by_test_id("stSidebar").get_by_label("Channels")
    channels.fill("256")
    channels.press("Enter")
    wide = MODULE.with_(input="256x28x28")
    expect(_metric(page, "Parameters")).to_have_text(_params(wide))
    slider = _nudge(page, "branch1x1.conv")
    both = wide.with_setting("branch1x1.conv.out_channels", 65)
    expect(_metric(page, "Parameters")).to_have_text(_params(both))
    page.get_by_role("button", name="Undo Shortcut").click()
    expect(_metric(page, "Parameters")).to_have_text(_params(wide))
    expect(slider).to_have_value("64")
    page.keyboard.press("Control+z")
    expect(_metric(page, "Parameters")).to_have_text(_params(MODULE))
    expect(channels).to_have_value("192")
    expect(page).not_to_have_url(re.compile("input="))
    page.get_by_role("button", name="Undo Shortcut").click()
    expect(page.get_by_text("There is nothing to undo.")).to_be_visible()
    expect(channels).to_have_value("192")
    page.get_by_role("button", name="Redo").click()
    expect(channels).to_have_value("256")
    page.keyboard.press("Control+y")
    expect(_metric(page, "Parameters")).to_have_text(_params(both))
    expect(slider).to_have_value("65")
    page.get_by_role("button", name="Undo all edits").click()
    expect(slider).to_have_value("64")
    expect(_metric(page, "Parameters")).to_have_text(_params(wide))


def _pin(page: Page, name: str) -> None:
    field = page.get_by_label("Name of what is shown now")
    if not field.is_visible():
        page.get_by_role("button", name="Pins").click()
    field.fill(name)
    field.press("Enter")
    page.get_by_role("button", name="Pin it").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def test_pins_are_opened_again_and_compared_and_their_names_stay_text(page: Page, stranger: Page) -> None:
    marked = "<b>[x](http://e.org)</b>"
    page.goto("/lab")
    expect(_metric(page, "Parameters")).to_have_text(_params(MODULE))
    _pin(page, "as it is")
    _nudge(page, "branch5x5.conv")
    wide = _edited(branch5x5__conv=33)
    expect(_metric(page, "Parameters")).to_have_text(_params(wide))
    _pin(page, marked)
    page.get_by_role("button", name="Pins").click()
    page.get_by_role("link", name="as it is").click()
    expect(_metric(page, "Parameters")).to_have_text(_params(MODULE))
    # The menu is still open: the first click closes it, the second goes on.
    link = page.get_by_role("link", name="Compare", exact=True)
    place = link.bounding_box() or {}
    page.mouse.click(place["x"] + 20, place["y"] + 10)
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(page).to_have_url(re.compile("/lab"))
    link.click()
    for which, name in (("First", "as it is"), ("Second", marked)):
        page.get_by_role("combobox", name=f"{which} network").click()
        page.get_by_role("option", name=name).click()
    for one in (page, stranger):
        if one is stranger:
            one.goto(page.url)
        expect(one.get_by_role("columnheader", name=marked)).to_be_visible()
        expect(one.get_by_role("columnheader", name="as it is")).to_be_visible()
        expect(one.get_by_role("cell", name=_params(MODULE))).to_be_visible()
        expect(one.get_by_role("cell", name=_params(wide))).to_be_visible()
        expect(one.get_by_text(f"From as it is (before) to {marked} (after)")).to_be_visible()
        expect(one.locator('a[href^="http://e.org"]')).to_have_count(0)
        expect(one.locator("b", has_text="x")).to_have_count(0)
    assert _query(stranger) == _query(page)


EDITED = MODULE.with_(
    settings={"branch3x3.conv.out_channels": 100, "branch5x5.conv.dilation": "2"}, rewrites=["batch_norm"]
)


def test_an_exported_network_is_imported_by_somebody_else(page: Page, stranger: Page) -> None:
    page.goto(f"/lab?{urlencode(EDITED.to_query())}")
    expect(_metric(page, "Parameters")).to_have_text(_params(EDITED))
    _panel(page, "Export")
    text = _file(page, "JSON")
    assert Spec.from_json(text) == EDITED
    stranger.goto("/lab")
    expect(_metric(stranger, "Parameters")).to_have_text(_params(MODULE))
    _panel(stranger, "Import")
    upload = stranger.get_by_test_id("stFileUploaderDropzoneInput")
    upload.set_input_files({"name": "block.json", "mimeType": "application/json", "buffer": text.encode()})
    expect(_metric(stranger, "Parameters")).to_have_text(_params(EDITED))
    expect(_slider(stranger, "branch3x3.conv")).to_have_value("100")
    assert _query(stranger) == _query(page)


def test_exported_files_say_what_the_page_says(page: Page, tmp_path: Path) -> None:
    page.goto(f"/lab?{urlencode(EDITED.to_query())}")
    _panel(page, "Export")
    lines = list(csv.DictReader(io.StringIO(_file(page, "CSV"))))
    assert [line["name"] for line in lines] == [row.name for row in valid(EDITED).rows]
    assert sum(int(line["params"]) for line in lines) == valid(EDITED).totals.params
    (tmp_path / "block.py").write_text(_file(page, "Python"))
    command = [sys.executable, "-W", "error", "block.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert _params(EDITED) in run.stdout


MARKED = "<img src=x onerror=alert(1)>[a](http://e.org)"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"architecture": "googlenet", ', "is not valid JSON"),
        (json.dumps({"architecture": MARKED}), f"there is no architecture '{MARKED}'"),
        (json.dumps({"architecture": "googlenet", "module": "inception_3a", "layers": [MARKED]}), MARKED[:20]),
        ('{"architecture": "googlenet"}', "this page shows one module"),
    ],
)
def test_what_cannot_be_imported_is_answered_in_a_sentence_and_nothing_is_lost(
    page: Page, text: str, says: str
) -> None:
    spec = _edited(branch5x5__conv=40)
    page.goto(f"/lab?{urlencode(spec.to_query())}")
    _panel(page, "Import")
    page.get_by_label("JSON", exact=True).fill(text)
    page.get_by_role("button", name="Use this network").click()
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    expect(page.get_by_test_id("stAlert")).to_contain_text(says)
    expect(_metric(page, "Parameters")).to_have_text(_params(spec))
    expect(page.locator('img[src=x], a[href^="http://e.org"]')).to_have_count(0)
    assert _query(page) == spec.to_query()


def _save(page: Page, kind: str) -> bytes:
    return _download(page, page.get_by_role("button", name=kind, exact=True)).path().read_bytes()


def test_the_diagram_is_saved_as_svg_and_png_as_it_looks(page: Page) -> None:
    page.goto("/lab")
    expect(_box(page, "concat")).to_be_visible()
    svg = _save(page, "SVG").decode()
    picture = ElementTree.fromstring(svg)
    assert "var(" not in svg
    texts = {element.text for element in picture.iter() if element.tag.endswith("}text")}
    shown = page.locator("svg g.box text, svg g.edge text").all_text_contents()
    assert shown and set(shown) <= texts
    for element in picture.iter():
        if element.tag.rpartition("}")[2] in ("text", "path", "polygon", "polyline", "ellipse"):
            assert re.match(r"rgba?\(|none|transparent|#", element.attrib["fill"]), element.attrib
    picture_only = Image.open(io.BytesIO(_save(page, "PNG")))
    assert picture_only.format == "PNG"
    width, height = (float(size) for size in picture.attrib["viewBox"].split()[2:])
    assert picture_only.size == (int(2 * width), int(2 * height))
    blue = tuple(int(theme.BLUE[place : place + 2], 16) for place in (1, 3, 5))
    colours: dict[Any, int] = {colour: count for count, colour in picture_only.convert("RGB").getcolors(1 << 24) or []}
    assert blue in colours and len(colours) > 20


def test_a_join_that_does_not_fit_is_explained_and_mended(page: Page) -> None:
    page.goto("/lab")
    kind = page.get_by_test_id("stSidebar").get_by_test_id("stButtonGroup")
    kind.get_by_text("add", exact=True).click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("concat (Add)")
    expect(page.locator("svg g.error")).to_be_attached()
    expect(_box(page, "branch5x5.conv")).to_be_visible()
    expect(_line(page, "branch5x5.conv")).to_be_attached()
    kind.get_by_text("concat", exact=True).click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator("svg g.error")).to_have_count(0)
    expect(_metric(page, "Parameters")).to_have_text(_params(MODULE))


def test_an_input_that_is_too_small_is_explained_and_mended(page: Page) -> None:
    page.goto("/lab?network=inception_v3&module=mixed_6a")
    whole = Spec.make("inception_v3", module="mixed_6a")
    expect(_metric(page, "Parameters")).to_have_text(_params(whole))
    height = page.get_by_label("Height")
    before = height.input_value()
    height.fill("2")
    height.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("does not fit")
    expect(page.locator("svg g.error")).to_be_attached()
    expect(_box(page, "input")).to_be_attached()
    height.fill(before)
    height.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(_metric(page, "Parameters")).to_have_text(_params(whole))


def test_torch_agrees_with_every_number_of_a_module(page: Page) -> None:
    page.goto(f"/lab?{urlencode(EDITED.to_query())}")
    _panel(page, "Verify with PyTorch")
    page.get_by_test_id("stButton").filter(has_text="Verify with PyTorch").get_by_role("button").click()
    expect(page.get_by_text("In a process of its own:")).to_be_visible()
    expect(page.get_by_text(re.compile("comparisons with torch.* 0 differences"))).to_be_visible(timeout=SOON)
    table = page.get_by_test_id("stDataFrame")
    expect(table.get_by_test_id("glide-cell-0-0")).to_have_text("input")
    titles = table.locator("th").all_text_contents()
    line = table.locator("tr", has_text="branch3x3.conv").first.locator("td").all_text_contents()
    found = dict(zip(titles, line, strict=True))
    params = _row(EDITED, "branch3x3.conv").params
    assert found["parameters"] == found["parameters by torchinfo"] == str(params)
