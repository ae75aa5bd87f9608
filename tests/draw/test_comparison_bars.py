"""Bars of networks beside each other are as long as the numbers beside them, on one linear scale."""

import xml.etree.ElementTree as ET

import pytest

from explorer.analysis.compare import by_module
from explorer.draw import colours
from explorer.draw.comparison_bars import QUANTITIES, bars
from explorer.spec.build import valid
from explorer.spec.spec import Spec

SVG = "{http://www.w3.org/2000/svg}"
IDS = ("googlenet", "bn_inception", "inception_v3", "xception")


@pytest.mark.parametrize("number", [2, 3, 4])
def test_every_piece_is_as_long_as_its_module_costs(number: int) -> None:
    traces = {id: valid(Spec.make(id)) for id in IDS[:number]}
    root = ET.fromstring(bars(traces))
    rects = list(root.iter(f"{SVG}rect"))
    for quantity in QUANTITIES:
        longest = max(quantity.value(trace.totals) for trace in traces.values())
        unit = 0.0
        for row, trace in enumerate(traces.values()):
            modules = by_module(trace)
            pieces, rects = rects[: len(modules)], rects[len(modules) :]
            assert {piece.attrib["class"] for piece in pieces} == {colours.CYCLE[row]}
            values = [quantity.value(totals) for totals in modules.values()]
            assert [piece[0].text for piece in pieces] == [
                f"{name}: {quantity.write(value)}" for name, value in zip(modules, values, strict=True)
            ]
            total = quantity.value(trace.totals)
            assert sum(values) == total
            length = sum(float(piece.attrib["width"]) for piece in pieces)
            unit = unit or length / total
            assert length == pytest.approx(unit * total, abs=0.2)
            assert length == pytest.approx(250 * total / longest, abs=0.2)
    assert not rects


def test_numbers_and_ratios_stand_beside_them_and_labels_stay_text() -> None:
    traces = {"<b>one</b>": valid(Spec.make("googlenet")), "two": valid(Spec.make("bn_inception"))}
    words = ["".join(text.itertext()) for text in ET.fromstring(bars(traces)).iter(f"{SVG}text")]
    assert words[:5] == ["Parameters", "<b>one</b>", "6,998,552", "two", "11,295,240 ×1.61"]
    assert "2.03 G MACs ×1.28" in words
    assert "34.7 MiB" in words
