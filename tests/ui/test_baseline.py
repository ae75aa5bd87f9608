"""One baseline for all of Build: whatever says what changed says it against the same network."""

import json
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from explorer.analysis.candidates import Candidate
from explorer.analysis.compare import changes
from explorer.common import formats
from explorer.draw.flow.module import drawn_first
from explorer.spec.build import analyse, valid
from explorer.spec.spec import Spec
from explorer.ui import server
from explorer.zoo import ARCHITECTURES
from tests.helpers.asgi import ask
from tests.helpers.pages import BELOW, BUILD, Open, component, refuses, rows, totals

MODULE = Spec.make("googlenet", module="inception_3a")
NORMED = MODULE.with_(rewrites=["batch_norm"])
BOTH = MODULE.with_(rewrites=["batch_norm", "stack_5x5"])
ELSEWHERE = Spec.make("googlenet", module="inception_5b")


def _open(open_page: Open, spec: Spec, **query: str) -> AppTest:
    return open_page(BUILD, **{**spec.to_query(), "below": BELOW, **query})


def _difference(now: Spec, before: Spec) -> str:
    return formats.change(valid(before).totals.params, valid(now).totals.params, formats.number)


@pytest.mark.parametrize("before", [NORMED, MODULE, ELSEWHERE], ids=["one switch", "none", "another"])
def test_numbers_tables_and_pictures_are_against_one_network(open_page: Open, before: Spec) -> None:
    text = Candidate(before).text
    page = _open(open_page, BOTH, baseline=text)
    assert not page.exception
    assert not page.error
    assert component(page, "chips")["against"]["value"] == text
    assert _difference(BOTH, before) in totals(page)[0]["below"]
    old = analyse(before).trace.by_name
    marked = {row["id"] for row in component(page, "rows")["rows"] if "new" in row["marks"]}
    assert marked == {row.name for row in analyse(BOTH).trace.rows if row.name not in old}
    assert [row["module"] for row in rows(page, "differences")] == [
        change.module for change in changes(valid(before), valid(BOTH))
    ]
    assert component(page, "picture")["baseline"] == component(page, "picture")["inHand"] == text
    widths = component(page, "live widths")
    assert widths["baseline"] == text
    asked = {**widths["query"], "baseline": text, "rows": "1", "diagram": "1"}
    answer = json.loads(ask(Starlette(routes=server.routes()), "/live", urlencode(asked)).body)
    assert answer["totals"] == totals(page)
    assert answer["pictures"]["cost"] == component(page, "cost")["svg"]
    assert answer["rows"] == component(page, "rows")["rows"]
    assert answer["diagram"]["svg"] == component(page, "diagram")["svg"]
    assert answer["diagram"]["homes"] == component(page, "diagram")["homes"]


def test_a_link_that_names_none_is_against_the_original(open_page: Open) -> None:
    page = _open(open_page, BOTH)
    assert component(page, "chips")["against"] == {
        "value": "",
        "titles": [["", "the original"], ["step", "the last step"]],
    }
    assert _difference(BOTH, MODULE) in totals(page)[0]["below"]
    assert component(page, "picture")["baseline"] == ""


def test_the_last_step_is_what_the_last_edit_began_with(open_page: Open) -> None:
    page = _open(open_page, NORMED, baseline="step")
    assert totals(page)[0]["below"] == "unchanged"
    slider = next(slider for slider in page.slider if slider.label == "branch5x5.conv")
    slider.set_value(48).run()
    wider = NORMED.with_(settings={"branch5x5.conv.out_channels": 48})
    assert _difference(wider, NORMED) in totals(page)[0]["below"]
    picture = component(page, "picture")
    assert picture["baseline"] == Candidate(NORMED).text
    assert picture["inHand"] == Candidate(wider).text
    # The link that it hands on names the network itself: the step is this session's.
    assert dict(page.query_params)["baseline"] == Candidate(NORMED).text


def test_a_pin_of_the_same_module_can_be_the_baseline(open_page: Open) -> None:
    page = _open(open_page, NORMED)
    page.text_input(key="pin name").set_value("with <b>norm</b>").run()
    next(button for button in page.button if button.label == "Pin it").click().run()
    assert [Candidate(NORMED).text, "with <b>norm</b>"] in component(page, "chips")["against"]["titles"]


@pytest.mark.parametrize(
    ("baseline", "wrong", "allowed"),
    [
        ("nonsense", "nonsense", "network=googlenet"),
        ("network=alexnot", "alexnot", "alexnet"),
        ("network=googlenet&input=3x1x1", "", ""),
    ],
)
def test_a_baseline_that_is_none_is_refused_in_a_sentence(
    open_page: Open, baseline: str, wrong: str, allowed: str
) -> None:
    page = _open(open_page, BOTH, baseline=baseline)
    refuses(page, wrong, allowed)
    assert page.error


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_any_network_can_be_held_against_another(id: str) -> None:
    app = Starlette(routes=server.routes())
    spec, other = Spec.make(id), Spec.make("googlenet", rewrites=["separable"])
    paper = {"picture": "1240x400", "strip": "1240"}
    for now, before in ((spec, other), (other, spec)):
        query = {**now.to_query(), **paper, "at": drawn_first(now), "baseline": Candidate(before).text}
        reply = ask(app, "/live", urlencode(query))
        assert reply.status == 200
        shown = json.loads(reply.body)["totals"][0]
        assert shown["value"] == formats.number(valid(now).totals.params)
        assert _difference(now, before) in shown["below"]
