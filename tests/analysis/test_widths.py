"""The widths as tables hold every width of the network once, under the key that changes it."""

import pytest

from explorer.analysis.widths import tables
from explorer.graph.ops import Conv2d, Linear
from explorer.spec.base import modules
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_width_is_there_once(id: str) -> None:
    for module in ("", *modules(id)[:2]):
        graph = build(Spec.make(id, module=module))
        cells = [cell for table in tables(graph) for _, row in table.rows for cell in row]
        expected = {
            **{f"{n.name}.out_channels": n.op.out_channels for n in graph.nodes if isinstance(n.op, Conv2d)},
            **{f"{n.name}.out_features": n.op.out_features for n in graph.nodes if isinstance(n.op, Linear)},
        }
        assert dict(cells) == expected
        assert len(cells) == len(expected)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_a_table_is_rectangular_and_each_column_is_one_layer(id: str) -> None:
    found = tables(build(Spec.make(id)))
    assert len({table.layers for table in found}) == len(found)
    for table in found:
        assert len(set(table.layers)) == len(table.layers)
        for module, cells in table.rows:
            assert len(cells) == len(table.layers)
            named = [cell.key.rpartition(".")[0] for cell in cells]
            whole = [f"{module}.{layer}" for layer in table.layers]
            assert named in (whole, [module], list(table.layers))


def test_modules_of_one_kind_share_a_table() -> None:
    table = next(table for table in tables(build(Spec.make("googlenet"))) if len(table.rows) == 9)
    assert [module for module, _ in table.rows] == list(modules("googlenet"))
    assert table.layers[:3] == ("branch1x1.conv", "branch3x3.reduce", "branch3x3.conv")
    assert [cell.value for cell in table.rows[0][1]] == [64, 96, 128, 16, 32, 32]


def test_a_cell_says_what_changes_it() -> None:
    spec = Spec.make("resnet18")
    cell = tables(build(spec))[-1].rows[-1][1][-1]
    edited = spec.with_setting(cell.key, cell.value + 1)
    assert tables(build(edited))[-1].rows[-1][1][-1] == (cell.key, cell.value + 1)
