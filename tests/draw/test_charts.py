"""Charts show the numbers of the trace, module by module."""

import pytest

from explorer.analysis.compare import changes
from explorer.common import formats
from explorer.draw import colours
from explorer.draw.charts.cost import treemap
from explorer.draw.charts.network import field_growth
from explorer.graph.graph import module_of
from explorer.graph.trace import Trace, total
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

EMPTY = Trace((), total(()))


@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("count", ["params", "macs"])
def test_the_treemap_sums_to_the_totals_at_every_level(id: str, count: str) -> None:
    trace = analyse(Spec.make(id)).trace
    (tree,) = treemap(trace, count).data
    size = dict(zip(tree.ids, tree.values, strict=True))
    assert len(size) == len(tree.ids)
    costs = {row.name: getattr(row, count) for row in trace.rows if getattr(row, count)}
    assert sum(value for name, value in size.items() if "." not in name) == getattr(trace.totals, count)
    for name, parent in zip(tree.ids, tree.parents, strict=True):
        assert parent == name.rpartition(".")[0]
        assert not parent or parent in size
        assert size[name] == sum(cost for node, cost in costs.items() if node == name or node.startswith(f"{name}."))
    assert costs.keys() <= size.keys()


def test_a_layer_in_the_treemap_has_the_colour_of_its_family_and_its_share() -> None:
    trace = analyse(Spec.make("googlenet")).trace
    (tree,) = treemap(trace, "params").data
    at = tree.ids.index("fc")
    assert (tree.labels[at], tree.text[at], tree.marker.colors[at]) == ("fc", "1,025,000", colours.ORANGE)
    assert tree.hovertext[at] == f"fc: 1,025,000, {formats.percent(1_025_000 / 6_998_552)}"
    (tree,) = treemap(trace, "macs").data
    assert "1.02 M MACs" in tree.hovertext[tree.ids.index("fc")]


def test_changes_are_the_modules_that_differ() -> None:
    edited = analyse(Spec.make("googlenet", settings={"inception_4b.width_5x5": 65})).trace
    found = changes(analyse(Spec.make("googlenet")).trace, edited)
    # One channel more is met by every convolution of the next module.
    assert [change.module for change in found] == ["inception_4b", "inception_4c"]
    assert sum(c.after.params - c.before.params for c in found) == (5 * 5 * 24 + 1) + (128 + 128 + 24 + 64)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_each_module_spans_from_its_narrowest_to_its_widest_layer(id: str) -> None:
    trace = analyse(Spec.make(id)).trace
    span, line = field_growth(trace).data
    fields: dict[str, list[int]] = {}
    for row in trace.rows[1:]:
        if row.local_field and not row.auxiliary:
            fields.setdefault(module_of(row.name), []).append(max(row.local_field))
    assert list(span.x) == list(line.x) == list(fields)
    assert list(span.base) == [min(field) for field in fields.values()]
    assert [low + more for low, more in zip(span.base, span.y, strict=True)] == [max(f) for f in fields.values()]
    assert list(line.y) == [field[-1] for field in fields.values()]


def test_the_field_grows_along_the_modules_up_to_the_last_map() -> None:
    figure = field_growth(analyse(Spec.make("googlenet")).trace)
    _, line = figure.data
    assert list(line.y) == sorted(line.y)
    rows = analyse(Spec.make("googlenet")).trace.by_name
    assert line.y[line.x.index("inception_5b")] == max(rows["inception_5b.concat"].local_field)
    assert figure.layout.shapes[0].y0 == figure.layout.shapes[0].y1 == 224
    assert figure.layout.annotations[0].text == "image: 224 pixels"


def test_no_rows_no_bars() -> None:
    assert all(len(part.x) == 0 for part in field_growth(EMPTY).data)
    assert list(treemap(EMPTY, "params").data[0].ids) == []
