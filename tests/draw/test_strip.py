"""A network as a strip: bars as high as what modules cost, and a line where the original's would end."""

from itertools import pairwise

import pytest

from explorer.draw.flow.picture import Picture
from explorer.draw.flow.strip import STEM, scale, strip
from explorer.graph.trace import Totals, total
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES


def drawn(spec: Spec, width: float = 1240, opened: str = "") -> Picture:
    return strip(analyse(spec).trace, analyse(spec.unedited).trace, width=width, opened=opened)


def costs(spec: Spec, picture: Picture) -> dict[str, Totals]:
    """What the modules of each column cost, by its first: a column reaches up to the next."""
    modules = analyse(spec).trace.modules
    starts = [box.layer for box in picture.boxes if box.id.startswith("up ")]
    found: dict[str, list[Totals]] = {}
    column = ""
    for name, rows in modules.items():
        column = name if name in starts else column
        if column:
            found.setdefault(column, []).append(total(rows))
    return {name: Totals(*map(sum, zip(*sums, strict=True))) for name, sums in found.items()}


@pytest.mark.parametrize("rewrites", [(), ("separable",)])
@pytest.mark.parametrize("id", ARCHITECTURES)
def test_bars_are_as_high_as_the_modules_cost(id: str, rewrites: tuple[str, ...]) -> None:
    spec = Spec.make(id, rewrites=rewrites)
    picture = drawn(spec)
    sums = costs(spec, picture)
    for kind, side in (("params", "up"), ("macs", "down")):
        values = {name: getattr(totals, kind) for name, totals in sums.items()}
        assert sum(values.values()) == getattr(analyse(spec).trace.totals, kind)
        heights = {box.layer: box.height for box in picture.boxes if box.id == f"{side} {box.layer}"}
        assert heights.keys() == values.keys()
        tallest = max(values, key=values.__getitem__)
        for name, value in values.items():
            assert heights[name] == pytest.approx(heights[tallest] * value / values[tallest], abs=0.11)


@pytest.mark.parametrize("width", [1240, 358])
@pytest.mark.parametrize("id", ARCHITECTURES)
def test_columns_stand_side_by_side_with_words_of_their_own(id: str, width: float) -> None:
    picture = drawn(Spec.make(id), width)
    columns = [box for box in picture.boxes if box.style == "column"]
    assert picture.width >= width - 0.5
    for before, behind in pairwise(columns):
        assert before.x + before.width <= behind.x
        assert behind.x - before.x >= 61.9
    names = [text for text in picture.texts if text.id.startswith("name ")]
    assert len(names) == len(columns)
    for box in picture.boxes:
        assert box.y >= 0
        assert box.y + box.height <= picture.height + 0.1
    assert not [box for box in picture.boxes if box.style == "mark"]


def test_a_stem_of_many_layers_is_one_column_and_names_are_short() -> None:
    words = [text.pieces[0][0] for text in drawn(Spec.make("inception_v3")).texts if text.id.startswith("name ")]
    assert words == [STEM, "5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c", "fc"]
    words = [text.pieces[0][0] for text in drawn(Spec.make("googlenet")).texts if text.id.startswith("name ")]
    assert words[:3] == ["conv1", "conv2", "3a"]


def test_only_what_changed_has_a_line_where_the_original_was() -> None:
    picture = drawn(Spec.make("googlenet", settings={"inception_4b.width_3x3": 256}), opened="inception_4b")
    marked = {box.layer for box in picture.boxes if box.style == "mark"}
    assert marked == {"inception_4b", "inception_4c"}  # what reads a wider map costs more
    assert [box.layer for box in picture.boxes if box.style == "opened"] == ["inception_4b"]


def test_a_column_says_its_map_and_what_it_sees() -> None:
    texts = {text.id: text.pieces[0][0] for text in drawn(Spec.make("googlenet")).texts}
    trace = analyse(Spec.make("googlenet")).trace
    last = trace.modules["inception_3a"][-1]
    assert last.local_field is not None
    assert texts["map inception_3a"] == f"28² · sees {last.local_field[0]}"
    assert texts["map fc"] == "1000"
    assert texts["number inception_3a"] == "164 k"


def test_several_strips_share_one_scale() -> None:
    specs = [Spec.make(id) for id in ("googlenet", "inception_v3", "xception")]
    most = scale((analyse(spec).trace, analyse(spec).trace) for spec in specs)
    tallest = 0.0
    for spec in specs:
        trace = analyse(spec).trace
        picture = strip(trace, trace, width=900, most=most)
        heights = {box.id.removeprefix("up "): box.height for box in picture.boxes if box.id.startswith("up ")}
        found = costs(spec, picture)
        assert set(heights) == set(found)
        pixels = {found[name].params / height for name, height in heights.items() if height > 10}
        assert max(pixels) / min(pixels) < 1.02
        assert min(pixels) <= most.up / 64 * 1.02
        tallest = max(tallest, *heights.values())
    assert tallest == pytest.approx(64, abs=0.1)


@pytest.mark.parametrize("id", ["googlenet", "inception_v3", "resnet50", "xception", "alexnet"])
def test_columns_stand_for_what_is_asked(id: str) -> None:
    spec = Spec.make(id, rewrites=["separable"])
    now, before = analyse(spec).trace, analyse(spec.unedited).trace
    sums = costs(spec, strip(now, before, width=1240))
    olds = costs(spec.unedited, strip(before, before, width=1240))
    fields = {name: rows[-1].local_field for name, rows in now.modules.items() if rows[-1].receptive_field}
    expected = {
        "activations": {name: float(totals.activations) for name, totals in sums.items()},
        "field": {name: float(fields[name][0]) if fields.get(name) else 0.0 for name in sums},  # type: ignore[index]
        "change": {name: float(sums[name].params - olds[name].params) for name in sums},
    }
    for by, values in expected.items():
        boxes = {box.id: box.height for box in strip(now, before, width=1240, by=by).boxes}
        heights = {name: boxes[f"up {name}"] - boxes[f"down {name}"] for name in values}
        columns = {name: value for name, value in values.items() if name != next(iter(values)) or by != "field"}
        tallest = max(columns, key=lambda name: abs(columns[name]))
        for name, value in columns.items():
            assert heights[name] == pytest.approx(heights[tallest] * value / values[tallest], abs=0.15)
