"""The training page: its form, one run as it stands, what a finished one tells, and all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.common import formats
from explorer.common.png import png
from explorer.runs import client, devices, scheduler, store
from explorer.runs.config import TrainConfig
from explorer.runs.evaluation import Evaluation, Misclassified
from explorer.runs.events import Notice
from explorer.runs.executor.processes import LOG
from explorer.runs.feature_maps import FeatureMap, FeatureMaps
from explorer.runs.paths import REPORT, WEIGHTS, folder
from explorer.spec.spec import Spec
from explorer.ui.session import visitor
from tests.helpers.pages import Open, component, says
from tests.helpers.stored import CURVE, FAILED, keep

PAGE = "pages/training.py"
PICTURE = png(bytes(range(64)), 8, 8)


@pytest.fixture(autouse=True)
def me(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everybody is one browser, and nothing that waits is started."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(visitor, "owner", lambda: "me")
    monkeypatch.setattr(scheduler, "schedule", lambda: None)


def told(page: AppTest) -> str:
    """All running text, without the escapes."""
    parts = (*page.caption, *page.markdown, *page.info, *page.warning)
    return " ".join(part.value.replace("\\", "") for part in parts)


def progress(page: AppTest) -> str:
    """What stands over the bar of a run."""
    (bar,) = page.get("progress")
    return str(bar.proto.text).replace("\\", "")


START = "Train on the GPU" if devices.gpus() else "Train on the CPU"


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def click(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def test_it_opens_without_a_run(open_page: Open) -> None:
    page = open_page(PAGE, network="googlenet")
    assert not page.exception
    assert not page.error
    assert "No run of this browser yet" in page.info[0].value
    assert "of other browsers" not in told(page)
    # What draws charts is loaded before the first run needs it.
    assert len(page.get("plotly_chart")) == 2
    page = click(page, "Begin with InceptionNet at 32x32")
    assert dict(page.query_params)["network"] == "inceptionnet"
    assert not [label for label in labels(page) if "Begin with" in label]
    page = open_page(PAGE, show="runs")
    assert not page.exception
    assert "No run yet" in told(page)


def test_the_cost_of_an_epoch_is_computed(open_page: Open) -> None:
    page = open_page(PAGE, network="inception10")
    # 1,438 images, forward and twice that backward, 12,240,128 MACs each.
    assert "120,234 parameters with 10 classes" in told(page)
    assert "52.8 G MACs" in told(page)


def test_the_estimate_follows_from_the_runs_that_have_ended(open_page: Open) -> None:
    assert "no run yet: a guess for a CPU core" in told(open_page(PAGE, network="inception10"))
    keep()
    # At 400 images a second, 8 epochs of 44 batches of 32, and a forward pass over 359 images after each.
    an_epoch = (44 * 32 + 359 / 3) / 400
    time = f"about {formats.duration(8 * an_epoch)} (from 1 run on this machine)"
    assert time in told(open_page(PAGE, network="inception10"))
    page = open_page(PAGE, network="inception10", seconds="60")
    assert f"60 s, which is about {60 / an_epoch:.3g} epochs" in told(page)


def test_a_network_that_does_not_fit_its_input_is_not_trained(open_page: Open) -> None:
    page = open_page(PAGE, input="3x32x32")
    assert "does not fit in 1x1" in says(page)
    page = click(page, START)
    assert not page.exception
    assert client.find() == []


def test_a_large_network_offers_a_smaller_input(open_page: Open) -> None:
    page = open_page(PAGE, network="googlenet")
    small = next(button for button in page.button if "64x64" in button.label)
    needs = small.label.replace("\\", "").partition(": ")[2]
    small.click().run()
    assert f"It needs {needs} (" in told(page)
    assert dict(page.query_params)["input"] == "3x64x64"
    assert not page.error


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("lr", 0.0, "a number above 0 and at most 10"),
        ("lr", 11.0, "a number above 0 and at most 10"),
        ("seed", -1, "from 0 to 2,147,483,647"),
        ("seconds", 0, "from 1 to 3,600"),
        ("dropout", 1.0, "from 0 to 0.95"),
        ("weight_decay", -0.1, "from 0 to 1"),
        ("label_smoothing", 2.0, "from 0 to 0.9"),
    ],
)
def test_a_bad_value_is_answered_in_a_sentence_and_starts_nothing(
    open_page: Open, name: str, value: float, allowed: str
) -> None:
    page = open_page(PAGE, network="inception10", seconds="30")
    field = f"training {name}"
    page.number_input(key=field).set_value(value).run()
    assert allowed in says(page)
    page = click(page, START)
    assert not page.exception
    assert allowed in says(page)
    assert page.number_input(key=field).value == value
    assert client.find() == []
    page.number_input(key=field).set_value(0.5 if isinstance(value, float) else 1).run()
    assert not page.error


def test_the_form_stands_in_the_link_and_is_what_is_started(open_page: Open) -> None:
    asked = {
        "data": "patterns", "epochs": "70", "batch": "48", "lr": "0.05", "optimizer": "sgd", "schedule": "step",
        "weight_decay": "0.001", "label_smoothing": "0.1", "dropout": "0.3", "augmentation": "shift",
        "mode": "always_eval", "precision": "float32", "device": "cpu",
    }  # fmt: skip
    page = open_page(PAGE, network="inception10", **asked)
    assert not page.error
    assert page.slider(key="training epochs").value == 70
    assert page.select_slider(key="training batch").value == 48
    page.number_input(key="training seed").set_value(7).run()
    assert {**asked, "seed": "7"}.items() <= dict(page.query_params).items()
    page = click(page, START)
    (run,) = client.find(owner="me")
    assert run.config == TrainConfig.make(**asked, seed=7)
    assert dict(page.query_params)["run"] == run.id
    assert "the number of epochs is 201" in says(open_page(PAGE, epochs="201"))


def test_a_time_budget_takes_the_place_of_the_epochs_and_gives_it_back(open_page: Open) -> None:
    page = open_page(PAGE, network="inception10")
    length = page.button_group(key="training length")
    page = length.set_value("seconds").run()
    page.number_input(key="training seconds").set_value(25).run()
    assert dict(page.query_params)["seconds"] == "25"
    page = page.button_group(key="training length").set_value("epochs").run()
    assert "seconds" not in page.query_params
    click(page, START)
    (run,) = client.find()
    assert (run.config.seconds, run.config.epochs) == (None, 8)


def test_a_flip_is_warned_of_where_a_mirror_changes_the_meaning(open_page: Open) -> None:
    assert "Seen in a mirror" in told(open_page(PAGE, network="inception10", augmentation="flip"))
    assert "Seen in a mirror" not in told(open_page(PAGE, network="inception10", augmentation="flip", data="patterns"))


def test_fewer_classes_than_the_data_has_is_refused(open_page: Open) -> None:
    page = click(open_page(PAGE, network="inception10", classes="3"), START)
    assert "3 classes" in says(page)
    assert "at least 10" in says(page)


def test_a_run_that_waits_tells_its_place(open_page: Open) -> None:
    for _ in range(2):
        keep(store.QUEUED, records=())
    id = keep(store.QUEUED, records=())
    page = open_page(PAGE, run=id)
    assert "2 runs come before it" in progress(page)
    page = click(page, "Stop")
    assert client.status(id).state == store.STOPPED
    assert "Resume" in labels(open_page(PAGE, run=id))


def test_a_run_under_way_tells_how_far_it_is_and_what_happened(open_page: Open) -> None:
    id = keep(store.ACTIVE, records=(*CURVE, Notice("no checkpoint was kept: the disk is full")))
    page = open_page(PAGE, run=id)
    assert not page.exception
    assert "Epoch 1 of 8, about 27 s left" in progress(page)
    assert [metric.value for metric in page.metric] == ["50.00 %", "25.0 %", "2.3456", "400"]
    assert "Learning rate 0.0015" in told(page)
    assert "Memory 800 MiB" in told(page)
    assert "no checkpoint was kept: the disk is full." in told(page)
    assert len(page.get("plotly_chart")) == 2
    assert not {"Resume", "Delete it for good"} & set(labels(page))


def test_a_run_that_is_told_to_stop_says_so_until_it_has(open_page: Open) -> None:
    id = keep(store.ACTIVE)
    page = click(open_page(PAGE, run=id), "Stop")
    assert next(button for button in page.button if button.label == "Stopping").disabled
    assert "A run of yours is under way" in told(page)


def test_before_its_first_point_a_run_shows_what_its_worker_says(open_page: Open) -> None:
    id = keep(store.ACTIVE, records=())
    assert "Starting the worker process" in progress(open_page(PAGE, run=id))
    (folder(id) / LOG).write_text("CIFAR-10: 44 of 170 MB\nCIFAR-10: 45 of 170 MB\n")
    assert progress(open_page(PAGE, run=id)) == "CIFAR-10: 45 of 170 MB"


def test_a_failed_run_shows_its_reason_and_what_it_measured_and_can_go_on(open_page: Open) -> None:
    id = keep(store.FAILED)
    page = open_page(PAGE, run=id)
    assert not page.exception
    assert f"The run failed: {FAILED.reason}." in says(page)
    assert "2.3456" in [metric.value for metric in page.metric]
    click(page, "Resume")
    assert client.status(id).state == store.QUEUED


def test_what_another_browser_did_in_between_is_said(open_page: Open) -> None:
    first, second = keep(store.FAILED), keep(store.STOPPED)
    page = open_page(PAGE, run=first)
    client.resume(first)
    page = click(page, "Resume")
    assert not page.exception
    assert "only one that was stopped or failed can go on" in told(page)
    page = open_page(PAGE, run=second)
    client.delete(second)
    page = click(page, "Delete it for good")
    assert not page.exception
    assert "there is no run" in told(page)


def test_a_deleted_run_is_forgotten_and_its_folder_gone(open_page: Open) -> None:
    id = keep()
    page = click(open_page(PAGE, run=id), "Delete it for good")
    assert not page.exception
    assert client.find() == []
    assert not folder(id).exists()
    assert "run" not in page.query_params


def test_a_run_of_another_browser_opens_by_its_link_only(open_page: Open) -> None:
    id = keep(owner="somebody")
    assert "Those of other browsers stand under All runs" in told(open_page(PAGE))
    page = click(open_page(PAGE, show="runs", whose="all", overlay=id), "Open the ticked run")
    assert dict(page.query_params).items() >= {"run": id, "overlay": id}.items()
    assert "show" not in page.query_params
    page = open_page(PAGE, run=id)
    assert "by another browser" in page.selectbox(key="Training run").options[0]
    assert "was started in another browser" in told(page)


@pytest.mark.parametrize("column", ["spec", "config", "last", "state"])
def test_spoilt_runs_do_not_spoil_the_page(open_page: Open, column: str) -> None:
    contents = ("", "{", "[1]", '{"architecture": "gone"}')
    ids = [keep(spoilt=(column, content)) for content in contents]
    for query in ({"run": ids[1]}, {"show": "runs", "overlay": ",".join(ids)}):
        page = open_page(PAGE, **query)
        assert not page.exception
        assert START in labels(page)


def test_all_runs_name_one_that_cannot_be_read(open_page: Open) -> None:
    good, lost = keep(owner="me"), keep(spoilt=("spec", "{"))
    page = open_page(PAGE, show="runs", whose="all")
    assert f"1 run is kept and cannot be read, such as {lost}" in told(page)
    client.delete(lost)
    assert "cannot be read" not in told(open_page(PAGE, show="runs", whose="all"))
    assert client.status(good).state == store.DONE


def outcome() -> Evaluation:
    confusion = [[0] * 10 for _ in range(10)]
    for label in range(10):
        confusion[label][label] = 30
    confusion[9][4] = 6
    return Evaluation(tuple(map(tuple, confusion)), (Misclassified(17, 9, 4, 0.971, 3.5, PICTURE),))


def test_a_finished_run_tells_what_its_answers_were(open_page: Open) -> None:
    id = keep()
    outcome().write(folder(id))
    page = open_page(PAGE, run=id)
    assert not page.exception
    assert "300 of 306 images are right. The commonest mistake: 9 answered as 4, 6 times." in told(page)
    assert len(page.get("plotly_chart")) == 4
    (tile,) = component(page, "wrong")["tiles"]
    assert tile == {
        "image": PICTURE,
        "caption": "9 → 4, 97 %",
        "alt": "Held-out image 17: 9, taken for 4 with 97 %.",
    }
    assert len(open_page(PAGE, run=id, hide="report").get("plotly_chart")) == 2


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"confusion": [[1, 2]], "wrong": [1]}', '{"confusion": [[-1]]}'])
def test_a_torn_report_is_said(open_page: Open, torn: str) -> None:
    id = keep()
    (folder(id) / REPORT).write_text(torn)
    page = open_page(PAGE, run=id)
    assert not page.exception
    assert "the report of this run cannot be read" in says(page)


def test_without_weights_there_are_no_maps(open_page: Open) -> None:
    page = open_page(PAGE, run=keep())
    assert "weights are not kept any more" in told(page)
    assert not any(button.label == "Show its feature maps" for button in page.button)


def test_feature_maps_are_asked_for_and_shown(
    open_page: Open, answer: Callable[[bytes], list[tuple[str, ...]]]
) -> None:
    id = keep()
    (folder(id) / WEIGHTS).touch()
    maps = tuple(FeatureMap(channel, -0.5, 2.0, 1.0, PICTURE) for channel in (5, 3))
    asked = answer(FeatureMaps(id, "stem.conv", (16, 32, 32), 4, 7, PICTURE, maps).to_json().encode())
    page = click(open_page(PAGE, run=id, node="stem.conv", image="4"), "Show its feature maps")
    assert asked == [("features", f"--run={id}", "--node=stem.conv", "--image=4", "--json")]
    assert not page.exception
    source, first, second = component(page, "maps")["tiles"]
    assert source["caption"] == "image: 7"
    assert (first["caption"], second["caption"]) == ("5: -0.5 to 2", "3: -0.5 to 2")
    answer(b"{")
    assert "make them again" in says(click(open_page(PAGE, run=id), "Show its feature maps"))


def listed(page: AppTest) -> list[str]:
    """The networks in the table."""
    return list(page.dataframe[0].value["network"]) if page.dataframe else []


def ticked(page: AppTest) -> list[int]:
    """The rows of the table that are chosen."""
    found: list[int] = json.loads(page.dataframe[0].proto.selection_default)["selection"]["rows"]
    return found


def test_the_table_is_filtered_by_what_stands_in_the_link(open_page: Open) -> None:
    keep()
    keep(spec=Spec.make("lenet"), config=TrainConfig.make(data="mnist_5k"))
    keep(store.FAILED, owner="somebody")
    assert listed(open_page(PAGE, show="runs")) == ["LeNet-5", "Inception10"]
    page = open_page(PAGE, show="runs", whose="all")
    assert listed(page) == ["Inception10", "LeNet-5", "Inception10"]
    page = page.selectbox(key="Training state").set_value("failed").run()
    assert listed(page) == ["Inception10"]
    assert dict(page.query_params)["state"] == "failed"
    page = page.selectbox(key="Training named").set_value("LeNet-5").run()
    assert "No run is like that" in told(page)


def test_chosen_runs_are_drawn_on_one_another(open_page: Open) -> None:
    ids = [keep(), keep(spec=Spec.make("lenet")), keep(store.STOPPED)]
    page = open_page(PAGE, show="runs", overlay=",".join(ids))
    assert not page.exception
    overlay, scatter = page.get("plotly_chart")
    assert ticked(page) == [0, 1, 2]
    assert overlay.proto.alt.count(formats.percent(0.5)) == 3
    assert "Held-out accuracy of 2 runs against parameters" in scatter.proto.alt
    assert "sets of images" not in told(page)
    other = keep(config=TrainConfig.make(data="patterns"))
    assert "The ticked runs are of 2 sets of images" in told(open_page(PAGE, show="runs", overlay=f"{ids[0]},{other}"))
    client.delete(other)
    gone = "20261122-030405-999999-0a1b2c3d"
    page = open_page(PAGE, show="runs", overlay=f"{gone},{ids[0]}", over="seconds", measure="loss", price="macs")
    assert not page.exception
    assert ticked(page) == [2]
    overlay, _ = page.get("plotly_chart")
    assert overlay.proto.alt.count("1.9000") == 1


@pytest.mark.parametrize(
    ("overlay", "sentence"),
    [
        (",".join(f"20261122-030405-{n:06d}-0a1b2c3d" for n in range(7)), "7 runs are chosen"),
        ("../../etc/passwd", "there is no run '../../etc/passwd'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(open_page: Open, overlay: str, sentence: str) -> None:
    assert sentence in says(open_page(PAGE, show="runs", overlay=overlay))


def test_the_files_of_a_run_are_offered(open_page: Open) -> None:
    id = keep()
    (folder(id) / WEIGHTS).touch()
    offered = [button.proto.label for button in open_page(PAGE, run=id).get("download_button")]
    assert offered == ["Network (JSON)", "Configuration (JSON)", "Curve (CSV)", "Weights (safetensors)"]


def test_a_run_says_how_it_trained_and_gives_its_settings_to_the_form(open_page: Open) -> None:
    spec = Spec.make("inceptionnet", rewrites=["batch_norm"])
    config = TrainConfig.make(data="mnist_5k", epochs=3, lr=0.05, optimizer="sgd", dropout=0.25, mode="always_eval")
    id = keep(spec=spec, config=config)
    page = open_page(PAGE, network="googlenet", run=id, batch="64")
    assert f"{config.words}." in told(page)
    page = click(page, "Use its settings")
    assert (list(page.exception), says(page)) == ([], "")
    query = dict(page.query_params)
    assert query["run"] == id
    assert {"network": "inceptionnet", "rewrite": "batch_norm", "mode": "always_eval"}.items() <= query.items()
    assert "batch" not in query
    client.delete(id)
    click(page, START)
    (again,) = client.find(owner="me")
    assert (again.spec, again.config) == (spec, config)


def test_it_opens_with_a_network_of_half_a_minute_until_another_is_chosen(open_page: Open) -> None:
    page = open_page(PAGE)
    assert page.query_params["network"] == "inceptionnet"
    (needs,) = [one.value for one in page.markdown if "It needs about" in one.value]
    seconds = int(re.findall(r"about (\d+) s ", needs.replace("\\", ""))[0])
    assert 5 <= seconds <= 60
    page = open_page(PAGE, network="googlenet")
    assert page.query_params["network"] == "googlenet"


def test_the_original_and_an_edited_network_are_trained_beside_each_other(open_page: Open) -> None:
    assert BOTH not in labels(open_page(PAGE, network="inception10"))
    page = click(open_page(PAGE, network="inception10", init_ch="4", rewrite="batch_norm", epochs="2"), BOTH)
    assert not page.exception
    assert not says(page)
    mine, original = client.find()
    assert (original.spec, mine.spec) == (
        mine.spec.unedited,
        Spec.make("inception10", settings={"init_ch": 4}, rewrites=["batch_norm"]),
    )
    assert original.config == mine.config
    assert page.query_params["show"] == "runs"
    assert page.query_params["overlay"] == f"{original.id},{mine.id}"
    assert page.query_params["run"] == mine.id


BOTH = "Train original and mine"


def test_both_are_trained_or_none(open_page: Open) -> None:
    page = click(open_page(PAGE, network="googlenet", input="3x32x32", **{"avg_pool.kernel_size": "1"}), BOTH)
    assert "does not fit" in says(page)
    assert client.find() == []


def _lines(page: AppTest) -> list[list[str]]:
    """The lines of each chart of a run, by name."""
    charts = page.get("plotly_chart")[:2]
    return [[line["name"] for line in json.loads(chart.proto.spec)["data"]] for chart in charts]


def test_the_run_before_stands_behind_one_on_the_same_images(open_page: Open) -> None:
    first = keep(spec=Spec.make("lenet"))
    keep(config=TrainConfig.make(data="patterns"))
    keep(owner="somebody")
    keep(store.ACTIVE, spec=Spec.make("lenet"))
    second = keep()
    assert _lines(open_page(PAGE, run=first)) == [["training", "held out"]] * 2
    assert _lines(open_page(PAGE, run=second)) == [["LeNet-5, before", "training", "held out"]] * 2
    client.delete(first)
    assert _lines(open_page(PAGE, run=second)) == [["training", "held out"]] * 2
