from pathlib import Path

import pytest

from explorer.backend import worker
from explorer.backend.train import loop
from explorer.runs.config import TrainConfig
from explorer.runs.events import Failed
from explorer.runs.paths import SPEC, RunPaths
from tests.helpers.networks import TINY


def asked(folder: Path, config: str) -> RunPaths:
    paths = RunPaths(folder)
    paths.spec.write_text(TINY.to_json())
    paths.config.write_text(config)
    return paths


def test_what_the_explorer_knows_to_be_wrong_is_the_reason(tmp_path: Path) -> None:
    paths = asked(tmp_path, '{"epochs": 0}')
    assert list(worker.records(paths, lambda: False)) == [
        Failed("the number of epochs is 0: it must be a whole number from 1 to 200")
    ]


def test_a_surprise_is_one_sentence_and_its_traceback_goes_to_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def surprise(*args: object) -> None:
        raise ZeroDivisionError("by nought\nand more")

    monkeypatch.setattr(loop, "train", surprise)
    paths = asked(tmp_path, TrainConfig().to_json())
    assert list(worker.records(paths, lambda: False)) == [
        Failed("the run met an unexpected ZeroDivisionError: by nought")
    ]
    assert "Traceback" in capsys.readouterr().err


def test_a_folder_without_a_request_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = worker.records(RunPaths(tmp_path), lambda: False)
    assert isinstance(record, Failed)
    assert "FileNotFoundError" in record.reason
    assert SPEC in capsys.readouterr().err
