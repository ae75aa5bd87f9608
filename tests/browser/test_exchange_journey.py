"""Files that leave Build, come back to it, or are held against torch, in a real browser."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PIL import Image
from playwright.sync_api import Page, expect

from explorer.draw import colours
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from tests.helpers.places import (
    MODULE,
    at,
    box_of,
    download,
    edited,
    file_of,
    panel,
    params_of,
    query_of,
    row_of,
    slider_of,
    total_of,
)

SOON = 120_000
"""Milliseconds that a worker may need on a busy machine to import torch and get going."""


EDITED = MODULE.with_(
    settings={"branch3x3.conv.out_channels": 100, "branch5x5.conv.dilation": "2"}, rewrites=["batch_norm"]
)


def test_an_exported_network_is_imported_by_somebody_else(page: Page, stranger: Page) -> None:
    page.goto(at(EDITED, "exchange,layers"))
    expect(total_of(page, "Parameters")).to_have_text(params_of(EDITED))
    panel(page, "Export")
    text = file_of(page, "JSON")
    assert Spec.from_json(text) == EDITED
    stranger.goto(at(below="change,exchange"))
    expect(total_of(stranger, "Parameters")).to_have_text(params_of(MODULE))
    panel(stranger, "Import")
    upload = stranger.get_by_test_id("stFileUploaderDropzoneInput")
    upload.set_input_files({"name": "block.json", "mimeType": "application/json", "buffer": text.encode()})
    expect(total_of(stranger, "Parameters")).to_have_text(params_of(EDITED))
    expect(slider_of(stranger, "branch3x3.conv")).to_have_value("100")
    assert {**query_of(stranger), "below": ""} == {**query_of(page), "below": ""}


def test_exported_files_say_what_the_page_says(page: Page, tmp_path: Path) -> None:
    page.goto(at(EDITED, "exchange,layers"))
    panel(page, "Export")
    lines = list(csv.DictReader(io.StringIO(file_of(page, "CSV"))))
    assert [line["name"] for line in lines] == [row.name for row in valid(EDITED).rows]
    assert sum(int(line["params"]) for line in lines) == valid(EDITED).totals.params
    (tmp_path / "block.py").write_text(file_of(page, "Python"))
    command = [sys.executable, "-W", "error", "block.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert params_of(EDITED) in run.stdout


MARKED = "<img src=x onerror=alert(1)>[a](http://e.org)"


REFUSED = {
    '{"architecture": "googlenet", ': "is not valid JSON",
    json.dumps({"architecture": MARKED}): f"there is no architecture '{MARKED}'",
    json.dumps({"architecture": "googlenet", "module": "inception_3a", "layers": [MARKED]}): MARKED[:20],
}
"""What cannot be imported, and what is said of it."""


def test_what_cannot_be_imported_is_answered_in_a_sentence_and_nothing_is_lost(page: Page) -> None:
    spec = edited(branch5x5__conv=40)
    page.goto(at(spec, "exchange,layers"))
    panel(page, "Import")
    for text, says in REFUSED.items():
        page.get_by_label("JSON", exact=True).fill(text)
        page.get_by_role("button", name="Use this network").click()
        # Streamlit keeps the sentence before for a moment beside this one.
        alerts = page.get_by_test_id("stAlert")
        expect(alerts.filter(has_text=says)).to_have_count(1)
        expect(alerts).to_have_count(1)
        expect(total_of(page, "Parameters")).to_have_text(params_of(spec))
        expect(page.locator('img[src=x], a[href^="http://e.org"]')).to_have_count(0)
        assert query_of(page) == {**spec.to_query(), "below": "layers,exchange"}


def _save(page: Page, kind: str) -> bytes:
    return download(page, page.get_by_role("button", name=kind, exact=True).last).path().read_bytes()


def test_the_diagram_is_saved_as_svg_and_png_as_it_looks(page: Page) -> None:
    page.goto(at(below="diagram"))
    expect(box_of(page, "concat")).to_be_visible()
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
    blue = tuple(int(colours.BLUE[place : place + 2], 16) for place in (1, 3, 5))
    counts: dict[Any, int] = {colour: count for count, colour in picture_only.convert("RGB").getcolors(1 << 24) or []}
    assert blue in counts and len(counts) > 20


def test_torch_agrees_with_every_number_of_a_module(page: Page) -> None:
    page.goto(at(EDITED, "exchange,layers"))
    panel(page, "Verify with PyTorch")
    page.get_by_test_id("stButton").filter(has_text="Verify with PyTorch").get_by_role("button").click()
    expect(page.get_by_text("In a process of its own:")).to_be_visible()
    expect(page.get_by_text(re.compile("comparisons with torch.* 0 differences"))).to_be_visible(timeout=SOON)
    table = page.get_by_test_id("stDataFrame")
    expect(table.get_by_test_id("glide-cell-0-0")).to_have_text("input")
    titles = table.locator("th").all_text_contents()
    line = table.locator("tr", has_text="branch3x3.conv").first.locator("td").all_text_contents()
    found = dict(zip(titles, line, strict=True))
    params = row_of(EDITED, "branch3x3.conv").params
    assert found["parameters"] == found["parameters by torchinfo"] == str(params)
