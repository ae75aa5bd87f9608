"""Every edit is named, and can be taken back by itself."""

import pytest
from hypothesis import given

from explorer.common.errors import ExplorerError
from explorer.spec.build import build
from explorer.spec.chips import chips, named
from explorer.spec.spec import Spec
from tests.helpers.strategies import specs


@given(specs())
def test_every_edit_has_a_name_of_its_own_and_goes_alone(spec: Spec) -> None:
    found = chips(spec)
    assert len(found) == spec.edits
    assert len({chip.title for chip in found}) == len(found)
    for chip in found:
        try:
            without = chip.without
            build(without)
        except ExplorerError as error:  # what is inside a block cannot stay without it
            assert "there is no" in str(error)
            continue
        assert without.edits < spec.edits
        assert without.unedited == spec.unedited


@given(specs())
def test_all_taken_back_leave_the_original(spec: Spec) -> None:
    original = spec.unedited
    while found := chips(spec):
        spec = found[0].without
    assert spec == original


@pytest.mark.parametrize(
    ("fields", "titles"),
    [
        ({}, []),
        (
            {"rewrites": ["stack_5x5", "separable@branch3x3", "grouped:8"]},
            ["5×5 as two 3×3", "Grouped convolutions: 8", "separable in branch3x3"],
        ),
        ({"settings": {"branch3x3.conv.out_channels": 160}}, ["branch3x3.conv filters: 128 → 160"]),
        ({"layers": ["-branch_pool"]}, ["branch_pool taken out"]),
        ({"layers": ["branch_new1.layer:conv3x3:32>concat"]}, ["conv3x3, 32 into concat"]),
    ],
)
def test_the_words(fields: dict[str, object], titles: list[str]) -> None:
    spec = Spec.make("googlenet", module="inception_3a", **fields)
    assert sorted(chip.title for chip in chips(spec)) == sorted(titles)


def test_a_setting_of_the_architecture_is_said_with_its_default() -> None:
    (chip,) = chips(Spec.make("googlenet", settings={"inception_3a.width_5x5": 48}))
    assert chip.title == "inception_3a 5×5 branch, filters: 32 → 48"


def test_what_was_built_on_a_layer_goes_with_it() -> None:
    spec = Spec.make(
        "googlenet",
        module="inception_3a",
        layers=["branch_new1.layer:conv3x3:32>concat", "branch_new1.more:conv1x1:16@branch_new1.layer"],
        settings={"branch_new1.more.out_channels": 24},
    )
    first, *_ = chips(spec)
    assert first.without == spec.unedited


def test_a_name_tells_the_edits_that_fit_and_counts_the_others() -> None:
    spec = Spec.make("googlenet")
    assert named(spec) == "GoogLeNet"
    assert named(spec.with_(rewrites=["stack_5x5"])) == "GoogLeNet, 5×5 as two 3×3"
    many = spec.with_(rewrites=["stack_5x5", "batch_norm", "separable", "residual"])
    assert named(many, 200) == "GoogLeNet, 5×5 as two 3×3, residual, batch norm, separable"
    for longest in range(0, 70, 5):
        name = named(many, longest)
        told = [chip.title for chip in chips(many) if chip.title in name]
        assert len(told) + int(name.rpartition(" and ")[2].split()[0] if " and " in name else 0) == 4
        assert len(name.partition(" and ")[0]) <= max(longest, len("GoogLeNet, 5×5 as two 3×3"))
