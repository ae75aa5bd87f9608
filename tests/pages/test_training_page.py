"""The training page refuses in a sentence what cannot run, before any process is started."""

from pathlib import Path

import pytest

from explorer.spec import Spec
from explorer.training import runs
from explorer.training.config import Failed, Progress, TrainConfig, to_line
from tests.pages.conftest import Open, says

PAGE = "pages/training.py"


def test_it_opens_without_a_run(open_page: Open) -> None:
    page = open_page(PAGE)
    assert not page.exception
    assert not page.error
    assert "No run yet" in page.info[0].value


def test_the_cost_of_an_epoch_is_computed(open_page: Open) -> None:
    page = open_page(PAGE, network="inception10")
    text = " ".join(caption.value.replace("\\", "") for caption in page.caption)
    # 1,438 images, forward and twice that backward, 12,240,128 MACs each.
    assert "120,234 parameters with 10 classes" in text
    assert "52.8 G MACs" in text


def test_a_network_that_does_not_fit_its_input_is_not_trained(open_page: Open, tmp_path: Path) -> None:
    page = open_page(PAGE, input="3x32x32")
    assert "does not fit in 1x1" in says(page)
    next(button for button in page.button if button.label == "Start").click().run()
    assert not page.exception
    assert not list(tmp_path.iterdir())


def test_a_large_network_offers_a_smaller_input(open_page: Open) -> None:
    page = open_page(PAGE)
    next(button for button in page.button if "64x64" in button.label).click().run()
    assert dict(page.query_params)["input"] == "3x64x64"
    assert not page.error


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("training lr", 0.0, "a number above 0 and at most 10"),
        ("training lr", 11.0, "a number above 0 and at most 10"),
        ("training seed", -1, "from 0 to 2,147,483,647"),
    ],
)
def test_a_bad_value_is_answered_in_a_sentence_and_starts_nothing(
    open_page: Open, tmp_path: Path, key: str, value: float, allowed: str
) -> None:
    page = open_page(PAGE, network="inception10")
    page.number_input(key=key).set_value(value).run()
    assert allowed in says(page)
    next(button for button in page.button if button.label == "Start").click().run()
    assert not page.exception
    assert allowed in says(page)
    assert page.number_input(key=key).value == value
    assert not list(tmp_path.iterdir())
    page.number_input(key=key).set_value(1).run()
    assert not page.error


def test_the_form_stands_in_the_link(open_page: Open) -> None:
    page = open_page(PAGE, network="inception10", epochs="70", batch="48", lr="0.05")
    assert not page.error
    assert page.slider(key="training epochs").value == 70
    assert page.select_slider(key="training batch").value == 48
    page.number_input(key="training seed").set_value(7).run()
    assert {"epochs": "70", "batch": "48", "lr": "0.05", "seed": "7"}.items() <= dict(page.query_params).items()
    assert "the number of epochs is 201" in says(open_page(PAGE, epochs="201"))


def test_fewer_classes_than_the_data_has_is_refused(open_page: Open) -> None:
    page = open_page(PAGE, network="inception10", classes="3")
    next(button for button in page.button if button.label == "Start").click().run()
    assert "3 classes" in says(page)
    assert "at least 10" in says(page)


def _ended(root: Path, reason: str) -> Path:
    """The folder of a run that failed after one record."""
    folder = root / "20261122-030405-000006-0a1b2c3d"
    folder.mkdir()
    (folder / runs.SPEC).write_text(Spec.make("inception10").to_json())
    (folder / runs.CONFIG).write_text(TrainConfig().to_json())
    (folder / runs.PROCESS).write_text("{}")
    records = (Progress(1, 8, 36, 352, 2.3456, 0.25, 400.0, 3.0), Failed(reason))
    (folder / runs.PROGRESS).write_text("".join(f"{to_line(record)}\n" for record in records))
    return folder


@pytest.mark.parametrize(
    "reason",
    [
        "the loss became NaN at step 37 with a learning rate of 10: a lower one, such as 1, usually helps",
        "memory ran out with a batch of 64: choose a smaller batch, input or network",
    ],
)
def test_a_failed_run_shows_its_reason_and_keeps_what_it_measured(open_page: Open, tmp_path: Path, reason: str) -> None:
    _ended(tmp_path, reason)
    page = open_page(PAGE)
    assert not page.exception
    assert f"The run failed: {reason}." in says(page)
    assert "2.3456" in [metric.value for metric in page.metric]
    assert [button.label for button in page.button if button.label == "Start"]


@pytest.mark.parametrize("file", [runs.SPEC, runs.CONFIG, runs.PROGRESS, runs.PROCESS])
@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00", '{"architecture": "gone"}', '{"cls": 1}', "9" * 5000])
def test_a_spoilt_run_does_not_spoil_the_page(open_page: Open, tmp_path: Path, file: str, content: str) -> None:
    (_ended(tmp_path, "it ended") / file).write_text(content)
    page = open_page(PAGE)
    assert not page.exception
    assert [button.label for button in page.button if button.label == "Start"]
