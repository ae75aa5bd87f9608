"""Where things are on the pages."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Download, Locator, Page, ViewportSize

from explorer.common import formats
from explorer.graph.trace import NodeTrace
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.ui.frame.site import PLACES
from explorer.ui.session.view import Page as AppPage

SCREEN = ViewportSize(width=1280, height=800)
"""A projector's size."""
MODULE = Spec.make("googlenet", module="inception_3a")
"""The module that most journeys begin with."""


def at(spec: Spec = MODULE, below: str = "", **values: str) -> str:
    """Where Build shows a network or a module, with some of what can be shown below it."""
    return f"/build?{urlencode({**spec.to_query(), **({'below': below} if below else {}), **values})}"


def total_of(page: Page, label: str) -> Locator:
    """A number of a network's totals."""
    return page.locator(".total", has_text=label).locator(".value")


def metric_of(page: Page, label: str) -> Locator:
    """A number on the pages that have no totals."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def box_of(page: Page, id: str) -> Locator:
    return page.locator(f'svg g.box[id="{id}"]')


def line_of(page: Page, id: str) -> Locator:
    return page.locator(f'[data-testid=stMain] tr[data-id="{id}"]').first


def params_of(spec: Spec) -> str:
    return formats.number(valid(spec).totals.params)


def row_of(spec: Spec, name: str) -> NodeTrace:
    return next(row for row in valid(spec).rows if row.name == name)


def query_of(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def edited(**settings: object) -> Spec:
    return MODULE.with_(settings={f"{name.replace('__', '.')}.out_channels": value for name, value in settings.items()})


def slider_of(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True).get_by_role("slider")


def switch_of(page: Page, id: str) -> Locator:
    """One of the switches above a picture."""
    return page.locator(f".switches button#{id}")


def verb_of(page: Page, rewrite: str) -> Locator:
    """The switch of a verb on one part: a part just chosen shows its own only when the answer is there."""
    return page.locator(f'[class*="rewrite-{rewrite.replace("@", "-")}"]').locator("label")


def open_menu(page: Page, name: str) -> None:
    """Opens a choice somewhere on the page: one that is scrolled as it opens would close again."""
    menu = page.get_by_role("combobox", name=name, exact=True)
    menu.scroll_into_view_if_needed()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    menu.click()


def go(page: Page, app: AppPage) -> None:
    """Follows the links at the top of every page to another one."""
    place = next(title for title, pages in PLACES.items() if app in pages)
    links = page.get_by_test_id("stPageLink").get_by_role("link", name=place, exact=True)
    links.first.click()
    if len(PLACES[place]) > 1:
        page.locator(".st-key-beside").get_by_role("link", name=app.title, exact=True).click()


def nudge(page: Page, name: str, key: str = "ArrowRight") -> Locator:
    slider = slider_of(page, name)
    slider.focus()
    slider.press(key)
    return slider


def pull(page: Page, slider: Locator, by: int) -> None:
    """Presses the mouse on a slider's handle and moves it so many pixels; it stays pressed."""
    slider.scroll_into_view_if_needed()
    thumb = slider.locator("xpath=../..").bounding_box() or {}
    x, y = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=5)


def panel(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).click()


def download(page: Page, button: Locator) -> Download:
    with page.expect_download() as found:
        button.click()
    return found.value


def file_of(page: Page, label: str) -> str:
    """The text of an exported file."""
    button = page.get_by_test_id("stDownloadButton").filter(has_text=label).get_by_role("button")
    return download(page, button).path().read_bytes().decode()
