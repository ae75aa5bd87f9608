"""A link holds the whole state of a page: what is written is read again, and names never clash."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.common.errors import ExplorerError
from explorer.spec.spec import Spec
from explorer.ui.frame import pins, site
from explorer.ui.frame.pins import LONGEST_NAME, MOST
from explorer.ui.frame.site import PAGES
from explorer.ui.session.history import LONGEST, History
from explorer.ui.session.view import Page, View
from explorer.zoo import ARCHITECTURES
from tests.helpers.pages import Open, component

SPEC = Spec.make(
    "googlenet", module="inception_3a", settings={"branch5x5.conv.kernel_size": 7}, rewrites=["batch_norm"]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_names_of_values_never_clash(page: Page) -> None:
    names = [key.name for key in page.all_keys]
    assert len(set(names)) == len(names)
    of_networks = {"network", "module", "input", "classes", "layers", "rewrite"}
    of_networks |= {key for entry in ARCHITECTURES.values() for key in entry.settings}
    assert not set(names) & of_networks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_written_into_a_link_is_read_again(page: Page, data: st.DataObject) -> None:
    view = View(SPEC if page.slot else Spec.make("googlenet"))
    for key in page.all_keys:
        text = data.draw(st.one_of(st.integers(0, 9).map(str), st.sampled_from(["", "1", *page.sections, "a.b"])))
        try:
            view = view.set(key, key.parse(text))
        except ExplorerError as error:
            assert str(error)
    query = page.link(view)
    assert page.read({name: [text] for name, text in query.items()}, view.spec) == view
    assert page.link(page.read({name: [text] for name, text in query.items()}, view.spec)) == query


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
@given(text=st.text(max_size=30))
@settings(max_examples=80, deadline=None)
def test_any_text_of_a_value_is_taken_or_explained(page: Page, text: str) -> None:
    for key in page.all_keys:
        try:
            value = key.parse(text)
        except ExplorerError as error:
            assert "\n" not in str(error)
        else:
            assert key.parse(key.write(value)) == value


def test_a_quick_series_of_one_control_is_one_step_back() -> None:
    views = [View(SPEC.with_setting("branch5x5.conv.out_channels", width)) for width in range(40, 48)]
    history = History([View(SPEC)])
    for view in views:
        history.push(view, "width")
    history.push(View(SPEC), "another")
    assert history.step(-1)
    assert history.view == views[-1]
    assert history.step(-1)
    assert history.view == View(SPEC)
    assert not history.step(-1)
    assert history.step(1)
    history.push(View(SPEC), "third")
    assert not history.step(1)


def test_a_history_does_not_grow_without_end() -> None:
    history = History([View(SPEC)])
    for width in range(1, LONGEST + 50):
        history.push(View(SPEC.with_setting("branch5x5.conv.out_channels", width)), "")
    assert len(history.views) == LONGEST
    assert history.view.spec.values[-1][1] == LONGEST + 49


def _open_with(open_page: Open, kept: str) -> str:
    """What a page offers to keep after a browser has told what it kept."""
    page = open_page("pages/build.py")
    assert component(page, "pin store") == {"text": None}
    page.session_state["pins"] = tuple(pins.kept(kept, SPEC))
    page.run()
    assert not page.exception
    return str(component(page, "pin store")["text"])


def test_pins_come_back_from_the_browser(open_page: Open) -> None:
    kept = [
        {"name": "<b>mine</b>", "page": "pages/build.py", "query": site.BUILD.link(View(SPEC))},
        {"name": "growth", "page": "pages/cost.py", "query": {"lesson": "groups"}},
    ]
    assert json.loads(_open_with(open_page, json.dumps(kept))) == kept


def test_pins_of_pages_that_there_were_come_back_too(open_page: Open) -> None:
    query = {**SPEC.to_query(), "node": "branch5x5.conv"}
    kept = [
        {"name": "mine", "page": "pages/lab.py", "query": {**query, "hide": "preset"}},
        {"name": "whole", "page": "pages/network.py", "query": {"network": "vgg16", "unfolded": "conv1"}},
    ]
    assert json.loads(_open_with(open_page, json.dumps(kept))) == [
        {"name": "mine", "page": site.BUILD.file, "query": query},
        {
            "name": "whole",
            "page": site.BUILD.file,
            "query": {"network": "vgg16", "unfolded": "conv1", "below": "diagram"},
        },
    ]


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "null",
        "{}",
        "[[[",
        "[" * 100_000,
        '[1, "x", null, {}]',
        '[{"name": 1, "page": "../etc/passwd", "query": {}}]',
        '[{"name": "x", "page": "pages/build.py", "query": {"network": "alexnot"}}]',
        '[{"name": "x", "page": "pages/build.py", "query": 7}]',
        '[{"name": "x", "page": ["pages/build.py"], "query": {}}]',
    ],
)
def test_what_is_no_pin_is_left_out(open_page: Open, kept: str) -> None:
    assert json.loads(_open_with(open_page, kept)) == []


def test_names_and_numbers_of_pins_are_bounded(open_page: Open) -> None:
    one = {"name": "n" * 500, "page": "pages/cost.py", "query": {}}
    (kept,) = json.loads(_open_with(open_page, json.dumps([one])))
    assert len(kept["name"]) == LONGEST_NAME
    assert MOST < 100


@pytest.mark.parametrize("file", [page.file for page in PAGES if page.slot])
@pytest.mark.parametrize("id", ["inception_v3", "alexnet"])
def test_a_network_that_does_not_fit_its_image_has_a_page(open_page: Open, file: str, id: str) -> None:
    page = open_page(file, network=id, input="3x20x20")
    assert not page.exception
