"""Export, import and verification, without a browser."""

import re
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.common.errors import ExplorerError
from explorer.runs import tasks
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.spec.transfer import from_file, stem, verified
from tests.helpers.pages import says


def _page() -> None:
    from explorer.ui.components import transfer_panel
    from explorer.ui.frame import site
    from explorer.ui.session import state

    transfer_panel.show(state.begin(site.BUILD).spec)


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AppTest:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    test = AppTest.from_function(_page, default_timeout=60)
    test.session_state["network"] = Spec.make("lenet")
    return test


def opened(panel: AppTest, name: str) -> AppTest:
    panel.session_state["exchange panel"] = name
    return panel.run()


def test_nothing_is_made_before_a_panel_is_open(panel: AppTest) -> None:
    assert not panel.run().exception
    assert not panel.get("download_button")
    assert len(opened(panel, "export").get("download_button")) == 3


def test_a_network_too_large_for_onnx_says_so(panel: AppTest) -> None:
    panel.session_state["network"] = Spec.make("vgg16")
    opened(panel, "export")
    assert any("No ONNX" in caption.value for caption in panel.caption)


def test_a_network_that_does_not_fit_can_still_be_kept_as_json(panel: AppTest) -> None:
    panel.session_state["network"] = Spec.make("googlenet", input=(3, 8, 8))
    opened(panel, "export")
    assert not panel.exception
    assert len(panel.get("download_button")) == 1
    assert "does not fit" in panel.info[0].value


def test_what_is_exported_is_imported_again(panel: AppTest) -> None:
    spec = Spec.make("inception10", settings={"init_ch": 8}, rewrites=["separable"])
    opened(panel, "import")
    panel.text_area[0].input(spec.to_json())
    panel.button[-1].click().run()
    assert panel.session_state["network"] == spec
    assert not says(panel)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ('{"architecture": "<b>x</b>"}', "no architecture"),
        ('{"architecture": "googlenet", "rewrites": ["stack_5x5@nowhere"]}', "nowhere"),
        ("[" * 10_000, "nests too deeply"),
        ("x" * 20_000, "at most 16,384 are allowed"),
    ],
)
def test_what_cannot_be_imported_costs_a_sentence_and_changes_nothing(panel: AppTest, text: str, words: str) -> None:
    opened(panel, "import")
    panel.text_area[0].input(text)
    panel.button[-1].click().run()
    assert not panel.exception
    assert words in says(panel)
    assert panel.session_state["network"] == Spec.make("lenet")
    assert panel.text_area[0].value == text


def test_verification_shows_each_node_by_each_counter(panel: AppTest) -> None:
    opened(panel, "verify")
    panel.button[-1].click().run()
    assert not says(panel)
    args = ("verify", Spec.make("lenet").to_json(), "--json", "--nodes")
    for _ in range(1_200):
        if (found := tasks.state(tasks.id_of(*args))) is None or not found.running:
            break
        time.sleep(0.1)
    panel.run()
    assert "0 differences" in panel.success[0].value
    table, rows = panel.dataframe[0].value, valid(Spec.make("lenet")).rows
    assert list(table["layer"])[: len(rows)] == [row.name for row in rows]
    assert list(table["parameters by torchinfo"])[1 : len(rows)] == [row.params for row in rows[1:]]
    assert list(table["MACs by FlopCounterMode"])[1 : len(rows)] == [row.macs for row in rows[1:]]
    assert set(table[""]) == {"✓"}


def test_a_difference_is_told_from_agreement() -> None:
    answer = b"""[{"comparisons": 2, "differences": [{}], "compared": [
        {"name": "a", "what": "params", "ours": 1, "theirs": 2, "by": "torchinfo"},
        {"name": "b", "what": "out_shape", "ours": [3, 4, 5], "theirs": [3, 4, 5], "by": "torch"}]}]"""
    found = verified(answer)
    assert [row["agrees"] for row in found.rows] == [False, True]
    assert found.rows[1]["out_shape by torch"] == "3x4x5"
    assert (found.comparisons, found.differences) == (2, 1)


def test_a_file_is_read_strictly() -> None:
    spec = Spec.make("lenet", classes=7)
    assert from_file(spec.to_json().encode()) == spec
    assert from_file(b"\xef\xbb\xbf" + spec.to_json().encode()) == spec
    for data, words in ((b"\xff\xfe{}", "not text in UTF-8"), (b" " * 100_000, "100,000 bytes")):
        with pytest.raises(ExplorerError, match=words):
            from_file(data)


def test_a_file_is_called_after_its_network() -> None:
    assert stem(Spec.make("lenet")) == "lenet"
    assert stem(Spec.make("lenet", classes=7)) == "lenet_1_edit"
    rewrites = ["stack_5x5", "batch_norm", "separable", "residual", "grouped@conv1"]
    assert stem(Spec.make("googlenet", rewrites=rewrites[:1])) == "googlenet_stack_5x5"
    assert stem(Spec.make("googlenet", rewrites=rewrites)).endswith("_and_2_more")
    assert re.fullmatch(r"[a-z0-9_]+", stem(Spec.make("googlenet", rewrites=rewrites, classes=7)))
    assert stem(Spec.make("googlenet", module="inception_3a")) == "googlenet_inception_3a"
