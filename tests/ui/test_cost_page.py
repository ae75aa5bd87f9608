"""The cost math page: every lesson opens, and what a person moves is what numbers, formula and link say."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from explorer.common import formats
from explorer.lessons.cost import LESSONS
from explorer.lessons.cost.equations import equations
from explorer.lessons.cost.lesson import Study, decimal, study
from explorer.lessons.inception_to_xception import steps
from explorer.spec.build import analyse
from explorer.ui.frame import site
from explorer.ui.session.view import View
from tests.helpers.pages import Open, refuses, says, totals

PAGE = "pages/cost.py"


def starting(id: str) -> Study:
    return study(LESSONS[id], LESSONS[id].start)


def numbers(page: AppTest) -> list[str]:
    return [metric.value for metric in page.metric]


def shown(found: Study) -> list[str]:
    even = found.balance.value
    ways = [formats.number(way.totals.params) for way in (found.plain, found.saving)]
    return [*ways, formats.percent(found.share()), "none" if even is None else decimal(even)]


@pytest.mark.parametrize("id", LESSONS)
def test_every_lesson_opens_whole(open_page: Open, id: str) -> None:
    page = open_page(PAGE, lesson=id)
    assert not page.exception
    assert not page.error
    found = starting(id)
    assert numbers(page) == shown(found)
    assert page.latex[0].value.strip("$\n") == equations(found, "weights")
    assert len(page.slider) + len(page.select_slider) == len(found.lesson.variables)
    assert dict(page.query_params) == ({} if id == "reduction" else {"lesson": id})


def test_a_slider_changes_numbers_formula_sentences_and_link(open_page: Open) -> None:
    page = open_page(PAGE)
    page.slider(key="cost reduction_reduced").set_value(200).run()
    found = starting("reduction").with_(r=200)
    assert numbers(page) == shown(found)
    assert page.metric[2].delta == "not cheaper"
    assert page.latex[0].value.strip("$\n") == equations(found, "weights")
    assert any("Here it has 200" in text.value for text in page.markdown)
    assert dict(page.query_params) == {"reduction_reduced": "200"}


def test_multiply_adds_in_place_of_weights(open_page: Open) -> None:
    page = open_page(PAGE, count="macs", reduction_side="10")
    found = starting("reduction").with_(s=10)
    assert numbers(page)[:2] == [formats.macs(way.totals.macs) for way in (found.plain, found.saving)]
    assert page.latex[0].value.strip("$\n") == equations(found, "macs")


def test_each_lesson_keeps_its_own_numbers(open_page: Open) -> None:
    page = open_page(PAGE, stack_in="30")
    assert numbers(page) == shown(starting("reduction"))
    page.pills(key="Cost math lesson").set_value("stack").run()
    assert numbers(page) == shown(starting("stack").with_(c=30))
    assert dict(page.query_params) == {"lesson": "stack", "stack_in": "30"}


def test_only_groups_that_divide_are_offered_and_they_follow_the_channels(open_page: Open) -> None:
    page = open_page(PAGE, lesson="groups", groups_groups="8")
    page.slider(key="cost groups_out").set_value(100).run()
    groups = page.select_slider(key="cost groups_groups")
    assert not page.error
    assert groups.options == ["1", "2", "4", "5", "10", "20", "25", "50", "100"]
    assert groups.value == 5
    assert numbers(page) == shown(starting("groups").with_(d=100, g=5))
    assert dict(page.query_params) == {"lesson": "groups", "groups_groups": "5", "groups_out": "100"}


def test_a_link_of_numbers_that_do_not_go_together_is_answered_in_a_sentence(open_page: Open) -> None:
    page = open_page(PAGE, lesson="groups", groups_groups="7", groups_out="10")
    assert "groups is 7: it must be one of 1, 2, 5, 10" in says(page)
    assert not page.exception
    assert numbers(page) == shown(starting("groups").with_(d=10, g=5))
    page.select_slider(key="cost groups_groups").set_value(2).run()
    assert not page.error
    assert page.query_params["groups_groups"] == "2"


@pytest.mark.parametrize(
    ("query", "wrong", "allowed"),
    [
        ({"lesson": "magic"}, "no lesson 'magic'", "separable"),
        ({"reduction_in": "0"}, "reduction_in is 0", "from 1 to 1,024"),
        ({"reduction_in": "9999999999"}, "reduction_in is 9999999999", "from 1 to 1,024"),
        ({"reduction_in": "<b>"}, "reduction_in is '<b>'", "a whole number"),
        ({"reduction_kernel": "4"}, "window is 4", "1, 3, 5, 7, 9, 11"),
        ({"count": "flops"}, "no count 'flops'", "macs"),
        ({"network": "googlenet"}, "called 'network'", "reduction_in"),
    ],
)
def test_a_bad_link_says_what_is_wrong_and_the_page_works(
    open_page: Open, query: dict[str, str], wrong: str, allowed: str
) -> None:
    page = open_page(PAGE, **query)
    refuses(page, wrong, allowed)
    page.slider(key="cost reduction_out").set_value(40).run()
    assert not page.exception
    assert page.query_params["reduction_out"] == "40"


def test_every_step_to_xception_is_a_link_to_its_network(open_page: Open) -> None:
    page = open_page(PAGE, lesson="groups")
    links = [link.proto for link in page.get("page_link")]
    for place, step in enumerate(steps()):
        (link,) = (link for link in links if link.label.startswith(f"{place}\\."))
        sent = site.BUILD.link(View(step.spec))
        assert dict(parse_qsl(link.query_string)) == sent


@pytest.mark.parametrize("place", range(7))
def test_every_step_opens_in_the_network_page(open_page: Open, place: int) -> None:
    spec = steps()[place].spec
    page = open_page(site.BUILD.file, **site.BUILD.link(View(spec)))
    assert not page.exception
    assert totals(page)[0]["value"] == formats.number(analyse(spec).trace.totals.params)


@pytest.mark.parametrize(
    ("part", "kind"),
    [("sliders", "slider"), ("formula", "latex"), ("picture", "bidi_component"), ("chart", "plotly_chart")],
)
def test_a_presenter_hides_a_part(open_page: Open, part: str, kind: str) -> None:
    whole, page = open_page(PAGE), open_page(PAGE, hide=part)
    assert not page.exception
    # The frame of every page has components of its own: its links, its pins, and what is scrolled.
    kept = 3 if kind == "bidi_component" else 0
    assert len(whole.get(kind)) > kept
    assert len(page.get(kind)) == kept
    assert numbers(page) == shown(starting("reduction"))


def test_nothing_but_numbers_stays_where_all_is_hidden(open_page: Open) -> None:
    page = open_page(PAGE, lesson="groups", hide=",".join(site.COST.sections))
    assert not page.exception
    assert numbers(page) == shown(starting("groups"))
    assert not len(page.get("plotly_chart"))


def test_undo_takes_a_slider_back(open_page: Open) -> None:
    page = open_page(PAGE)
    page.slider(key="cost reduction_out").set_value(64).run()
    assert numbers(page) == shown(starting("reduction").with_(d=64))
    next(button for button in page.button if button.label == "Undo").click().run()
    assert numbers(page) == shown(starting("reduction"))
    assert page.slider(key="cost reduction_out").value == 32
