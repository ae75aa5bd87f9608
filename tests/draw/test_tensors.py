"""Pictures and charts of the lessons show the trace's numbers, at any values within their frame."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.common import formats
from explorer.draw.charts.lessons import along, along_steps
from explorer.draw.tensors import alt_text, tensors
from explorer.lessons.cost import LESSONS
from explorer.lessons.cost.lesson import Count, Study, count_of, study
from explorer.lessons.cost.sweep import sweep
from explorer.lessons.inception_to_xception import cost, steps
from tests.helpers.lesson_values import IDS, studies

COUNTS: tuple[Count, ...] = ("weights", "macs")
SVG = "{http://www.w3.org/2000/svg}"


def corners(root: ElementTree.Element) -> list[tuple[float, float]]:
    """Every corner of every shape."""
    found = []
    for rect in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        assert min(width, height) >= 2
        found += [(x, y), (x + width, y + height)]
    for polygon in root.iter(f"{SVG}polygon"):
        found += [tuple(map(float, corner.split(","))) for corner in polygon.attrib["points"].split()]
    return found


@settings(max_examples=80)
@given(studies(), st.sampled_from(COUNTS))
def test_every_shape_stays_within_the_picture_and_every_tensor_is_labelled(found: Study, count: Count) -> None:
    root = ElementTree.fromstring(tensors(found, count))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert width <= 540
    assert all(0 <= x <= width and 0 <= y <= height for x, y in corners(root))
    labels = [text.text for text in root.iter(f"{SVG}text")]
    for way in (found.plain, found.saving):
        for row in way.trace.rows:
            size = formats.size(row.out_shape) if len(row.out_shape) == 3 else f"{row.out_shape[0]:,} value"
            flat = row.kind == "Flatten" and row.in_shapes[0][1:] == (1, 1)
            assert flat or any(str(label).startswith(size) for label in labels)
            assert (
                not row.params
                or (formats.number(row.params) if count == "weights" else formats.macs(row.macs)) in labels
            )
    assert all(way.side.label in alt_text(found, count) for way in (found.plain, found.saving))


@pytest.mark.parametrize("id", IDS)
def test_a_deeper_map_is_drawn_deeper(id: str) -> None:
    found = study(LESSONS[id], LESSONS[id].start)
    outlines = [tensors(found.with_(c=channels), "weights") for channels in (60, 120, 240)]
    assert all(one != other for one, other in pairwise(outlines))


@settings(max_examples=40)
@given(studies(), st.sampled_from(COUNTS))
def test_a_chart_holds_the_traced_costs_the_present_and_the_break_even(found: Study, count: Count) -> None:
    plain, saving, now, *even = along(found, count).data
    points = sweep(found)
    assert list(plain.x) == [point.values[found.lesson.swept] for point in points]
    assert list(plain.y) == [count_of(point.plain.totals, count) for point in points]
    assert list(saving.y) == [count_of(point.saving.totals, count) for point in points]
    assert list(now.x) == [found.values[found.lesson.swept]] * 2
    assert list(now.y) == [count_of(way.totals, count) for way in (found.plain, found.saving)]
    value = found.balance.value
    inside = value is not None and plain.x[0] <= value <= plain.x[-1]
    assert [list(line.x) for line in even] == ([[value, value]] if inside else [])


@pytest.mark.parametrize("count", COUNTS)
def test_bars_of_the_steps_are_their_costs(count: Count) -> None:
    costs = [cost(step.spec) for step in steps()]
    (bars,) = along_steps(costs, count).data
    assert list(bars.x) == [count_of(one.totals, count) for one in costs]
