"""How fast is a diagram of some 350 boxes laid out and shown, and how fast does a click in it answer?

    python benchmarks/diagram.py [ROUNDS]

In a real browser, on Inception-ResNet v2 with everything unfolded. Each round has another number of classes,
so that no layout is found in a cache. Medians are reported, beside the same for the folded GoogLeNet.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from commits import ROOT
from driver import DEEP, chromium, server
from playwright.sync_api import Page

WAIT = (
    """
async ({ act, done }) => {
"""
    + DEEP
    + """
  const [run, ready] = [eval(act), eval(done)];
  const start = performance.now();
  run();
  while (!ready()) {
    if (performance.now() - start > 10000) throw new Error("it did not come");
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);  // painted
  return performance.now() - start;
}
"""
)
BOXES = "() => deep(document, '.frame-of-diagram .box').length"
TEXTS = "[...document.querySelectorAll('[data-testid=stMarkdown]')].map((one) => one.textContent)"
UNFOLD = "() => [...document.querySelectorAll('button')].find((one) => one.textContent.includes('Unfold all')).click()"


def took(page: Page, act: str, done: str) -> float:
    """Milliseconds from an act to the frame in which something is there."""
    found: float = page.evaluate(WAIT, {"act": act, "done": done})
    return found


def click(page: Page, id: str) -> tuple[float, float]:
    """Milliseconds from a click on a box to its light, and from then to the arithmetic of its node."""
    place = f"[...deep(document, '.frame-of-diagram .box')].find((one) => one.id === '{id}').querySelector('path')"
    act = f"() => {place}.dispatchEvent(new MouseEvent('click', {{ bubbles: true, composed: true }}))"
    lit = f"() => deep(document, '.frame-of-diagram .picked').some((one) => one.id === '{id}')"
    return took(page, act, lit), took(page, "() => {}", f"() => {TEXTS}.some((one) => one.includes('{id}:'))")


def main(rounds: int) -> None:
    shown: dict[str, list[float]] = {"inception_resnet_v2": [], "googlenet": []}
    lights, answers, boxes = [], [], 0
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, server(ROOT / "app.py", Path(folder)) as app:
        for number in range(rounds + 1):
            for id, found in shown.items():
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(f"{app}/build?below=diagram&network={id}&classes={500 + number}")
                page.get_by_text("Unfold all").wait_for()
                page.wait_for_timeout(2_000)
                few = page.evaluate(f"() => {{ {DEEP} return ({BOXES})(); }}")
                found.append(took(page, UNFOLD, f"() => ({BOXES})() > {2 * few}"))
                if id == "inception_resnet_v2":
                    page.wait_for_timeout(1_000)
                    boxes = page.evaluate(f"() => {{ {DEEP} return ({BOXES})(); }}")
                    light, answer = click(page, "block17_7.branch7x7.conv_1x7")
                    lights.append(light)
                    answers.append(light + answer)
                page.close()
    for id, found in shown.items():
        print(f"{id:<22} unfolded and shown in {median(found[1:]):6.0f} ms (median of {rounds})")
    print(f"with its {boxes} boxes: a click lights its box in {median(lights[1:]):.0f} ms,")
    print(f"and shows the arithmetic of its node in {median(answers[1:]):.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
