"""The command `features`, and the maps that it makes, held against torch's own hooks."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from explorer.backend.data import load
from explorer.backend.feature_maps import strongest
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.checkpoint import save_weights
from explorer.cli import main
from explorer.common.errors import ExplorerError
from explorer.runs.config import TrainConfig, training_spec
from explorer.runs.feature_maps import MOST, FeatureMaps
from explorer.runs.paths import folder
from explorer.spec.build import build
from explorer.spec.spec import Spec
from tests.helpers.stored import keep

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = Spec.make("inception10", input="3x16x16", settings={"init_ch": 2, "num_blocks": 1})
NODE = "block_1.unit_2.concat"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, GraphModule]:
    """A finished run with random weights, and its network."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    id = keep(spec=SMALL, config=TrainConfig.make(device="cpu"))
    torch.manual_seed(1)
    network = GraphModule(build(training_spec(SMALL, "digits"))).eval()
    save_weights(network, folder(id))
    return id, network


def made(capsys: pytest.CaptureFixture[str], *args: str) -> FeatureMaps:
    assert main(["features", *args, "--json"]) == 0
    return FeatureMaps.from_json(capsys.readouterr().out)


def pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def test_the_maps_are_what_flows_through_the_network(
    run: tuple[str, GraphModule], capsys: pytest.CaptureFixture[str]
) -> None:
    id, network = run
    seen: list[Tensor] = []
    node = "stem.conv"
    next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d)).register_forward_hook(
        lambda module, inputs, output: seen.append(output[0].detach())
    )
    data = load("digits", torch.device("cpu"))
    network(data.inputs(data.held_out.images[5:6], (3, 16, 16)))
    found = made(capsys, f"--run={id}", f"--node={node}", "--image=5")
    assert (found.run, found.node, found.number) == (id, node, 5)
    assert found.label == int(data.held_out.labels[5])
    assert found.shape == tuple(seen[0].shape)
    assert sorted(one.channel for one in found.maps) == list(range(len(seen[0])))
    for one in found.maps:
        map = seen[0][one.channel]
        assert (one.low, one.high) == pytest.approx((float(map.min()), float(map.max())), abs=1e-5)
        back = one.low + pixels(one.image) / 255 * (one.high - one.low)
        assert np.allclose(back, map.numpy(), atol=(one.high - one.low) / 255)


@settings(max_examples=20)
@given(st.integers(1, MOST + 20), st.integers(1, 6), st.integers(0, 1000))
def test_the_strongest_come_first_and_no_more_than_are_shown(channels: int, side: int, seed: int) -> None:
    maps = torch.randn(channels, side, side, generator=torch.Generator().manual_seed(seed)).double()
    found = strongest(maps)
    strengths = [one.strength for one in found]
    assert len(found) == min(channels, MOST)
    assert strengths == sorted(strengths, reverse=True)
    norms = torch.linalg.matrix_norm(maps) / side
    assert strengths == pytest.approx(norms.sort(descending=True).values[:MOST].tolist())


def test_a_map_that_is_even_is_black() -> None:
    (one,) = strongest(torch.full((1, 3, 3), 7.0).double())
    assert (one.low, one.high, one.strength) == (7.0, 7.0, 7.0)
    assert not pixels(one.image).any()


def test_the_same_in_words(run: tuple[str, GraphModule], capsys: pytest.CaptureFixture[str]) -> None:
    id, _ = run
    found = made(capsys, f"--run={id}", f"--node={NODE}")
    assert main(["features", f"--run={id}", f"--node={NODE}"]) == 0
    head, _, _, _, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith(f"{NODE} makes {found.shape[0]}x8x8 of image 0")
    assert [int(line.split()[0]) for line in lines] == [one.channel for one in found.maps]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--node=x"], "there is no node 'x'"),
        (["--node=fc"], "10 features, which is no map"),
        ([f"--node={NODE}", "--image=359"], "the number of the image is 359: it must be a whole number from 0 to 358"),
        ([f"--node={NODE}", "--image=x"], "the number of the image is 'x'"),
        ([f"--node={NODE}", "--run=../../etc/passwd"], "there is no run '../../etc/passwd'"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    run: tuple[str, GraphModule], args: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["features", f"--run={run[0]}", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_a_run_without_weights_says_so(run: tuple[str, GraphModule], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features", f"--run={keep()}", f"--node={NODE}"]) == 2
    assert "has kept no weights" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 1}'])
def test_what_are_no_maps_is_said(text: str) -> None:
    with pytest.raises(ExplorerError, match="make them again"):
        FeatureMaps.from_json(text)
