"""The receptive field page: what is chosen is what the box, the numbers, the paths and the link say."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer.analysis.field import chain
from explorer.analysis.field.box import box
from explorer.analysis.field.chain import Chain
from explorer.analysis.field.measured import Effective
from explorer.cli.field import IMAGES
from explorer.common import formats
from explorer.runs import tasks
from explorer.runs.paths import WEIGHTS, folder
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.ui.frame import site
from explorer.zoo import ARCHITECTURES
from tests.helpers.pages import Open, says
from tests.helpers.stored import keep

PAGE = "pages/field.py"
NODE = "inception_4a.concat"


def numbers(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def told(page: AppTest) -> str:
    """All running text, without the escapes."""
    texts = [*page.markdown, *page.caption, *page.info]
    return " ".join(text.value.replace("\\", "") for text in texts)


def test_it_opens_whole_on_a_field_that_fits_into_the_image(open_page: Open) -> None:
    page = open_page(PAGE)
    assert not page.exception
    assert not page.error
    row = analyse(Spec.make("googlenet")).trace.by_name[NODE]
    assert page.selectbox(key="field node").value == NODE
    assert numbers(page)["Receptive field"] == formats.pair(row.receptive_field)
    assert numbers(page)["Effective stride"] == formats.pair(row.jump)
    assert numbers(page)["In the padding"] == "0.0 %"
    assert "node" not in page.query_params


def test_a_link_opens_its_node_and_element(open_page: Open) -> None:
    query = {"network": "googlenet", "node": "inception_5b.concat", "row": "0", "column": "6"}
    page = open_page(PAGE, **query)
    row = analyse(Spec.make("googlenet")).trace.by_name["inception_5b.concat"]
    seen = box(row, (0, 6))
    assert f"rows {seen.top} to {seen.bottom} and the columns {seen.left} to {seen.right}" in told(page)
    assert dict(page.query_params) == query


def test_another_node_and_another_element_reach_numbers_and_link(open_page: Open) -> None:
    page = open_page(PAGE)
    page.slider(key="Receptive field row").set_value(0).run()
    assert page.query_params["row"] == "0"
    assert numbers(page)["In the padding"] != "0.0 %"
    page.button[[button.label for button in page.button].index("Centre")].click().run()
    assert "row" not in page.query_params
    page.selectbox(key="field node").set_value("conv1.conv").run()
    assert numbers(page)["Receptive field"] == "7x7"
    assert page.query_params["node"] == "conv1.conv"


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_network_opens(open_page: Open, id: str) -> None:
    page = open_page(PAGE, network=id)
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"network": "googlenet", "node": "fc"}, "fc makes a vector"),
        ({"network": "inception10", "node": "avg_pool"}, "behind a pool of the whole image"),
        ({"network": "googlenet", "node": "<b>none</b>"}, "GoogLeNet has no valid layer <b>none</b>"),
    ],
)
def test_what_has_no_box_is_explained(open_page: Open, query: dict[str, str], sentence: str) -> None:
    page = open_page(PAGE, **query)
    assert not page.exception
    assert sentence in told(page)


def test_a_network_that_fails_is_shown_up_to_where_it_does(open_page: Open) -> None:
    page = open_page(PAGE, network="googlenet", input="3x32x32")
    assert not page.exception
    assert "avg_pool" in says(page)
    assert numbers(page)["Receptive field"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"row": "x"}, "row is 'x': it must be a whole number"),
        ({"kernel": "99"}, "kernel is 99: it must be a whole number from 1 to 7"),
        ({"picture": "own"}, "there is no picture 'own'"),
    ],
)
def test_a_link_that_says_nonsense_is_answered(open_page: Open, query: dict[str, str], sentence: str) -> None:
    page = open_page(PAGE, network="googlenet", **query)
    assert not page.exception
    assert sentence in says(page)


def test_the_paths_and_their_extremes(open_page: Open) -> None:
    page = open_page(PAGE, network="googlenet", node="inception_5b.concat")
    table = page.dataframe[-1].value
    assert list(table["by way of"].str.rpartition(".")[2]) == ["branch1x1", "branch3x3", "branch_pool", "branch5x5"]
    assert "262,144 paths" in told(page)
    assert "715x715" in told(page)
    assert "75x75" in told(page)


def test_one_path_is_said_to_be_one(open_page: Open) -> None:
    assert "There is one path from the image" in told(open_page(PAGE, network="vgg16"))


def test_the_chain_follows_its_sliders(open_page: Open) -> None:
    page = open_page(PAGE, network="googlenet", kernel="2", doubling="1", depth="5")
    assert chain.formula(Chain(2, 1, 1, 5, True)) in page.latex[0].value
    page.slider(key=f"{site.FIELD.title} stride").set_value(3).run()
    assert page.query_params["stride"] == "3"
    assert chain.formula(Chain(2, 3, 1, 5, True)) in page.latex[0].value
    assert "too many to draw" in told(page)


def test_a_presenters_link_hides_parts(open_page: Open) -> None:
    page = open_page(PAGE, network="googlenet", hide="picture,growth,paths,effective")
    assert not page.exception
    assert not page.metric
    assert page.latex


def png(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [("a.png", png((600, 300)), ""), ("a.png", b"no picture", "cannot be read as a picture"),
     ("../../b.png", b"\x89PNG\r\n", "cannot be read as a picture")],
)  # fmt: skip
def test_a_visitors_own_picture(open_page: Open, name: str, data: bytes, sentence: str) -> None:
    page = open_page(PAGE)
    page.file_uploader[0].set_value((name, data, "image/png")).run()
    assert not page.exception
    assert sentence in says(page)
    assert ("is not in the link" in told(page)) == (not sentence)
    assert "picture" not in page.query_params


MEASURED = Effective(
    NODE, (7, 7), (224, 224), IMAGES, 0, None, (4, 4), ((0.0, 1.0),), (112.0, 111.0), (20.0, 21.0), 0.5, 1234, 29241
)


def ask(page: AppTest, label: str = "Measure it") -> AppTest:
    return page.button(key=f"ask {label}").click().run()


def test_a_measurement_is_asked_for_and_shown(
    open_page: Open, answer: Callable[[bytes], list[tuple[str, ...]]]
) -> None:
    asked = answer(MEASURED.to_json().encode())
    page = ask(open_page(PAGE))
    spec = Spec.make("googlenet").to_json()
    assert asked == [("field", spec, f"--node={NODE}", "--element=7x7", "--json")]
    assert not page.exception
    assert "1,234 pixels move it" in told(page)
    assert f"{formats.percent(1234 / 29241)} of the 29,241 pixels" in told(page)


def test_an_answer_that_cannot_be_read_is_said(open_page: Open, answer: Callable[[bytes], object]) -> None:
    answer(b"{")
    page = ask(open_page(PAGE))
    assert not page.exception
    assert "measure it again" in says(page)


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (tasks.Task(False, failed="it was stopped"), "There is no answer: it was stopped."),
        (tasks.Task(True, words="image 3 of 16"), "image 3 of 16"),
    ],
)
def test_a_task_under_way_and_one_that_failed(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, task: tasks.Task, sentence: str
) -> None:
    monkeypatch.setattr(tasks, "state", lambda id: task)
    page = open_page(PAGE)
    assert not page.exception
    assert sentence in f"{says(page)} {told(page)}"
    assert any(button.label == "Stop" for button in page.button) == task.running


def test_a_task_that_may_not_start_says_why(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer.common import limits

    page = open_page(PAGE)
    monkeypatch.setattr(limits, "MAX_TASKS_AT_ONCE", 0)
    assert "It was not started: 0 tasks are under way and at most 0 may be" in says(ask(page))


def finished(spec: Spec) -> str:
    """A run that has ended and kept its weights."""
    id = keep(spec=spec)
    (folder(id) / WEIGHTS).touch()
    return id


def test_a_run_of_this_network_is_offered(open_page: Open, answer: Callable[[bytes], list[tuple[str, ...]]]) -> None:
    id = finished(Spec.make("inception10"))
    asked = answer(MEASURED.to_json().encode())
    page = open_page(PAGE, network="inception10", node="stem.conv", run=id)
    assert page.selectbox(key="Receptive field run").value == id
    page = ask(page, "Measure the trained one")
    assert asked == [("field", f"--run={id}", "--node=stem.conv", "--element=16x16", "--json")]
    assert not page.exception


def test_a_run_of_another_network_is_a_link_away(open_page: Open) -> None:
    id = finished(Spec.make("inception10"))
    page = open_page(PAGE, network="googlenet", run=id)
    assert not page.exception
    assert "is one of another network" in told(page)
    assert "No finished run of this network" in told(page)
