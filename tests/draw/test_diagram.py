"""Diagrams: every node has a place, folding adds up, marks say what changed, and text is never markup."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.common import formats
from explorer.draw import diagram, graphviz
from explorer.draw.diagram import ALL, GREW, NEW, SHRANK, Box, Diagram
from explorer.edits.rewrites import REWRITES
from explorer.graph.graph import Graph, Node, module_of
from explorer.graph.ops import BatchNorm1d, BatchNorm2d, Conv2d, Input, ReLU, pair
from explorer.graph.trace import NodeTrace, Trace, partial_trace, total, trace
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.random_graphs import graphs

SVG = "{http://www.w3.org/2000/svg}"
WHOLE = {id: analyse(Spec.make(id)).trace for id in ARCHITECTURES}


def texts(svg: str) -> str:
    return " ".join("".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text"))


def members(picture: Diagram, rows: Trace) -> dict[str, list[NodeTrace]]:
    """The rows in each box."""
    by_name = rows.by_name
    found: dict[str, list[NodeTrace]] = {}
    for node, box in picture.homes:
        found.setdefault(box, []).append(by_name[node])
    return found


def boxes(picture: Diagram) -> dict[str, Box]:
    return {box.id: box for box in picture.boxes}


def unfolds(rows: Trace) -> st.SearchStrategy[list[str]]:
    """Modules and repeats to unfold, and names that are neither."""
    ids = [*{module_of(row.name): None for row in rows.rows}, *(one.id for one in diagram.repeats(rows)), "no such"]
    return st.lists(st.sampled_from(ids), unique=True, max_size=8)


def assert_whole(picture: Diagram, rows: Trace) -> None:
    """Each node is in one box, arrows join boxes as nodes are joined, and what stands in a box adds up."""
    ids = [box.id for box in picture.boxes]
    assert len(set(ids)) == len(ids)
    homes = dict(picture.homes)
    assert list(homes) == [row.name for row in rows.rows]
    assert set(homes.values()) == set(ids)
    arrows = {(homes[name], homes[row.name]) for row in rows.rows for name in row.inputs}
    assert {(tail, head) for tail, head, _ in picture.edges} == {(tail, head) for tail, head in arrows if tail != head}
    inside = members(picture, rows)
    for box in picture.boxes:
        params = total(inside[box.id]).params
        assert (f"{formats.number(params)} params" in box.lines) == (params > 0)
        assert box.mark == ""


@pytest.mark.slow
@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("verb", ["", *REWRITES])
def test_every_module_is_in_the_picture_once_and_every_arrow_has_ends(id: str, verb: str) -> None:
    rows = analyse(Spec.make(id, rewrites=[verb] if verb else [])).trace
    for unfolded in ((), (ALL,)):
        assert_whole(diagram.network(rows, unfolded), rows)


@settings(max_examples=150)
@given(st.sampled_from(list(ARCHITECTURES)).flatmap(lambda id: st.tuples(st.just(id), unfolds(WHOLE[id]))))
def test_whatever_is_unfolded_the_picture_is_whole(pair: tuple[str, list[str]]) -> None:
    id, unfolded = pair
    rows = WHOLE[id]
    picture = diagram.network(rows, unfolded)
    assert_whole(picture, rows)
    if len(rows.rows) < diagram.UNFOLD_BELOW:
        return
    runs = {one.id: one.modules for one in diagram.repeats(rows)}
    inside = members(picture, rows)
    for box in picture.boxes:
        inner = {module_of(row.name) for row in inside[box.id]}
        if box.id in runs:
            assert inner == set(runs[box.id])
            assert not inner & {*unfolded} and box.id not in unfolded
        elif box.style == "module":
            assert inner == {box.id} - {*unfolded}
    for module in {module_of(row.name) for row in rows.rows}:
        nodes = [row for row in rows.rows if module_of(row.name) == module]
        homes = {dict(picture.homes)[row.name] for row in nodes}
        # A folded module is in a single box; an activation by itself may stand behind another unfolded module.
        detailed = {row.name for row in rows.rows if module_of(row.name) in unfolded}
        assert homes <= detailed if module in unfolded else len(homes) == 1


@settings(max_examples=40)
@given(graphs(), st.data())
def test_random_networks_are_whole_too(graph: Graph, data: st.DataObject) -> None:
    rows = trace(graph)
    assert_whole(diagram.network(rows, data.draw(unfolds(rows))), rows)


@pytest.mark.parametrize("id", [id for id, rows in WHOLE.items() if diagram.repeats(rows)])
def test_repeats_are_equal_modules_one_behind_the_other(id: str) -> None:
    rows = WHOLE[id]
    by_module: dict[str, list[NodeTrace]] = {}
    for row in rows.rows:
        by_module.setdefault(module_of(row.name), []).append(row)
    for one in diagram.repeats(rows):
        first, *others = (by_module[name] for name in one.modules)
        assert one.id == f"{one.modules[0]} x {len(one.modules)}"
        for before, name, equal in zip(one.modules, one.modules[1:], others, strict=False):
            for a, b in zip(first, equal, strict=True):
                assert (a.op, a.in_shapes, a.out_shape) == (b.op, b.in_shapes, b.out_shape)
                assert (a.params, a.macs, a.statistics) == (b.params, b.macs, b.statistics)
            sources = {module_of(source) for row in equal for source in row.inputs}
            assert sources - {name} == {before}
        if len(rows.rows) >= diagram.UNFOLD_BELOW:
            box = boxes(diagram.network(rows))[one.id]
            assert f"{formats.number(len(one.modules) * total(first).params)} params" in box.lines
            assert box.lines[-1] == formats.macs(len(one.modules) * total(first).macs)


def test_known_rows_of_equals() -> None:
    found = {id: [one.id for one in diagram.repeats(rows)] for id, rows in WHOLE.items()}
    assert found["xception"] == ["middle_1 x 8"]
    assert found["inception_resnet_v2"] == ["block35_1 x 10", "block17_1 x 20", "block8_1 x 9"]
    assert found["resnet50"] == ["layer1_block2 x 2", "layer2_block2 x 3", "layer3_block2 x 5", "layer4_block2 x 2"]
    # The first layer of each reads more than the next, so that they cost differently.
    assert (found["vgg16"], found["mnist_mlp"]) == ([], ["fc2 x 2"])


@settings(max_examples=100)
@given(st.sampled_from([id for id in ARCHITECTURES if len(WHOLE[id].rows) >= diagram.UNFOLD_BELOW]), st.data())
def test_clicked_twice_is_the_same_picture(id: str, data: st.DataObject) -> None:
    rows = WHOLE[id]
    unfolded = tuple(data.draw(unfolds(rows) | st.just([ALL])))
    picture = diagram.network(rows, unfolded)
    # What can be clicked: a folded box, or the frame of an unfolded module.
    ids = {box.id for box in picture.boxes if box.style == "module"} | {box.cluster for box in picture.boxes} - {""}
    id = data.draw(st.sampled_from(sorted(ids)))
    once = diagram.toggled(rows, unfolded, id)
    assert diagram.network(rows, once) != picture
    twice = diagram.toggled(rows, once, id)
    assert diagram.network(rows, twice) == picture


def test_a_repeat_opens_to_its_modules_and_stays_open_for_the_others() -> None:
    rows = WHOLE["xception"]
    opened = diagram.toggled(rows, (), "middle_1 x 8")
    assert {f"middle_{i}" for i in range(1, 9)} <= boxes(diagram.network(rows, opened)).keys()
    deeper = diagram.toggled(rows, opened, "middle_3")
    assert "middle_3" not in boxes(diagram.network(rows, deeper))
    assert diagram.network(rows, diagram.toggled(rows, deeper, "middle_3")) == diagram.network(rows, opened)


# Marks


def expected(now: Trace, before: Trace) -> dict[str, tuple[int, int] | None]:
    """By module: how params and MACs grew; None for one that was not there."""
    sums: list[dict[str, tuple[int, int]]] = []
    for rows in (now, before):
        sums.append({})
        for row in rows.rows:
            params, macs = sums[-1].get(module_of(row.name), (0, 0))
            sums[-1][module_of(row.name)] = params + row.params, macs + row.macs
    new, old = sums
    return {name: (p - old[name][0], m - old[name][1]) if name in old else None for name, (p, m) in new.items()}


EDITS = [
    Spec.make("googlenet", settings={"inception_4b.width_5x5": 96}),
    Spec.make("googlenet", settings={"inception_4b.width_5x5": 8}),
    Spec.make("googlenet", rewrites=["batch_norm"]),
    Spec.make("googlenet", rewrites=["stack_5x5@inception_3a", "separable@inception_5b"]),
    Spec.make("googlenet", settings={"conv1.conv.stride": 1}),
    Spec.make("xception", settings={"middle_4.sepconv_2_pointwise.kernel_size": 3}),
    Spec.make("xception", settings={"middle_blocks": 6}),
    Spec.make("xception", settings={"middle_blocks": 11}),
    Spec.make("vgg16", rewrites=["batch_norm"]),
    Spec.make("resnet50", rewrites=["squeeze_excite@layer2_block3"]),
]


@pytest.mark.parametrize("spec", EDITS, ids=str)
def test_marks_say_what_grew_and_what_shrank(spec: Spec) -> None:
    (now, error), before = analyse(spec), WHOLE[spec.architecture]
    assert error is None
    by_module = expected(now, before)
    for pair_ in ((now, before, by_module), (before, now, expected(before, now))):
        rows, other, change = pair_
        picture = diagram.network(rows, before=other)
        for id, inside in members(picture, rows).items():
            box = boxes(picture)[id]
            if box.style != "module":
                continue
            found = [change[name] for name in dict.fromkeys(module_of(row.name) for row in inside)]
            old = [one for one in found if one is not None]
            if not old:
                assert (box.mark, "● new" in box.lines) == (NEW, True)
            elif len(old) == len(found):
                params, macs = (sum(one[i] for one in old) for i in (0, 1))
                first = params or macs
                assert box.mark == ("" if not first else GREW if first > 0 else SHRANK)
                words = f"{formats.signed(first)} {'params' if params else 'MACs'}"
                assert any(line.endswith(words) for line in box.lines) == bool(first)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_nothing_is_marked_where_nothing_changed(id: str) -> None:
    for unfolded in ((), (ALL,)):
        assert diagram.network(WHOLE[id], unfolded, before=WHOLE[id]) == diagram.network(WHOLE[id], unfolded)


def test_a_module_that_leaves_its_row_marks_itself_alone() -> None:
    now = analyse(Spec.make("xception", settings={"middle_4.sepconv_2_depthwise.kernel_size": 5})).trace
    assert now.totals != WHOLE["xception"].totals
    picture = boxes(diagram.network(now, before=WHOLE["xception"]))
    assert [id for id, box in picture.items() if box.mark] == ["middle_4"]
    assert {"middle_1 x 3", "middle_4", "middle_5 x 4"} <= picture.keys()


def test_marks_of_single_nodes() -> None:
    now = analyse(Spec.make("inception_block", rewrites=["stack_5x5"], settings={"width_1x1": 32})).trace
    picture = boxes(diagram.network(now, before=WHOLE["inception_block"]))
    marks = {id: box.mark for id, box in picture.items() if box.mark}
    assert marks == {"branch1x1.conv": SHRANK, "branch5x5.conv_1": NEW, "branch5x5.conv": SHRANK}
    assert "▼ −6,176 params" in picture["branch1x1.conv"].lines


def test_a_network_that_has_grown_past_folding_marks_modules_still() -> None:
    small, large = (analyse(Spec.make("inceptionnet", rewrites=r)).trace for r in ([], ["batch_norm"]))
    assert len(small.rows) < diagram.UNFOLD_BELOW <= len(large.rows)
    picture = diagram.network(large, before=small)
    assert {box.mark for box in picture.boxes if box.style == "module"} == {GREW}
    assert not [box.id for box in picture.boxes if box.mark == NEW]


# Words


def test_a_folded_module_shows_its_cost_and_the_arrow_its_shape() -> None:
    picture = diagram.network(WHOLE["googlenet"])
    assert boxes(picture)["inception_3a"].lines == ("inception_3a", "163,696 params", "128 M MACs")
    assert ("inception_3a", "inception_3b", "256x28x28") in picture.edges
    assert picture.boxes[-1].lines[-1] != "" and "1000" in picture.boxes[-1].lines


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_shape_stands_along_its_arrow_or_in_its_box(id: str) -> None:
    rows = WHOLE[id]
    shapes = {row.name: formats.size(row.out_shape) for row in rows.rows}
    for unfolded in ((), (ALL,)):
        picture = diagram.network(rows, unfolded)
        homes = dict(picture.homes)
        labels = {label for _, _, label in picture.edges}
        if len(picture.boxes) >= diagram.LABELLED_BELOW:
            assert labels == {""}
            assert all(
                formats.size(inside[-1].out_shape) in boxes(picture)[id].lines
                for id, inside in members(picture, rows).items()
            )
        else:
            for row in rows.rows:
                for name in row.inputs:
                    if homes[name] != homes[row.name]:
                        assert (homes[name], homes[row.name], shapes[name]) in picture.edges
            ends = {box.id for box in picture.boxes} - {tail for tail, _, _ in picture.edges}
            assert all(
                formats.size(members(picture, rows)[id][-1].out_shape) in boxes(picture)[id].lines for id in ends
            )


def test_an_unfolded_module_shows_each_branch_and_its_frame() -> None:
    picture = diagram.network(WHOLE["googlenet"], ["inception_4b"])
    inside = [box for box in picture.boxes if box.cluster == "inception_4b"]
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
    assert ("branch5x5.conv", "Conv 5x5, 64", "+ ReLU", "38,464 params") in [box.lines for box in inside]
    behind = {row.name for row in WHOLE["googlenet"].rows if isinstance(row.op, ReLU | BatchNorm1d | BatchNorm2d)}
    assert not behind & boxes(picture).keys()


def test_a_node_that_fails_is_drawn_behind_the_valid_part() -> None:
    analysis = analyse(Spec.make("googlenet", input="3x32x32"))
    picture = diagram.network(analysis.trace, error=analysis.error)
    assert picture.boxes[-1].style == "error"
    assert picture.boxes[-1].lines[0] == "avg_pool"
    assert picture.edges[-1] == ("inception_5b", picture.boxes[-1].id, "")


def test_an_empty_trace_draws_nothing() -> None:
    rows, error = partial_trace(Graph((Node("input", Input((270_000, 8, 8))),), ("input",)))
    assert error is not None
    assert diagram.network(rows, error=error).boxes == ()


# Layout


@pytest.mark.parametrize("id", ["googlenet", "xception", "inception_resnet_v2"])
def test_the_layout_is_one_svg_element_of_its_natural_size_with_every_word(id: str) -> None:
    picture = diagram.network(WHOLE[id])
    root = ET.fromstring(graphviz.svg(picture))
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) == float(root.attrib["viewBox"].split()[2])
    words = texts(graphviz.svg(picture))
    assert all(line in words for box in picture.boxes for line in box.lines)
    assert all(label in words for _, _, label in picture.edges)
    assert {box.id for box in picture.boxes} <= {element.attrib.get("id", "") for element in root.iter(f"{SVG}g")}


def test_marks_and_families_are_classes() -> None:
    now = analyse(Spec.make("googlenet", settings={"inception_4b.width_5x5": 96})).trace
    root = ET.fromstring(graphviz.svg(diagram.network(now, ["inception_4b"], before=WHOLE["googlenet"])))
    classes = {
        group.attrib["id"]: group.attrib["class"].split() for group in root.iter(f"{SVG}g") if "id" in group.attrib
    }
    assert {"box", "convolution", GREW} <= {*classes["inception_4b.branch5x5.conv"]}
    assert {"box", "module", GREW} <= {*classes["inception_4c"]}
    assert "frame" in classes["frame inception_4b"]
    assert not {GREW, SHRANK, NEW} & {*classes["inception_3a"]}


def test_branches_start_side_by_side_in_their_order() -> None:
    root = ET.fromstring(graphviz.svg(diagram.network(WHOLE["googlenet"], ["inception_3a"])))
    place = {
        group.attrib["id"]: (float(text.attrib["x"]), float(text.attrib["y"]))
        for group in root.iter(f"{SVG}g")
        for text in group.findall(f"{SVG}text")[:1]
    }
    heads = ["branch1x1.conv", "branch3x3.reduce", "branch5x5.reduce", "branch_pool.pool"]
    across = [place[f"inception_3a.{head}"][0] for head in heads]
    assert across == sorted(across)
    assert max(place[f"inception_3a.{head}"][1] for head in heads) < place["inception_3a.branch3x3.conv"][1]


@pytest.mark.parametrize("prefix", ["", "module.", "<i>.", "branch."])
def test_names_are_text_and_never_markup(prefix: str) -> None:
    name = prefix + 'a"><script>alert(1)</script>\\n<b>&amp;:x'
    nodes = (Node("input", Input((3, 8, 8))), Node(name, Conv2d(4, pair(3)), ("input",)), Node("r", ReLU(), (name,)))
    for unfolded in ((), (ALL,)):
        picture = diagram.network(trace(Graph(nodes, ("r",))), unfolded)
        root = ET.fromstring(graphviz.svg(picture))
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "g", "path", "polygon", "text"}
        assert "<script>alert(1)</script>" in texts(graphviz.svg(picture))
        assert graphviz.dot(picture).count("->") == len(picture.edges)


@settings(max_examples=30)
@given(graphs())
def test_any_network_is_laid_out(graph: Graph) -> None:
    picture = diagram.network(trace(graph))
    words = texts(graphviz.svg(picture))
    assert all(box.lines[0] in words for box in picture.boxes)
