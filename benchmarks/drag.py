"""Do numbers follow a hand? Updates a second while a width of the block lab is dragged, and how far behind they are.

    python benchmarks/drag.py [SECONDS]

In a real browser beside a real server. The hand moves a slider back and forth, 60 moves a second; an update is a
painted answer, and its lag the time since the slider had that value. Once for the module on the page; and once
where the page asks for the whole of GoogLeNet with three switches on in its place.
"""

from __future__ import annotations

import sys
import tempfile
import time
from math import sin
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from commits import ROOT, named
from driver import chromium, server
from playwright.sync_api import Page

WIDTH = "branch5x5.conv"
NETWORK = {"network": "googlenet", "rewrite": "stack_5x5,batch_norm,separable"}
SETTING = "inception_3a.width_5x5"

# Runs in the page: notes when the slider has a value, and when an answer for it has been painted.
WATCH = """
([network, setting]) => {
  const slider = document.activeElement;
  const seen = (window.seen = { moved: {}, lags: [], values: 0 });
  let asked = null;
  const ask = window.fetch;
  window.fetch = (input, ...more) => {
    const url = new URL(input, document.baseURI);
    if (!url.pathname.endsWith("/live")) return ask(input, ...more);
    asked = slider.value;
    if (network) {
      const query = new URLSearchParams(network);
      query.set(setting, asked);
      url.search = query;
    }
    return ask(url, ...more);
  };
  window.addEventListener("explorer-live", () => {
    const value = asked;
    requestAnimationFrame(() => seen.lags.push(performance.now() - seen.moved[value]));
  });
  const look = () => {
    if (!(slider.value === seen.last)) {
      seen.moved[slider.value] = performance.now();
      seen.last = slider.value;
      seen.values += 1;
    }
    requestAnimationFrame(look);
  };
  look();
}
"""


def drag(page: Page, address: str, seconds: float, network: dict[str, str] | None) -> dict[str, Any]:
    """Moves a slider back and forth; what the page has seen of it."""
    page.goto(f"{address}/lab?network=googlenet&module=inception_3a")
    slider = page.get_by_role("group", name=WIDTH, exact=True).get_by_role("slider")
    slider.wait_for(timeout=60_000)
    page.wait_for_timeout(3_000)
    thumb = slider.locator("xpath=../..").bounding_box()
    assert thumb is not None
    x, y = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    slider.focus()
    page.evaluate(WATCH, [network, SETTING])
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < seconds:
        page.mouse.move(x + 25 * sin(3 * now), y)
        time.sleep(max(0.0, began + now + 1 / 60 - time.perf_counter()))
    seen: dict[str, Any] = page.evaluate("() => window.seen")
    page.mouse.up()
    return {**seen, "seconds": time.perf_counter() - began}


def main(seconds: float) -> None:
    print(named(ROOT))
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        server(ROOT / "app.py", Path(folder)) as address,
    ):
        for name, network in (("a module", None), ("GoogLeNet, three switches", NETWORK)):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            seen = drag(page, address, seconds, network)
            lags = seen["lags"]
            rates = f"{len(lags) / seen['seconds']:5.1f} updates/s of {seen['values'] / seen['seconds']:5.1f} values/s"
            print(
                f"{name:26} {rates}; behind the hand: median {median(lags):5.1f} ms, "
                f"p95 {quantiles(lags, n=20)[-1]:5.1f} ms"
            )
            page.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
