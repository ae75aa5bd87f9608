"""Runs whose images have been removed, and a list of runs that cannot be used, on the pages that show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.cli import main
from explorer.runs import client, own_images, scheduler
from explorer.runs.config import TrainConfig
from explorer.runs.evaluation import Evaluation
from explorer.runs.events import Finished
from explorer.runs.paths import WEIGHTS, folder
from explorer.spec.spec import Spec
from explorer.ui.session import visitor
from tests.helpers.pages import Open, says

SPEC = Spec.make("inception10", input="3x8x8", settings={"init_ch": 4, "num_blocks": 1})
TRAINING = "pages/training.py"


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run on own images that have been removed since."""
    monkeypatch.setenv("EXPLORER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(visitor, "owner", lambda: "me")
    monkeypatch.setattr(scheduler, "schedule", lambda: None)
    for name in ("ant", "bee"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for grey in range(0, 250, 50):
            picture = Image.fromarray(np.full((20, 20, 3), grey, np.uint8))
            picture.save(tmp_path / "pictures" / name / f"{grey}.png")
    assert main(["data", "add", "pets", str(tmp_path / "pictures"), "--size", "8"]) == 0
    id = client.submit(SPEC, TrainConfig.make(data="own:pets"), "me")
    own_images.remove("pets")
    return id


def end(id: str, stopped: bool) -> None:
    Evaluation(((1, 0), (1, 0)), ()).write(folder(id))
    (folder(id) / WEIGHTS).touch()
    scheduler.finish(id, Finished(0.5, 0.3, 1.0, 100, 400.0, "cpu", "float32", stopped))


def test_a_finished_run_is_shown_and_listed(gone: str, open_page: Open) -> None:
    end(gone, stopped=False)
    page = open_page(TRAINING, run=gone)
    assert (list(page.exception), says(page)) == ([], "")
    (chosen,) = (box for box in page.selectbox if box.label == "Run")
    assert "on pets (own images)" in chosen.options[0]
    assert any("bee answered as ant" in caption.value for caption in page.caption)
    page = open_page(TRAINING, show="runs")
    assert not page.exception
    assert list(page.dataframe[0].value["data"]) == ["pets (own images)"]


def test_one_that_was_stopped_says_why_it_cannot_go_on(gone: str, open_page: Open) -> None:
    end(gone, stopped=True)
    page = open_page(TRAINING, run=gone)
    next(button for button in page.button if button.label == "Resume").click().run()
    assert not page.exception
    assert any("there is no set of own images" in warning.value for warning in page.warning)


@pytest.mark.parametrize("page", [TRAINING, "pages/experiments.py", "pages/field.py"])
def test_a_list_of_runs_that_cannot_be_used_is_said(open_page: Open, page: str, tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_bytes(b"no database" * 100)
    shown = open_page(page)
    assert not shown.exception
    assert "the list of runs, runs.db, cannot be used" in says(shown)
