"""The picture of a module: an area is a cost, a ribbon is as wide as its channels, and nothing covers a word."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest

from explorer.analysis.chains import structure
from explorer.draw.flow import labels, picture
from explorer.draw.flow.items import THIN
from explorer.draw.flow.module import Paper, required
from explorer.draw.flow.module import picture as drawn_of
from explorer.draw.flow.picture import TYPE, Box, Picture, Text
from explorer.spec.base import modules
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.complaint import complaint

MODULES = [
    (id, module) for id in ARCHITECTURES for module in dict.fromkeys(modules(id)[:: max(len(modules(id)) // 4, 1)])
]
SWITCHES = ((), ("no_reduction",), ("stack_5x5", "batch_norm"), ("separable",), ("residual",), ("squeeze_excite",))
WIDE, PHONE = Paper(), Paper(358, 560)


def drawn(spec: Spec, paper: Paper = WIDE) -> Picture:
    made = drawn_of(spec, spec.unedited, paper)
    assert made is not None
    return made


def each_of(id: str, module: str) -> list[Spec]:
    return [Spec.make(id, module=module, rewrites=switches) for switches in SWITCHES]


@pytest.mark.parametrize("area", labels.AREAS)
@pytest.mark.parametrize(("id", "module"), MODULES, ids=[".".join(pair) for pair in MODULES])
def test_areas_are_costs_on_one_scale_for_the_module_and_its_original(id: str, module: str, area: labels.Area) -> None:
    for spec in each_of(id, module):
        rows, old = analyse(spec).trace.by_name, analyse(spec.unedited).trace.by_name
        made = drawn(spec, Paper(area=area))
        across, down = set[float](), list[tuple[float, float]]()
        for box in made.boxes:
            row = (old if box.style in ("ghost", "gone") else rows).get(box.layer)
            if row is None or row.op.family not in ("convolution", "depthwise", "linear"):
                continue
            bias = row.out_shape[0] if getattr(row.op, "bias", False) else 0
            cost = {
                "params": row.params - bias,
                "macs": row.macs,
                "activations": row.activations,
            }[area]
            across.add(box.width / row.out_shape[0])
            if box.height > THIN + 0.2:
                down.append((box.height, cost / row.out_shape[0]))
        assert across
        for one in across:  # to a tenth of a pixel
            assert one == pytest.approx(max(across), abs=0.11)
        for (height, cost), (other, others) in combinations(down, 2):
            assert height * others == pytest.approx(other * cost, abs=0.11 * (cost + others))


@pytest.mark.parametrize("paper", [WIDE, PHONE, Paper(980, 420), Paper(1240, 520, type_size=18)])
@pytest.mark.parametrize(("id", "module"), MODULES, ids=[".".join(pair) for pair in MODULES])
def test_all_is_on_the_paper_and_no_word_covers_another(id: str, module: str, paper: Paper) -> None:
    for spec in each_of(id, module):
        made = drawn(spec, paper)
        ids = [piece.id for kind in (made.ribbons, made.boxes, made.texts, made.handles) for piece in kind]
        for kind in (made.ribbons, made.boxes, made.texts, made.handles):
            names = [piece.id for piece in kind]
            assert len(names) == len(set(names)), ids
        assert made.width >= paper.width - 0.5
        assert made.height >= paper.height
        for box in made.boxes:
            assert box.x >= -0.5
            assert box.x + box.width <= made.width + 0.5, (spec, box)
            assert box.y + box.height <= made.height + 0.5
        spans = [(text, *_span(text, paper.type_size)) for text in made.texts]
        for text, left, right, top, bottom in spans:
            assert left >= -1, (spec, text)
            assert right <= made.width + 1, (spec, text)
            assert top >= -1
            assert bottom <= made.height + 1
        for (one, a, b, c, d), (other, e, f, g, h) in combinations(spans, 2):
            assert b <= e + 1 or f <= a + 1 or d <= g + 1 or h <= c + 1, (spec, one, other)


def _span(text: Text, type_size: int) -> tuple[float, float, float, float]:
    """Where a text is: left, right, top, bottom, by the estimate that browsers stay below."""
    wide = 0.53 * type_size * sum(len(words) for words, _ in text.pieces)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, left + wide, text.y - 0.8 * type_size, text.y + 0.25 * type_size


@pytest.mark.parametrize("paper", [WIDE, PHONE])
@pytest.mark.parametrize("switches", SWITCHES)
def test_the_concatenation_is_as_wide_as_its_branches(switches: tuple[str, ...], paper: Paper) -> None:
    spec = Spec.make("googlenet", module="inception_3a", rewrites=switches)
    rows = analyse(spec).trace.by_name
    made = drawn(spec, paper)
    segments = [box for box in made.boxes if box.layer == "concat" and box.style == "segment"]
    widths = [rows[name].out_shape[0] for name in rows["concat"].inputs]
    unit = sum(box.width for box in segments) / sum(widths)
    assert [box.width for box in segments] == pytest.approx([unit * width for width in widths], abs=0.11)
    for box, following in pairwise(segments):
        assert box.x + box.width == pytest.approx(following.x, abs=0.15)
    for index, box in enumerate(segments):
        ribbon = next(ribbon for ribbon in made.ribbons if ribbon.id == f"join concat {index}")
        lowest = [
            float(x)
            for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", ribbon.path)
            if float(y) == pytest.approx(box.y, abs=0.6)
        ]
        assert max(lowest) == pytest.approx(box.x + box.width, abs=0.11)


def test_words_are_the_numbers_of_the_trace() -> None:
    spec = Spec.make(
        "googlenet", module="inception_3a", settings={"branch3x3.conv.out_channels": 160}, rewrites=["stack_5x5"]
    )
    words = {text.id: "".join(words for words, _ in text.pieces) for text in drawn(spec).texts}
    assert words["branch3x3.conv 0"] == "3×3 · 160 filters"
    assert words["branch3x3.conv 1"] == "138,400 +27,680"
    assert words["branch3x3.conv 2"] == "(3·3·96 + 1)·160"
    assert words["branch5x5.conv_1 1"] == "4,640 new"
    assert words["branch5x5.conv 1"] == "9,248 −3,584"
    assert words["concat name"] == "concat 288 × 28 × 28 +32"
    assert words["concat sum"] == "64 + 160 + 32 + 32 channels side by side"
    assert words["share 3×3 branch"] == "3×3 branch: 82 %"
    assert words["branch_pool.pool"] == "3×3 max pool"


def test_what_went_away_stays_as_a_frame_with_its_loss() -> None:
    made = drawn(Spec.make("googlenet", module="inception_3a", rewrites=["no_reduction"]))
    gone = {box.layer for box in made.boxes if box.style == "gone"}
    assert gone == {"branch3x3.reduce", "branch5x5.reduce", "branch_pool.conv"}
    words = {text.id: "".join(words for words, _ in text.pieces) for text in made.texts}
    assert words["gone branch3x3.reduce 0"] == "1×1 · 96 gone −18,528"


def test_only_what_changed_is_marked_and_has_its_original_behind_it() -> None:
    def changed(spec: Spec) -> tuple[set[str], set[str]]:
        boxes = drawn(spec).boxes
        return {box.layer for box in boxes if box.changed}, {box.layer for box in boxes if box.style == "ghost"}

    start = Spec.make("googlenet", module="inception_3a")
    assert changed(start) == (set(), set())
    assert changed(start.with_setting("branch5x5.conv.out_channels", 48)) == (
        {"branch5x5.conv"},
        {"branch5x5.conv"},
    )


def test_every_width_of_a_layer_has_a_handle_at_the_edge_of_its_box() -> None:
    spec = Spec.make("googlenet", module="inception_3a", rewrites=["stack_5x5"])
    made = drawn(spec)
    boxes = {box.id: box for box in made.boxes}
    assert {handle.key for handle in made.handles} == {
        f"{name}.out_channels"
        for name in (
            "branch1x1.conv",
            "branch3x3.reduce",
            "branch3x3.conv",
            "branch5x5.reduce",
            "branch5x5.conv",
            "branch_pool.conv",
        )
    }
    for handle in made.handles:
        box = boxes[handle.id]
        assert (handle.x, handle.y) == pytest.approx((box.x + box.width, box.y + box.height / 2), abs=0.11)
        assert handle.least <= handle.value <= handle.most
        # A width more moves the edge by half of what it is wide.
        assert handle.per_pixel == pytest.approx(2 * handle.value / box.width, rel=0.02)


def test_the_scale_fills_the_height_with_the_higher_of_the_two() -> None:
    spec = Spec.make("googlenet", module="inception_3a")
    for switches in SWITCHES:
        edited = spec.with_(rewrites=switches)
        lowest = max(box.y + box.height for box in drawn(edited).boxes if box.style != "bar")
        assert lowest == pytest.approx(WIDE.height, abs=24)


def test_a_file_has_its_colours_and_the_same_words() -> None:
    made = drawn(Spec.make("googlenet", module="inception_3a", rewrites=["separable"]))
    for ground in ("light", "dark"):
        root = ET.fromstring(picture.svg(made, ground))
        written = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert written == ["".join(words for words, _ in text.pieces) for text in made.texts]
        sizes = {int(span.attrib["font-size"]) for span in root.iter("{http://www.w3.org/2000/svg}tspan")}
        assert sizes == {TYPE, TYPE - 1}
        assert picture.GROUND[ground] in ET.tostring(root, encoding="unicode")


def test_what_is_no_set_of_chains_and_what_does_not_fit_has_no_picture() -> None:
    crossed = Spec.make("googlenet_paper")
    assert structure(analyse(crossed).trace) is None
    assert drawn_of(crossed, crossed) is None
    large = Spec.make("inception_resnet_v2")
    assert drawn_of(large, large) is None
    assert "has more than 400 nodes" in complaint(lambda: required(large, large, WIDE))
    small = Spec.make("googlenet", module="inception_3a", settings={"concat.kind": "add"})
    assert drawn_of(small, small.unedited) is None


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (("9x300", "", ""), "the picture's width is 9: it must be a whole number from 200 to 4,000"),
        (("1240", "", ""), "the picture's height is ''"),
        (("", "weight", ""), "there is no area 'weight'"),
        (("", "", "200"), "the type is 200"),
    ],
)
def test_a_paper_says_what_it_may_be(texts: tuple[str, str, str], wrong: str) -> None:
    assert wrong in complaint(lambda: Paper.parse(*texts))


def test_a_paper_is_read() -> None:
    assert Paper.parse() == Paper()
    assert Paper.parse("900x400", "macs", "18") == Paper(900, 400, "macs", 18)


def test_every_style_of_box_has_a_colour() -> None:
    styles = {
        box.style
        for id, module in MODULES
        for spec in each_of(id, module)
        for box in drawn(spec).boxes
        if isinstance(box, Box)
    }
    assert styles <= {*picture.STYLES, *picture.OUTLINES}
    assert {"kernel1", "kernel3", "kernel5", "depthwise", "pool", "ghost", "gone", "segment", "bar"} <= styles


@pytest.mark.parametrize("id", ["googlenet", "inception_v3", "inception_resnet_v2", "xception"])
def test_a_module_in_its_network_is_drawn_as_by_itself_and_edits_the_network(id: str) -> None:
    module = modules(id)[-1]
    inside = drawn_of(Spec.make(id), Spec.make(id), WIDE, module)
    alone = drawn(Spec.make(id, module=module))
    assert inside is not None
    assert inside._replace(handles=()) == alone._replace(handles=())
    assert [handle.id for handle in inside.handles] == [handle.id for handle in alone.handles]
    for handle in inside.handles:
        edited = Spec.make(id).with_setting(handle.key, handle.value + 1)
        wider = analyse(edited).trace.by_name[f"{module}.{handle.id}"]
        assert wider.out_shape[0] == handle.value + 1
