"""`picture` prints the file that the page hands out."""

import xml.etree.ElementTree as ET

import pytest

from explorer.cli import main
from explorer.draw.flow.module import Paper, required
from explorer.draw.flow.picture import svg
from explorer.spec.spec import Spec


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["picture", *words]) == 0
    return capsys.readouterr().out


def test_a_module(capsys: pytest.CaptureFixture[str]) -> None:
    spec = Spec.make("googlenet", module="inception_3a", rewrites=["stack_5x5"])
    out = printed(capsys, "googlenet", "--module", "inception_3a", "--rewrite", "stack_5x5", "--size", "900x400")
    assert out.rstrip("\n") == svg(required(spec, spec.unedited, Paper(900, 400)))


def test_a_module_in_its_network_and_the_strip_of_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    inside = "".join(ET.fromstring(printed(capsys, "inception_v3", "--at", "mixed_6b")).itertext())
    assert "7×1 · 192" in inside
    strip = "".join(ET.fromstring(printed(capsys, "inception_v3", "--strip", "--ground", "dark")).itertext())
    assert "6b" in strip
    assert "1.30 M" in strip


def test_type_as_large_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    for size in (14, 20):
        root = ET.fromstring(printed(capsys, "googlenet", "--module", "inception_3a", "--type", str(size)))
        assert {int(piece.attrib["font-size"]) for piece in root.findall(".//{*}tspan")} == {size, size - 1}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("googlenet", "--at", "fc"), "fc is no set of chains side by side"),
        (("googlenet", "--size", "9"), "the picture's width is 9"),
        (("googlenet", "--module", "inception_3a", "--area", "weights"), "there is no area 'weights'"),
        (("googlenet", "--module", "inception_3a", "--set", "concat.kind=add"), "concat (Add)"),
    ],
)
def test_what_cannot_be_drawn_costs_a_sentence(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    said: list[str] = []
    assert main(["picture", *words], said.append) == 2
    assert sentence in said[0]
    assert capsys.readouterr().out == ""
