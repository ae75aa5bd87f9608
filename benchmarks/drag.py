"""Does all follow a hand? Updates a second while the edge of a box is dragged, and how far behind it they are.

    python benchmarks/drag.py [SECONDS]

In a real browser beside a real server. The hand moves an edge back and forth, 60 moves a second; an update is a
painted answer with numbers, boxes, ribbons, bars and the effects of the switches, and its lag the time since the hand
was there. A long frame is one of more than 50 ms.
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

CASES = {
    "a module": ("build?network=googlenet&module=inception_3a", "branch3x3.conv"),
    "GoogLeNet, three switches": ("network?network=googlenet&rewrite=stack_5x5,batch_norm,separable", "branch3x3.conv"),
    "Inception v3": ("network?network=inception_v3&opened=mixed_6b", "branch7x7.conv_7x1"),
    "Inception-ResNet v2": ("network?network=inception_resnet_v2&opened=mixed_5b", "branch1x1.conv"),
}
LONG = 50
"""Milliseconds of a frame that a person notices."""

# Runs in the page: notes where the hand is when, when an answer for that has been painted, and long frames.
WATCH = """
(name) => {
  const find = (selector, root = document) => {
    const inside = (found, one) => found ?? (one.shadowRoot && find(selector, one.shadowRoot));
    return root.querySelector(selector) ?? [...root.querySelectorAll("*")].reduce(inside, null);
  };
  const { key, value, least, most, perPixel } = find(`.handle[aria-label="${name}: filters"]`).width;
  const seen = (window.seen = { lags: [], values: 0, frames: [] });
  const moved = {};
  let start = null;
  let last = null;
  document.addEventListener("pointermove", (event) => {
    start ??= event.clientX;
    const there = Math.min(Math.max(Math.round(value + (event.clientX - start) * perPixel), least), most);
    if (there === last) return;
    last = there;
    moved[there] = performance.now();
    seen.values += 1;
  }, true);
  window.addEventListener("explorer-live", ({ detail }) => {
    const asked = detail.query[key];
    const since = moved[asked];
    delete moved[asked]; // what comes again for a hand at rest is no update
    if (since !== undefined) requestAnimationFrame(() => seen.lags.push(performance.now() - since));
  });
  let before = performance.now();
  const look = (now) => {
    seen.frames.push(now - before);
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def drag(page: Page, address: str, path: str, name: str, seconds: float) -> dict[str, Any]:
    """Moves an edge back and forth; what the page has seen of it."""
    page.goto(f"{address}/{path}")
    handle = page.locator(f'.handle[aria-label="{name}: filters"]')
    handle.wait_for(timeout=60_000)
    page.wait_for_timeout(3_000)
    grip = handle.bounding_box()
    assert grip is not None
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(WATCH, name)
    page.mouse.move(x, y + 1)
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < seconds:
        page.mouse.move(x + 20 * sin(4 * now), y)
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
        for name, (path, layer) in CASES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            seen = drag(page, address, path, layer, seconds)
            lags, frames = seen["lags"], seen["frames"]
            rates = f"{len(lags) / seen['seconds']:5.1f} updates/s of {seen['values'] / seen['seconds']:5.1f} values/s"
            print(
                f"{name:26} {rates}; behind the hand: median {median(lags):5.1f} ms, "
                f"p95 {quantiles(lags, n=20)[-1]:5.1f} ms; long frames {sum(f > LONG for f in frames)}, "
                f"longest {max(frames):.0f} ms"
            )
            page.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
