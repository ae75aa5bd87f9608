"""`compare`: networks side by side on the command line."""

from __future__ import annotations

import json

import pytest

from explorer.cli import main
from explorer.spec.build import valid
from explorer.spec.spec import Spec


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = main(["compare", *argv])
    out, err = capsys.readouterr()
    return status, out, err


def test_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "googlenet", "network=googlenet&inception_3a.width_5x5=48")
    assert status == 0
    assert "6,998,552" in out
    assert "7,010,600" in out
    assert "GoogLeNet and GoogLeNet: inception_3a 5×5 branch, filters: 32 → 48: 2 modules differ" in out


def test_a_network_by_itself_does_not_differ(capsys: pytest.CaptureFixture[str]) -> None:
    assert "LeNet-5 and LeNet-5: no node differs" in run(capsys, "lenet", "network=lenet")[1]


def test_a_network_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    spec = Spec.make("lenet", settings={"c1.width": 9})
    status, out, _ = run(capsys, "lenet", spec.to_json(), "vgg16", "--json")
    assert status == 0
    params = [side["params"] for side in json.loads(out)["networks"]]
    assert params == [valid(side).totals.params for side in (Spec.make("lenet"), spec, Spec.make("vgg16"))]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["lenet"], "the number of networks to compare is 1: it must be 2 to 4"),
        (["lenet"] * 5, "the number of networks to compare is 5: it must be 2 to 4"),
        (["lenet", "lennet"], "there is no architecture 'lennet'"),
        (["lenet", "module=x"], "a network to compare is 'module=x'"),
        (["googlenet", '{"architecture": "googlenet", "input": [3, 9, 9]}'], "an input of 3x193x193 fits"),
    ],
)
def test_what_cannot_be_compared(argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    assert sentence in err
