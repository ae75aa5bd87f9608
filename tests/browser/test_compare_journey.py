"""What a person does on the home page and the compare page, in a real browser."""

import re

from playwright.sync_api import Page, expect

from explorer.analysis.candidates import Candidate
from explorer.common import formats
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.ui.frame import links
from explorer.zoo import ARCHITECTURES
from tests.helpers.places import open_menu


def _params(spec: Spec) -> str:
    return formats.number(valid(spec).totals.params)


def test_the_gallery_opens_a_network_and_a_comparison(page: Page) -> None:
    page.goto("/?sort=year")
    cards = page.locator(".card")
    expect(cards).to_have_count(len(ARCHITECTURES))
    expect(cards.first).to_contain_text("LeNet-5")
    expect(cards.first.locator("svg rect").first).to_be_visible()
    page.locator(".card", has_text="ResNet-50").get_by_role("link", name="ResNet-50").click()
    expect(page).to_have_url(re.compile(r"/build\?network=resnet50"))
    expect(page.get_by_text(_params(Spec.make("resnet50"))).first).to_be_visible()
    page.get_by_role("link", name="Start", exact=True).click()
    page.locator(".card", has_text="VGG-16").get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/compare\?b=network%3Dvgg16"))
    expect(page.get_by_role("cell", name=_params(Spec.make("vgg16"))).first).to_be_visible()


def test_the_gallery_is_searched_and_the_link_says_so(page: Page) -> None:
    page.goto("/")
    find = page.get_by_label("Find", exact=True)
    find.fill("residual")
    find.press("Enter")
    expect(page.locator(".card")).to_have_count(5)
    expect(page).to_have_url(re.compile("find=residual"))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".card")).to_have_count(len(ARCHITECTURES))


def test_a_comparison_is_whole_as_the_first_request(page: Page) -> None:
    stacked = Spec.make("googlenet", rewrites=["stack_5x5"])
    query = links.comparison(
        *(Candidate(Spec.make(id)) for id in ("googlenet", "vgg16")), Candidate(stacked, "<img src=x onerror=alert(1)>")
    )
    page.goto(f"/compare?b={query['b'].replace('=', '%3D')}&c={_quoted(query['c'])}&against=2")
    expect(page.get_by_role("cell", name=_params(stacked)).first).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    expect(page.get_by_text("18 added, 9 changed")).to_be_visible()
    expect(page.locator("img[src=x]")).to_have_count(0)


def _quoted(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", lambda match: f"%{ord(match[0]):02X}", text)


def test_an_edit_is_pinned_and_compared(page: Page) -> None:
    edited = Spec.make("googlenet", settings={"inception_3a.width_5x5": 48})
    page.goto("/build?network=googlenet&inception_3a.width_5x5=48")
    page.get_by_role("button", name="Pins").click()
    page.get_by_label("Name of what is shown now").fill("wider 5x5")
    page.get_by_label("Name of what is shown now").press("Enter")
    page.get_by_role("button", name="Pin it").click()
    expect(page.get_by_role("link", name="wider 5x5")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Compare", exact=True).first.click()
    open_menu(page, "Second network")
    page.get_by_role("option", name="wider 5x5").click()
    expect(page.get_by_role("cell", name=_params(edited)).first).to_be_visible()
    expect(page.get_by_text("From GoogLeNet (before) to wider 5x5 (after)")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("cell", name=_params(Spec.make("bn_inception"))).first).to_be_visible()
