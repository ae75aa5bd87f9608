"""The home page, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from explorer.common import formats
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.ui.components import gallery_grid
from explorer.ui.frame import site
from explorer.ui.pages import home
from explorer.ui.session.text import plain
from explorer.zoo import ARCHITECTURES
from tests.helpers.pages import Open, component, says, totals


def test_the_page_opens_with_live_numbers(open_page: Open) -> None:
    page = open_page("app.py")
    assert not page.exception
    assert not says(page)
    labels = " ".join(link.proto.label for link in page.get("page_link")).replace("\\", "")
    for spec in (Spec.make("inception_block"), Spec.make("inception10")):
        assert formats.number(valid(spec).totals.params) in labels


def test_it_opens_on_a_module_to_touch_which_the_lab_shares(open_page: Open) -> None:
    page = open_page("app.py", network="googlenet", module="inception_4b", rewrite="separable")
    spec = Spec.make("googlenet", module="inception_4b", rewrites=["separable"])
    assert totals(page)[0]["value"] == formats.number(valid(spec).totals.params)
    assert component(page, "home picture")["query"] == spec.to_query()
    queries = [link.proto.query_string for link in page.get("page_link") if link.proto.label.startswith("I ")]
    assert len(queries) == 3
    assert sum("inception_4b" in query and "separable" in query for query in queries) == 2


def test_all_starts_are_on_the_page_and_every_other_page_has_one(open_page: Open) -> None:
    labels = {link.proto.label for link in open_page("app.py").get("page_link")}
    assert {plain(start.words) for start in home.starts()} <= labels
    assert {start.page for start in home.starts()} == set(site.PAGES) - {site.HOME}


@pytest.mark.parametrize("start", home.starts(), ids=lambda start: start.words[:20])
def test_a_start_opens_its_page_in_its_state(open_page: Open, start: home.Start) -> None:
    page = open_page(start.page.file, **start.query)
    assert not page.exception
    assert not says(page)
    assert {key: page.query_params[key] for key in start.query} == start.query


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_a_card_says_what_its_network_costs(id: str) -> None:
    card, totals = gallery_grid.data(id), valid(Spec.make(id)).totals
    assert card["title"] == ARCHITECTURES[id].title
    assert dict(card["numbers"])["parameters"] == formats.short(totals.params)
    assert dict(card["numbers"])["MACs"] == formats.short(totals.macs)
    assert card["href"] == f"network?network={id}"


def test_the_gallery_is_filtered_and_sorted_by_the_link(open_page: Open) -> None:
    page = open_page("app.py", family="Classic", sort="parameters", find="three")
    assert not says(page)
    assert page.text_input(key=f"{site.HOME.title} find").value == "three"
    assert page.query_params["sort"] == "parameters"


def test_nothing_found_is_said(open_page: Open) -> None:
    page = open_page("app.py", find="<b>nowhere</b>")
    assert "None of the" in page.info[0].value
    assert "<b>" not in page.info[0].value


def test_a_wrong_link_costs_a_sentence(open_page: Open) -> None:
    page = open_page("app.py", sort="weight")
    assert "there is no sort 'weight'" in says(page)
    assert "parameters, MACs" in says(page)
    assert not page.exception


@pytest.mark.parametrize(("said", "answer"), [("true", "Not quite"), ("depends", "Right"), ("false", "Not quite")])
def test_a_claim_is_judged_before_it_is_answered(open_page: Open, said: str, answer: str) -> None:
    page = open_page("app.py")
    assert not _answer(page)
    page.segmented_control(key="judged").set_value(said).run()
    assert page.query_params["judged"] == said
    assert _answer(page).startswith(f"{answer}: it holds if")
    assert _answer(open_page("app.py", judged=said)) == _answer(page)
    page.segmented_control(key="judged").set_value(None).run()
    assert not _answer(page)


def _answer(page: AppTest) -> str:
    words = [one.value.replace("\\", "") for one in page.markdown]
    return next((word for word in words if ": it holds if" in word), "")
