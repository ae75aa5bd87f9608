"""Diagrams: every node has a place, text is never markup, and a layout is one SVG element."""

import xml.etree.ElementTree as ET

import pytest

from explorer import diagram
from explorer.analysis import partial_trace, trace
from explorer.graph import Graph, Node, module_of
from explorer.network import analyse
from explorer.ops import BatchNorm1d, BatchNorm2d, Conv2d, Input, ReLU, pair
from explorer.rewrites import VERBS
from explorer.spec import Spec
from explorer.zoo import ARCHITECTURES

SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> str:
    return " ".join("".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text"))


@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_module_is_in_the_picture_once_and_every_arrow_has_ends(id: str, verb: str) -> None:
    rows = analyse(Spec.make(id, rewrites=[verb] if verb else [])).trace
    picture = diagram.network(rows)
    ids = [box.id for box in picture.boxes]
    assert len(set(ids)) == len(ids)
    nodes = {row.name for row in rows.rows}
    drawn = {module_of(id) if id in nodes else id for id in ids}
    modules = {module_of(name): name for name in nodes}
    assert drawn <= modules.keys()
    # What stands behind a layer is in the layer's box, and may be a module of one node by itself.
    behind = {row.name for row in rows.rows if row.op.elementwise or isinstance(row.op, BatchNorm1d | BatchNorm2d)}
    assert {modules[name] for name in modules.keys() - drawn} <= behind
    assert {end for edge in picture.edges for end in edge} <= set(ids)


def test_a_folded_module_shows_its_shape_and_its_cost() -> None:
    picture = diagram.network(analyse(Spec.make("googlenet")).trace)
    box = next(box for box in picture.boxes if box.id == "inception_3a")
    assert box.lines == ("inception_3a", "256x28x28", "163,696 params")


def test_an_unfolded_module_shows_each_branch_and_its_frame() -> None:
    rows = analyse(Spec.make("googlenet")).trace
    inside = [box for box in diagram.network(rows, "inception_4b").boxes if box.cluster == "inception_4b"]
    assert [box.lines[0] for box in inside] == [
        "branch1x1.conv",
        "branch3x3.reduce",
        "branch3x3.conv",
        "branch5x5.reduce",
        "branch5x5.conv",
        "branch_pool.pool",
        "branch_pool.conv",
        "concat",
    ]
    assert ("branch5x5.conv", "Conv 5x5, 64", "+ ReLU", "64x14x14", "38,464 params") in [box.lines for box in inside]


def test_a_module_by_itself_is_shown_with_what_feeds_it() -> None:
    picture = diagram.module(analyse(Spec.make("googlenet")).trace, "inception_3b")
    assert [box.id for box in picture.boxes if not box.cluster] == ["inception_3a"]
    assert ("inception_3a", "inception_3b.branch1x1.conv") in picture.edges


def test_a_node_that_fails_is_drawn_behind_the_valid_part() -> None:
    analysis = analyse(Spec.make("googlenet", input="3x32x32"))
    picture = diagram.network(analysis.trace, error=analysis.error)
    assert picture.boxes[-1].style == "error"
    assert picture.boxes[-1].lines[0] == "avg_pool"
    assert picture.edges[-1] == ("inception_5b", picture.boxes[-1].id)


def test_the_layout_is_one_svg_element_of_its_natural_size_with_every_shape() -> None:
    picture = diagram.network(analyse(Spec.make("googlenet")).trace, "inception_3a")
    root = ET.fromstring(diagram.svg(picture))
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) == float(root.attrib["viewBox"].split()[2])
    words = _texts(diagram.svg(picture))
    assert all(line in words for box in picture.boxes for line in box.lines)


def test_branches_start_side_by_side_in_their_order() -> None:
    root = ET.fromstring(diagram.svg(diagram.module(analyse(Spec.make("googlenet")).trace, "inception_3a")))
    place = {
        group.attrib["id"]: (float(text.attrib["x"]), float(text.attrib["y"]))
        for group in root.iter(f"{SVG}g")
        for text in group.findall(f"{SVG}text")[:1]
    }
    heads = ["branch1x1.conv", "branch3x3.reduce", "branch5x5.reduce", "branch_pool.pool"]
    across = [place[f"inception_3a.{head}"][0] for head in heads]
    assert across == sorted(across)
    assert max(place[f"inception_3a.{head}"][1] for head in heads) < place["inception_3a.branch3x3.conv"][1]


def test_names_are_text_and_never_markup() -> None:
    name = 'a"><script>alert(1)</script>\\n<b>&amp;'
    nodes = (Node("input", Input((3, 8, 8))), Node(name, Conv2d(4, pair(3)), ("input",)), Node("r", ReLU(), (name,)))
    svg = diagram.svg(diagram.network(trace(Graph(nodes, ("r",)))))
    root = ET.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "g", "path", "polygon", "text"}
    assert "<script>alert(1)</script>" in _texts(svg)


def test_an_empty_trace_draws_nothing() -> None:
    rows, error = partial_trace(Graph((Node("input", Input((270_000, 8, 8))),), ("input",)))
    assert error is not None
    assert diagram.network(rows, error=error).boxes == ()
