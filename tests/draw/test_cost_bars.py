"""Bars as long as the numbers beside them, and ticks where the other network's would end."""

import re
import xml.etree.ElementTree as ET

import pytest

from explorer.analysis.compare import by_module
from explorer.common import formats
from explorer.draw import cost_bars
from explorer.graph.trace import NONE, Trace, total
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

SVG = "{http://www.w3.org/2000/svg}"


def drawn(now: Trace, before: Trace) -> dict[str, list[tuple[float, str, float | None]]]:
    """For each column its bars: width, the words, and how far from the bar's start the tick is."""
    root = ET.fromstring(cost_bars.by_module_beside(now, before))
    found: dict[str, list[tuple[float, str, float | None]]] = {column.title: [] for column in cost_bars.COLUMNS}
    for group in root.iter(f"{SVG}g"):
        rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        assert rect is not None
        assert text is not None
        tick = group.find(f"{SVG}path")
        place = None
        if tick is not None:
            match = re.match(r"M([\d.]+),", tick.attrib["d"])
            assert match is not None
            place = float(match[1]) - float(rect.attrib["x"])
        title = next(c.title for c in cost_bars.COLUMNS if c.colour == rect.attrib["class"].split()[0])
        found[title].append((float(rect.attrib["width"]), text.text or "", place))
    return found


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_bars_stand_in_proportion_and_without_ticks_where_nothing_changed(id: str) -> None:
    trace = analyse(Spec.make(id)).trace
    sums = {name: totals for name, totals in by_module(trace).items() if totals.params + totals.macs}
    for column in cost_bars.COLUMNS:
        column_bars = drawn(trace, trace)[column.title]
        values = [column.value(totals) for totals in sums.values()]
        assert [words for _, words, _ in column_bars] == [column.write(value) for value in values]
        assert [tick for *_, tick in column_bars] == [None] * len(values)
        longest = max(width for width, *_ in column_bars)
        for (width, *_), value in zip(column_bars, values, strict=True):
            assert width == pytest.approx(max(longest * value / max(values), 1), abs=0.01)
    assert sum(totals.params for totals in sums.values()) == trace.totals.params
    assert sum(totals.macs for totals in sums.values()) == trace.totals.macs


@pytest.mark.parametrize("rewrite", ["stack_5x5", "batch_norm", "separable@inception_4b", "fully_connected"])
def test_ticks_stand_where_the_other_differs_and_only_there(rewrite: str) -> None:
    now, before = (analyse(Spec.make("googlenet", rewrites=r)).trace for r in ([rewrite], []))
    new, old = by_module(now), by_module(before)
    names = [n for n in {**old, **new} if any(t.params + t.macs for t in (old.get(n, NONE), new.get(n, NONE)))]
    for column in cost_bars.COLUMNS:
        values = [(column.value(new.get(n, NONE)), column.value(old.get(n, NONE))) for n in names]
        column_bars = drawn(now, before)[column.title]
        # The longest is the most exact; bars are drawn to hundredths and ticks to tenths of a pixel.
        longest, most = max((width, value) for (width, *_), (value, _) in zip(column_bars, values, strict=True))
        scale = longest / most
        for (width, _, tick), (value, was) in zip(column_bars, values, strict=True):
            assert (tick is None) == (value == was)
            if tick is not None:
                assert tick == pytest.approx(was * scale, rel=0.001, abs=0.06)
            assert width == pytest.approx(max(value * scale, 1), rel=0.001, abs=0.06)


def test_every_bar_and_its_words_stay_in_their_column() -> None:
    small, large = (analyse(Spec.make("googlenet", input=(3, side, side))).trace for side in (200, 1024))
    root = ET.fromstring(cost_bars.by_module_beside(small, large))
    right = float(root.attrib["width"])
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.attrib["x"]) + float(rect.attrib["width"]) < right
        assert float(rect.attrib["y"]) + float(rect.attrib["height"]) < float(root.attrib["height"])


def test_two_networks_without_anything_are_an_empty_picture() -> None:
    empty = Trace((), total(()))
    assert "rect" not in cost_bars.by_module_beside(empty, empty)
    assert "Parameters" in cost_bars.by_module_beside(empty, empty)
    assert formats.number(6_998_552) not in cost_bars.by_module_beside(empty, empty)
