"""Squares in each other: the fields of the branches, drawn to one scale within their pictures."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.draw.branch_fields import SIDE, Branch, branches, picture
from explorer.graph.trace import trace
from explorer.spec.base import modules
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec

SVG = "{http://www.w3.org/2000/svg}"
COLOURS = ("sky", "blue", "green", "orange", "vermilion", "purple")


def squares(svg: str) -> list[tuple[float, float, float, float]]:
    """(left, top, width, height) of every square that stands for a field."""
    rects = (rect for rect in ET.fromstring(svg).iter(f"{SVG}rect") if rect.attrib["class"] in COLOURS)
    return [tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height")) for rect in rects]


def test_the_branches_of_the_block_and_what_they_see() -> None:
    found = branches(analyse(Spec.make("inception_block")).trace)
    assert {branch.name: [field for _, field in branch.fields] for branch in found} == {
        "branch1x1": [(1, 1)],
        "branch3x3": [(1, 1), (3, 3)],
        "branch5x5": [(1, 1), (5, 5)],
        "branch_pool": [(3, 3)],
    }
    assert found[2].fields == (("branch5x5.reduce", (1, 1)), ("branch5x5.conv", (5, 5)))


def test_another_kernel_and_another_dilation_show() -> None:
    values = {"branch5x5.conv.kernel_size": "1x7", "branch3x3.conv.dilation": 2}
    found = {b.name: b.fields[-1][1] for b in branches(analyse(Spec.make("inception_block", settings=values)).trace)}
    assert (found["branch5x5"], found["branch3x3"]) == ((1, 7), (5, 5))


@pytest.mark.parametrize("id", ["googlenet", "inception_v3", "inception_v4", "xception", "resnet50"])
def test_each_layer_with_a_field_is_in_some_square_of_its_branch(id: str) -> None:
    for module in modules(id)[::3]:
        rows = trace(build(Spec.make(id, module=module))).rows
        found = branches(trace(build(Spec.make(id, module=module))))
        every = {field for branch in found for _, field in branch.fields}
        by_name = {row.name: row.local_field for row in rows}
        assert every == {row.local_field for row in rows[1:] if len(row.inputs) == 1 and not row.op.elementwise}
        for branch in found:
            assert list(branch.fields) == sorted(branch.fields, key=lambda pair: pair[1])
            assert len({field for _, field in branch.fields}) == len(branch.fields)
            assert all(by_name[name] == field for name, field in branch.fields)


sizes = st.tuples(st.integers(1, 400), st.integers(1, 400))
some = st.lists(st.lists(sizes, min_size=1, max_size=4, unique=True), min_size=1, max_size=6)


@settings(max_examples=40)
@given(some)
def test_squares_stay_within_their_picture_at_one_scale(fields: list[list[tuple[int, int]]]) -> None:
    found = [Branch(f"b{i}", tuple((f"b{i}.x{j}", f) for j, f in enumerate(sorted(f)))) for i, f in enumerate(fields)]
    drawn = squares(picture(tuple(found)))
    # The largest first, so that none hides a smaller one.
    ordered = [field for branch in found for _, field in reversed(branch.fields)]
    assert len(drawn) == len(ordered)
    scale = max(max(square[2:]) for square in drawn) / max(map(max, ordered))
    centres = set()
    for (left, top, width, height), field in zip(drawn, ordered, strict=True):
        assert (height, width) == pytest.approx((field[0] * scale, field[1] * scale), abs=0.02)
        assert max(width, height) <= SIDE
        centres.add((round(left + width / 2), round(top + height / 2)))
    # A row is moved down as a whole.
    assert len({y for _, y in centres}) == 1
    assert len(centres) == min(len(found), 4)
    moves = [group.attrib["transform"] for group in ET.fromstring(picture(tuple(found))).findall(f"{SVG}g")]
    assert len(set(moves)) == -(-len(found) // 4)


def test_names_are_text_and_no_branch_is_an_empty_picture() -> None:
    svg = picture((Branch("<script>&", (("a", (3, 3)),)),))
    assert "<script>&" in "".join(ET.fromstring(svg).itertext())
    assert squares(picture(())) == []
