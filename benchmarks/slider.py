"""How fast does a key press on the slider of a width reach everything that it changes?

    python benchmarks/slider.py [ROUNDS]

In a real browser, against an empty Streamlit page with one slider and one text, in the same run: from the
key press to the frame in which the number, the diagram, the table and the chart show the new value. Rounds
alternate, so that a change of the machine's speed meets both; medians and their ratio are reported.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from commits import ROOT
from driver import DEEP, chromium, server
from playwright.sync_api import Page

WIDTH = "branch5x5.conv"
EMPTY = """
import streamlit as st
st.markdown(f"value {st.slider('Width', 1, 128, 32)}")
"""

# Runs in the page: presses a key and waits, frame by frame, until every probe sees something new.
PRESS = (
    """
async ({ key, probes }) => {
"""
    + DEEP
    + """
  // Looked for once: to search the whole page in every frame would take longer than what is measured.
  const places = probes.map((selector) => deep(document, selector));
  const see = () => places.map((found) => found.map((one) => one.textContent).join("|"));
  const before = see();
  const slider = document.activeElement;
  const start = performance.now();
  const options = { key, code: key, keyCode: key === "ArrowRight" ? 39 : 37, bubbles: true, cancelable: true };
  slider.dispatchEvent(new KeyboardEvent("keydown", options));
  slider.dispatchEvent(new KeyboardEvent("keyup", options));
  while (performance.now() - start < 5000) {
    await new Promise(requestAnimationFrame);
    const now = see();
    if (now.every((text, place) => text !== before[place])) return performance.now() - start;
  }
  throw new Error("not everything changed: " + JSON.stringify([before, see()]));
}
"""
)
SHOWN = "network=googlenet&module=inception_3a&below=change,diagram,cost,layers"
"""A module by itself, and below it all that follows a width."""
EMPTY_PROBES = ["[data-testid=stMarkdown]"]
MODULE_PROBES = [
    ".totals",
    ".frame-of-diagram",
    ".rows",
    ".picture",
    ".paper",
    ".switches",
]


def ready(page: Page, address: str, slider: str) -> None:
    """Opens a page and puts the focus on its slider."""
    page.goto(address)
    handle = page.get_by_test_id("stSlider").get_by_role("slider", name=slider).first
    handle.wait_for(timeout=60_000)
    page.wait_for_timeout(3_000)
    handle.focus()


def press(page: Page, key: str, probes: list[str]) -> float:
    """Milliseconds from a key press to the frame in which everything has changed."""
    took: float = page.evaluate(PRESS, {"key": key, "probes": probes})
    page.wait_for_timeout(400)  # so that nothing of it is left for the next
    return took


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        folder = Path(place)
        (folder / "empty.py").write_text(EMPTY)
        with server(folder / "empty.py", folder) as empty, server(ROOT / "app.py", folder) as app:
            pages = [browser.new_page(viewport={"width": 1280, "height": 800}) for _ in range(2)]
            ready(pages[0], empty, "Width")
            ready(pages[1], f"{app}/build?{SHOWN}", WIDTH)
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(rounds + 3):
                key = "ArrowRight" if number % 2 == 0 else "ArrowLeft"
                for page, probes, found in zip(pages, (EMPTY_PROBES, MODULE_PROBES), times, strict=True):
                    page.bring_to_front()
                    found.append(press(page, key, probes))
    alone, whole = (median(found[3:]) for found in times)  # the first ones warm both up
    print(f"empty page with one slider  {alone:7.1f} ms (median of {rounds} key presses)")
    print(f"a module, all elements      {whole:7.1f} ms")
    print(f"ratio                       {whole / alone:7.2f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
