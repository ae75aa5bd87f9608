"""What holds on every page, in a real browser: it can be read and used, and the server stays small."""

import re
from collections.abc import Callable
from importlib.resources import files
from itertools import pairwise
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Page, expect

from explorer.ui.frame import site
from explorer.ui.session.view import Page as AppPage
from tests.helpers.places import SCREEN, go

EXPECTED = {
    site.HOME: "svg",
    site.BUILD: ".module-picture rect",
    site.COST: ".js-plotly-plot",
    site.FIELD: ".picture svg",
    site.BATCHNORM: ".picture svg",
    site.COMPARE: ".js-plotly-plot",
    site.TRAINING: "[data-testid=stSlider]",
    site.EXPERIMENTS_PAGE: "[data-testid=stSlider]",
    site.CLAIMS: "[data-testid=stDataFrame]",
}
"""What each page shows last."""


def _slide(page: Page) -> None:
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")


def _find(page: Page) -> None:
    page.get_by_label("Find", exact=True).fill("residual")
    page.get_by_label("Find", exact=True).press("Enter")


def _use(page: Page, app: AppPage) -> None:
    """Does one thing on a page that its link has to follow."""
    own: dict[str, Callable[[Page], None]] = {
        site.BUILD.title: lambda page: page.locator(".switches button").nth(1).click(),
        site.HOME.title: _find,
        site.EXPERIMENTS_PAGE.title: lambda page: page.get_by_role("slider").first.press("Home"),
        site.COMPARE.title: lambda page: page.get_by_text("Unchanged ones too").click(),
        site.CLAIMS.title: lambda page: page.locator(".dvn-scroller").first.click(position={"x": 250, "y": 90}),
    }
    before = page.url
    own.get(app.title, _slide)(page)
    expect(page).not_to_have_url(before)


def _path(app: AppPage) -> str:
    return "/" if app is site.HOME else f"/{app.file.removeprefix('pages/').removesuffix('.py')}"


def _open(page: Page, app: AppPage) -> None:
    page.goto(_path(app))
    expect(page.locator(EXPECTED[app]).first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


PARENT = "const parent = (node) => node.parentElement ?? node.getRootNode().host ?? null;"
"""JavaScript for the element around another, out of a shadow root too."""
ALL = """
const within = (one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])];
const all = (root) => [...root.querySelectorAll("*")].flatMap(within);
"""
OUTSIDE = f"""() => {{
  {PARENT} {ALL}
  const clipped = (one) => {{
    for (let up = parent(one); up && up.dataset?.testid !== "stMain"; up = parent(up)) {{
      const box = up.getBoundingClientRect();
      if (getComputedStyle(up).overflowX !== "visible" && box.left >= -1 && box.right <= innerWidth + 1) return true;
    }}
    return false;
  }};
  return all(document.querySelector("[data-testid=stMain]")).filter((one) => {{
    if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) return false;
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && (box.right > innerWidth + 1 || box.left < -1) && !clipped(one);
  }}).map((one) => one.textContent.slice(0, 40));
}}"""
"""Texts that run out of the screen, but for those that can be scrolled to within their own frame."""
NAMELESS = f"""() => {{
  {PARENT} {ALL}
  const named = (one) => {{
    for (let up = one; up; up = parent(up)) {{
      if (up.getAttribute("aria-hidden") === "true") return true;
      const picture = ["img", "figure"].includes(up.getAttribute("role"));
      if (picture && (up.getAttribute("aria-label") ?? "").trim()) return true;
      if (up.tagName === "IMG" && up.alt.trim()) return true;
    }}
    return false;
  }};
  const large = (one) => one.getBoundingClientRect().width > 50 && one.getBoundingClientRect().height > 50;
  return all(document.querySelector("[data-testid=stApp]"))
    .filter((one) => ["svg", "IMG"].includes(one.tagName) && large(one) && !named(one))
    .map((one) => parent(one).outerHTML.slice(0, 200));
}}"""
"""Pictures without a text in their place."""


@pytest.mark.parametrize("app", site.PAGES, ids=lambda app: app.title)
def test_a_page_fits_a_telephone_in_the_dark_says_what_its_pictures_show_and_can_be_used(
    page: Page, app: AppPage
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    _open(page, app)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    assert page.evaluate(OUTSIDE) == []
    ground = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", ground)[:3]) < 64
    _accessible(page)
    page.set_viewport_size(SCREEN)
    assert page.evaluate(NAMELESS) == []
    _structured(page, app)
    _accessible(page)
    page.emulate_media(color_scheme="light")
    _accessible(page)
    _use(page, app)


_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
}"""


def _accessible(page: Page) -> None:
    """axe-core, which is not ours, finds nothing on the page as it is."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_AXE)
    assert page.evaluate(VIOLATIONS) == []


def _structured(page: Page, app: AppPage) -> None:
    """A screen reader finds the page by its heading, its parts by theirs, and the other pages in a landmark."""
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map((one) => Number(one.localName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Inception explorer: {app.title}")
    pages = page.get_by_role("navigation", name="Pages").get_by_role("link")
    assert pages.all_inner_texts()[: len(site.PLACES)] == list(site.PLACES)


def _serves(process: psutil.Process, address: str) -> bool:
    try:
        return f"--server.port={urlsplit(address).port}" in process.cmdline()
    except psutil.Error:  # it has ended
        return False


def test_the_server_has_loaded_no_torch_after_every_page(page: Page, server: str) -> None:
    page.goto("/")
    for app in site.PAGES[1:] + site.PAGES[:1]:
        go(page, app)
        expect(page).to_have_url(re.compile(f"{re.escape(_path(app))}($|\\?)"))
        expect(page.locator(EXPECTED[app]).first).to_be_visible()
        _use(page, app)
    ours = [one for one in psutil.Process().children(recursive=True) if _serves(one, server)]
    mapped = {mapping.path for process in ours for mapping in process.memory_maps()}
    assert len(ours) == 1  # its threads share its memory, and it has no child of its own kind
    assert any("pygraphviz" in path for path in mapped)  # the maps do show what was imported
    assert not [path for path in mapped if re.search(r"/(torch|torchvision|sklearn|scikit_learn)[./]|libtorch", path)]
