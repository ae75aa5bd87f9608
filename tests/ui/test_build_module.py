"""Build with one module by itself: every edit is in its numbers, its pictures and its link."""

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from explorer.common import formats
from explorer.spec.base import modules
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.pages import BELOW, BUILD, Open, component, refuses, rows, says, totals

START = Spec.make("googlenet", module="inception_3a")
MODULES = [
    (id, module) for id in ARCHITECTURES for module in dict.fromkeys(modules(id)[:: max(len(modules(id)) // 3, 1)])
]


def _open(open_page: Open, **query: str) -> AppTest:
    """The page on a module, by default on the first, with all that it can show below."""
    return open_page(BUILD, **{**START.to_query(), "below": BELOW, **query})


def _params(page: AppTest) -> str:
    return totals(page)[0]["value"]


def _spec_of(page: AppTest) -> Spec:
    """The module of the address bar."""
    query = {key: [value] if isinstance(value, str) else value for key, value in dict(page.query_params).items()}
    return Spec.from_query(
        {key: values for key, values in query.items() if key not in ("node", "hide", "large", "below")}
    )


def _button(page: AppTest, label: str) -> Button:
    return next(button for button in page.button if button.label == label)


def _width(page: AppTest, node: str) -> str:
    """The key of a width's slider."""
    return next(str(slider.key) for slider in page.slider if slider.label == node)


def test_it_opens_on_the_four_branches_of_3a(open_page: Open) -> None:
    page = _open(open_page)
    assert not page.exception
    assert not page.error
    assert _params(page) == "163,696"
    assert len(rows(page, "rows")) == len(analyse(START).trace.rows)
    assert [slider.label for slider in page.slider] == [
        row.name for row in analyse(START).trace.rows if row.kind == "Conv2d"
    ]


@pytest.mark.parametrize(("id", "module"), MODULES, ids=[".".join(pair) for pair in MODULES])
def test_modules_of_the_zoo_open_as_presets(open_page: Open, id: str, module: str) -> None:
    spec = Spec.make(id, module=module)
    page = _open(open_page, **spec.to_query())
    assert not page.exception
    assert not page.error
    assert _params(page) == formats.number(analyse(spec).trace.totals.params)
    assert {row["layer"] for row in rows(page, "rows")} == {row.name for row in analyse(spec).trace.rows}


def test_a_width_reaches_numbers_table_diagram_bars_and_link(open_page: Open) -> None:
    page = _open(open_page)
    page.slider(key=_width(page, "branch5x5.conv")).set_value(48).run()
    trace = analyse(_spec_of(page)).trace
    row = next(row for row in trace.rows if row.name == "branch5x5.conv")
    assert row.out_shape[0] == 48
    assert _params(page) == formats.number(trace.totals.params)
    shown = {line["layer"]: line for line in rows(page, "rows")}
    assert shown["branch5x5.conv"]["parameters"] == formats.number(row.params)
    assert shown["concat"]["output"] == "272x28x28"
    branch = sum(row.params for row in trace.rows if row.name.startswith("branch5x5."))
    assert formats.number(branch) in component(page, "cost")["svg"]
    assert f"{formats.number(row.params)} params" in component(page, "diagram")["svg"]


def test_add_and_multiply_say_why_they_cannot(open_page: Open) -> None:
    page = _open(open_page)
    page.segmented_control(key="googlenet inception_3a concat.kind").set_value("add").run()
    assert "concat (Add)" in says(page)
    assert "64" in says(page)
    assert "128" in says(page)
    # The valid part stays, and equal widths mend it.
    assert rows(page, "rows")[-1]["layer"] == "branch_pool.conv_relu"
    for node in ("branch1x1.conv", "branch3x3.conv", "branch5x5.conv", "branch_pool.conv"):
        page.slider(key=_width(page, node)).set_value(64).run()
    assert not page.error
    assert rows(page, "rows")[-1]["output"] == "64x28x28"


def test_layers_and_branches_come_and_go(open_page: Open) -> None:
    page = _open(open_page, node="branch3x3.conv")
    page.session_state["add a branch"] = True  # opens its menu
    _button(page, "Put it in").click().run()
    assert "branch3x3.conv_2" in {row["layer"] for row in rows(page, "rows")}
    _button(page, "Add it").click().run()
    added = {row["layer"] for row in rows(page, "rows")} - {row.name for row in analyse(START).trace.rows}
    assert {"branch3x3.conv_2", "branch3x3.conv_2_relu", "branch_new1.layer", "branch_new1.layer_relu"} == added
    _button(page, "Take it out").click().run()
    assert len(_spec_of(page).layers) == 3
    assert not page.exception
    assert _params(page) == formats.number(analyse(_spec_of(page)).trace.totals.params)
    for _ in range(3):
        _button(page, "Undo").click().run()
    assert _params(page) == "163,696"


@pytest.mark.parametrize(
    ("query", "wrong", "allowed"),
    [
        ({"module": "inception_9z"}, "no module of googlenet called 'inception_9z'", "inception_3a"),
        ({"module": "inception_3a", "branch9.conv.out_channels": "3"}, "no layer 'branch9.conv'", "branch5x5.conv"),
        ({"module": "inception_3a", "branch5x5.conv.out_channels": "0"}, "is 0", "from 1 to"),
        ({"module": "inception_3a", "branch5x5.conv.kind": "avg"}, "called 'kind'", "out_channels"),
        ({"module": "inception_3a", "layers": "-branch9"}, "no layer or branch 'branch9'", "branch5x5.conv"),
        ({"module": "inception_3a", "layers": "<b>x</b>"}, "the change of layers is '<b>x</b>'", "-NAME"),
    ],
)
def test_a_bad_link_says_what_is_wrong_and_the_page_works(
    open_page: Open, query: dict[str, str], wrong: str, allowed: str
) -> None:
    page = _open(open_page, **query)
    refuses(page, wrong, allowed)
    assert _params(page) == "6,998,552"


def test_a_value_that_no_control_offers_is_answered_in_a_sentence(open_page: Open) -> None:
    page = _open(open_page, node="branch5x5.conv")
    page.number_input(key="googlenet inception_3a branch5x5.conv.groups").set_value(-4).run()
    assert "branch5x5.conv.groups is -4: it must be a whole number from 1 to" in says(page)
    assert _params(page) == "163,696"


def test_groups_that_divide_nothing_leave_the_valid_part(open_page: Open) -> None:
    page = _open(open_page, node="branch5x5.conv")
    page.number_input(key="googlenet inception_3a branch5x5.conv.groups").set_value(5).run()
    assert "5 groups must divide both the 16 input channels and the 32 output channels" in says(page)
    assert 'class="node box error"' in component(page, "graph")["svg"]


def test_every_statement_is_about_this_module(open_page: Open) -> None:
    text = " ".join(component(_open(open_page), "notes")["sentences"])
    assert "64 + 128 + 32 + 32 = 256 channels" in text
    naive = analyse(Spec.make("googlenet", module="inception_3a", rewrites=["no_reduction@branch5x5"])).trace
    branch = sum(row.params for row in naive.rows if row.name.startswith("branch5x5."))
    assert f"branch5x5 would take {formats.number(branch)} parameters" in text
