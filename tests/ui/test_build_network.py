"""Build with a whole network: what a person changes is what the numbers, tables and the link say."""

from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from explorer.analysis.unproductive import wasted
from explorer.common import formats
from explorer.common.glossary import GLOSSARY
from explorer.lessons.inception_to_xception import steps
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.spec.zoom import alone, placed
from explorer.ui.frame import site
from explorer.zoo import ARCHITECTURES
from tests.helpers.pages import BELOW, BUILD, Open, component, refuses, rows, says, totals


def _open(open_page: Open, **query: str) -> AppTest:
    """The page with all that it can show below."""
    return open_page(BUILD, **{"below": BELOW, **query})


WHERE = "where rewrites apply"


def _show(page: AppTest) -> None:
    """Shows below what can be shown there."""
    page.button_group(key="Build below").set_value(list(site.BELOW_WORDS)).run()


def _numbers(page: AppTest) -> list[str]:
    return [total["value"] for total in totals(page)]


def test_it_opens_whole_on_googlenet(open_page: Open) -> None:
    page = _open(open_page)
    assert not page.exception
    assert not page.error
    assert _numbers(page)[:2] == ["6,998,552", "1.58 G MACs"]
    assert len(rows(page, "rows")) == len(analyse(Spec.make("googlenet")).trace.rows)


def test_a_link_opens_what_it_says_and_stays_as_it_is(open_page: Open) -> None:
    spec = Spec.make("googlenet", settings={"inception_4b.width_5x5": 96}, rewrites=["batch_norm@inception_3a"])
    page = _open(open_page, **spec.to_query())
    assert _numbers(page)[0] == formats.number(analyse(spec).trace.totals.params)
    assert dict(page.query_params) == {**spec.to_query(), "below": BELOW}


def test_a_slider_changes_numbers_differences_and_link(open_page: Open) -> None:
    page = _open(open_page)
    page.slider(key="googlenet inception_3a.width_1x1").set_value(80).run()
    edited = Spec.make("googlenet", settings={"inception_3a.width_1x1": 80})
    assert _numbers(page)[0] == formats.number(analyse(edited).trace.totals.params)
    assert [row["module"] for row in rows(page, "differences")] == ["inception_3a", "inception_3b"]
    assert "inception_3a.width_1x1" in page.query_params


def test_another_module_brings_its_own_sliders(open_page: Open) -> None:
    page = _open(open_page)
    page.selectbox(key="googlenet module shown").set_value("inception_5b").run()
    assert page.slider(key="googlenet inception_5b.width_3x3").value == 384


def test_rewrites_switch_on_and_off(open_page: Open) -> None:
    page = _open(open_page)
    page.toggle(key="googlenet rewrite separable").set_value(True).run()
    assert _numbers(page)[0] == formats.number(
        analyse(Spec.make("googlenet", rewrites=["separable"])).trace.totals.params
    )
    page.selectbox(key=WHERE).set_value("inception_3a").run()
    assert page.toggle(key="googlenet rewrite separable@inception_3a").disabled
    page.selectbox(key=WHERE).set_value("the whole network").run()
    page.toggle(key="googlenet rewrite separable").set_value(False).run()
    page.selectbox(key=WHERE).set_value("inception_3a").run()
    page.toggle(key="googlenet rewrite separable@inception_3a").set_value(True).run()
    one = Spec.make("googlenet", rewrites=["separable@inception_3a"])
    assert _numbers(page)[0] == formats.number(analyse(one).trace.totals.params)


@pytest.mark.parametrize(("verb", "arrow"), [("separable", "▼"), ("no_reduction", "▲")])
def test_the_arrow_points_where_the_number_went(open_page: Open, verb: str, arrow: str) -> None:
    assert totals(_open(open_page, rewrite=verb))[0]["below"][0] == arrow


@pytest.mark.parametrize("id", ["inception_block", "inception10"])
def test_picking_another_architecture_starts_it_unedited(open_page: Open, id: str) -> None:
    page = _open(open_page, rewrite="batch_norm")
    page.selectbox(key="architecture").set_value(id).run()
    assert not page.exception
    assert _numbers(page)[0] == formats.number(analyse(Spec.make(id)).trace.totals.params)


@pytest.mark.parametrize(
    ("query", "wrong", "allowed"),
    [
        ({"network": "alexnot"}, "no architecture 'alexnot'", "googlenet"),
        ({"inception_3a.width_1x1": "0"}, "inception_3a.width_1x1 is 0", "from 1 to 1,024"),
        ({"inception_3a.width_1x1": "-1"}, "is -1", "from 1 to 1,024"),
        ({"inception_3a.width_1x1": "1000000000"}, "is 1000000000", "from 1 to 1,024"),
        ({"inception_3a.width_1x1": "x"}, "is 'x'", "a whole number"),
        ({"rewrite": "stack_7x7"}, "no rewrite 'stack_7x7'", "stack_5x5"),
        ({"rewrite": "stack_5x5@inception_9z"}, "no module 'inception_9z'", "inception_3a"),
        ({"input": "224"}, "the input is '224'", "such as 3x224x224"),
        ({"classes": "0"}, "the number of classes is 0", "from 1 to"),
        ({"colour": "red"}, "called 'colour'", "inception_3a.width_1x1"),
    ],
)
def test_a_bad_link_says_what_is_wrong_and_the_page_works(
    open_page: Open, query: dict[str, str], wrong: str, allowed: str
) -> None:
    page = _open(open_page, **query)
    refuses(page, wrong, allowed)
    assert _numbers(page)[0] == "6,998,552"
    _show(page)
    page.slider(key="googlenet inception_3a.width_1x1").set_value(65).run()
    assert not page.error


def test_an_input_too_small_names_the_node_and_keeps_the_valid_part(open_page: Open) -> None:
    page = _open(open_page, input="3x32x32")
    assert "avg_pool (AvgPool2d) on (1024, 1, 1): a 7x7 window without padding does not fit in 1x1" in says(page)
    assert rows(page, "rows")[-1]["layer"] == "inception_5b.concat"
    page.slider(key="googlenet avg_pool.kernel_size").set_value(1).run()
    assert not page.error


def test_a_value_that_no_slider_offers_never_reaches_the_network(open_page: Open) -> None:
    page = _open(open_page)
    page.slider(key="googlenet inception_3a.width_1x1").set_value(10**9).run()
    assert not page.exception
    value = page.slider(key="googlenet inception_3a.width_1x1").value
    assert 1 <= value <= 1024
    spec = Spec.make("googlenet", settings={"inception_3a.width_1x1": value})
    assert _numbers(page)[0] == formats.number(analyse(spec).trace.totals.params)


def test_text_from_a_link_is_shown_and_not_interpreted(open_page: Open) -> None:
    page = _open(open_page, network="<b>[x](http://example.org)</b>")
    assert r"\<b\>\[x\]\(http" in page.error[0].value


def test_a_verb_that_can_be_told_something_asks_for_it(open_page: Open) -> None:
    page = _open(open_page, network="inception10", rewrite="grouped:4,fuse")
    groups = page.number_input(key="inception10 grouped@ value")
    assert groups.value == 4
    groups.set_value(8).run()
    assert page.query_params["rewrite"] == "grouped:8,fuse"
    page.selectbox(key="inception10 fuse@ value").set_value("multiply").run()
    told = Spec.make("inception10", rewrites=["grouped:8", "fuse:multiply"])
    assert dict(page.query_params) == {**told.to_query(), "below": BELOW}
    assert _numbers(page)[0] == formats.number(analyse(told).trace.totals.params)


def test_a_verb_told_nonsense_says_what_is_allowed_and_stays(open_page: Open) -> None:
    page = _open(open_page, rewrite="grouped:4")
    page.number_input(key="googlenet grouped@ value").set_value(0).run()
    assert "the number of groups is 0: it must be a whole number from 1 to 262,144" in says(page)
    assert page.query_params["rewrite"] == "grouped:4"


def test_verbs_that_change_nothing_are_folded_away_and_still_there(open_page: Open) -> None:
    page = _open(open_page, network="vgg16")
    assert page.toggle(key="vgg16 rewrite cbam").value is False
    page.toggle(key="vgg16 rewrite cbam").set_value(True).run()
    assert not page.exception
    assert _numbers(page)[0] == "138,357,544"


def test_auxiliary_heads_are_a_switch_and_counted_apart(open_page: Open) -> None:
    page = _open(open_page, network="inception_v3")
    assert _numbers(page)[0] == "23,834,568"
    page.toggle(key="inception_v3 auxiliary_heads").set_value(True).run()
    assert _numbers(page)[0] == "27,161,264"
    assert totals(page)[3]["below"] == "heads: 3,326,696 params"


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_architecture_opens_whole(open_page: Open, id: str) -> None:
    page = _open(open_page, network=id)
    assert not page.exception
    assert not page.error
    trace = analyse(Spec.make(id)).trace
    assert _numbers(page)[0] == formats.number(trace.totals.params)
    assert _numbers(page)[3] == formats.pair(trace.field)
    assert len(rows(page, "rows")) == len(trace.rows)


def test_behind_a_gate_the_local_field_is_told(open_page: Open) -> None:
    page = _open(open_page, network="inceptionnet", rewrite="squeeze_excite")
    fields = {row["layer"]: row["receptive field"] for row in rows(page, "rows")}
    assert fields["inception1.concat_se"] == "whole image (27x27 locally)"


def _button(page: AppTest, label: str) -> Button:
    return next(button for button in page.button if button.label == label)


def test_each_change_is_a_step_back_and_forward(open_page: Open) -> None:
    page = _open(open_page)
    _button(page, "Undo").click().run()
    assert page.toast[0].value == "There is nothing to undo."
    page.toggle(key="googlenet rewrite batch_norm").set_value(True).run()
    page.toggle(key="googlenet rewrite separable").set_value(True).run()
    both = formats.number(analyse(Spec.make("googlenet", rewrites=["batch_norm", "separable"])).trace.totals.params)
    one = formats.number(analyse(Spec.make("googlenet", rewrites=["batch_norm"])).trace.totals.params)
    assert _numbers(page)[0] == both
    _button(page, "Undo").click().run()
    assert _numbers(page)[0] == one
    assert page.query_params["rewrite"] == "batch_norm"
    assert page.toggle(key="googlenet rewrite separable").value is False
    _button(page, "Redo").click().run()
    assert _numbers(page)[0] == both
    _button(page, "Redo").click().run()
    assert _numbers(page)[0] == both


def test_a_link_has_nothing_before_it(open_page: Open) -> None:
    page = _open(open_page, network="vgg16")
    _button(page, "Undo").click().run()
    assert _numbers(page)[0] == "138,357,544"


def test_a_picked_node_shows_its_arithmetic_and_its_line_of_pytorch(open_page: Open) -> None:
    page = _open(open_page, node="inception_3a.branch5x5.conv")
    words = " ".join(markdown.value.replace("\\", "") for markdown in page.markdown)
    assert "(5×5×16 + 1)×32 = 12,832" in words
    assert "5×5×16×32×28×28 = 10,035,200" in words
    assert page.code[0].value == "nn.Conv2d(16, 32, kernel_size=5, padding=2)"
    assert component(page, "picture")["node"] == "inception_3a.branch5x5.conv"


def test_what_a_link_unfolds_is_drawn_in_detail(open_page: Open) -> None:
    folded = component(_open(open_page, network="inception_v4"), "diagram")["svg"]
    opened = component(_open(open_page, network="inception_v4", unfolded="mixed_6b x 7,mixed_6c"), "diagram")["svg"]
    assert 'id="mixed_6b x 7"' in folded
    assert 'id="mixed_6d"' not in folded
    assert 'id="mixed_6b x 7"' not in opened
    assert 'id="mixed_6d"' in opened
    assert 'id="mixed_6c.branch1x1.conv"' in opened


def test_the_last_step_is_marked_in_diagram_and_table(open_page: Open) -> None:
    page = _open(open_page)
    assert "▲" not in component(page, "diagram")["svg"]
    page.slider(key="googlenet inception_3a.width_5x5").set_value(40).run()
    row = next(row for row in component(page, "rows")["rows"] if row["id"] == "inception_3a.branch5x5.conv")
    assert row["marks"][3] == row["marks"][5] == "grew"
    assert "▲ +" in component(page, "diagram")["svg"]


def test_a_presenters_link_hides_parts_and_sets_them_larger(open_page: Open) -> None:
    page = open_page(BUILD, hide="switches,node,below", below="layers", large="1")
    assert not page.exception
    assert rows(page, "rows")
    with pytest.raises(ValueError):
        component(page, "switches")
    assert not page.button_group
    assert any("font-size: 20px" in html.value for html in page.get("html"))
    assert "there is no hide 'colours'" in says(open_page(BUILD, hide="colours"))


def test_windows_that_see_nothing_new_are_told(open_page: Open) -> None:
    small = _open(open_page, input="3x64x64", **{"avg_pool.kernel_size": "2"})
    captions = " ".join(caption.value.replace("\\", "") for caption in small.caption)
    assert (
        f"Unproductive layers: {len(wasted(analyse(Spec.make('googlenet', input='3x64x64')).trace).rows)} " in captions
    )


@pytest.mark.parametrize("step", range(7))
def test_every_step_to_xception_opens_whole(open_page: Open, step: int) -> None:
    page = _open(open_page, **steps()[step].spec.to_query())
    assert not page.exception
    assert not page.error


def test_a_module_is_taken_by_itself_with_its_edits_and_put_back(open_page: Open) -> None:
    network = Spec.make("googlenet", settings={"inception_4b.width_5x5": 96}, rewrites=["residual", "batch_norm@conv1"])
    page = open_page(BUILD, **network.to_query(), node="inception_4b.branch5x5.conv", below="rewrites")
    page.selectbox(key="module by itself").set_value("inception_4b").run()
    module = Spec.make(
        "googlenet", module="inception_4b", settings={"branch5x5.conv.out_channels": 96}, rewrites=["residual"]
    )
    around = {"around": urlencode(network.to_query())}
    assert dict(page.query_params) == {**module.to_query(), "node": "branch5x5.conv", "below": "rewrites", **around}
    assert _numbers(page)[0] == formats.number(analyse(module).trace.totals.params)
    assert not [button for button in page.button if button.label.startswith("Put it into")]  # it is as it is there
    page.toggle(key="googlenet rewrite separable").set_value(True).run()
    _button(page, "Put it into GoogLeNet").click().run()
    both = network.with_(rewrites=[*network.rewrites, "separable@inception_4b"])
    node = "inception_4b.branch5x5.conv"
    assert dict(page.query_params) == {**both.to_query(), "node": node, "below": "rewrites", "opened": "inception_4b"}
    assert _numbers(page)[0] == formats.number(analyse(both).trace.totals.params)
    assert page.selectbox(key="module by itself").value == ""
    _button(page, "Undo").click().run()
    assert page.query_params["module"] == "inception_4b"
    _button(page, "Into all 9 of its kind").click().run()
    assert page.query_params["rewrite"].count("separable@inception_") == 9
    assert not page.error


def test_the_opened_module_is_taken_by_itself_and_left_as_it_was(open_page: Open) -> None:
    page = open_page(BUILD, rewrite="stack_5x5", opened="inception_5a")
    _button(page, "Take inception_5a by itself").click().run()
    assert dict(page.query_params) == {"network": "googlenet", "module": "inception_5a", "rewrite": "stack_5x5"} | {
        "opened": "inception_5a",
        "around": "network=googlenet&rewrite=stack_5x5",
    }
    page.selectbox(key="module by itself").set_value("").run()
    assert dict(page.query_params) == {"network": "googlenet", "rewrite": "stack_5x5", "opened": "inception_5a"}


def test_a_module_that_cannot_go_back_says_why(open_page: Open) -> None:
    page = open_page(BUILD, rewrite="batch_norm")
    page.selectbox(key="module by itself").set_value("inception_3a").run()
    page.button_group(key="Build below").set_value(["rewrites"]).run()
    page.toggle(key="googlenet rewrite batch_norm").set_value(False).run()
    _button(page, "Put it into GoogLeNet").click().run()
    assert "GoogLeNet has 'Batch norm' everywhere, and inception_3a is without" in says(page)
    assert page.query_params["module"] == "inception_3a"


def test_what_is_not_shown_below_is_not_there(open_page: Open) -> None:
    page = open_page(BUILD)
    assert not page.slider
    assert not page.get("plotly_chart")
    _show(page)
    assert page.slider
    assert len(page.get("plotly_chart")) == 2
    assert page.query_params["below"] == BELOW


def test_the_words_of_the_page_are_explained_at_the_words_and_in_a_menu(open_page: Open) -> None:
    page = open_page(BUILD)
    _show(page)
    helps = {column["title"]: column["help"] for column in component(page, "rows")["columns"]}
    assert helps["MACs"] == GLOSSARY["MAC"]
    assert helps["effective stride"] == GLOSSARY["effective stride"]
    assert helps["op"] == ""
    page.session_state["words menu"] = True  # opens it
    page.run()
    words = next(one.value for one in page.markdown if "**activation**" in one.value)
    assert words.count("**: ") == len(GLOSSARY)


def test_the_network_around_a_module_is_in_its_link(open_page: Open) -> None:
    network = Spec.make("googlenet", input="3x192x192", rewrites=["batch_norm"])
    page = open_page(BUILD, **network.to_query())
    page.selectbox(key="module by itself").set_value("inception_4b").run()
    link = dict(page.query_params)
    other = open_page(BUILD, **link)
    assert not other.error
    assert dict(other.query_params) == link
    assert not [button for button in other.button if button.label.startswith("Put it into")]  # as it is in there
    module = alone(network, "inception_4b").with_setting("branch5x5.conv.out_channels", 96)
    other = open_page(BUILD, **{**link, **module.to_query()})
    _button(other, "Put it into GoogLeNet").click().run()
    query = {key: [text] for key, text in dict(other.query_params).items() if key != "opened"}
    assert Spec.from_query(query) == placed(module, network)


@pytest.mark.parametrize(
    ("around", "wrong", "allowed"),
    [
        ("network=alexnot", "alexnot", "alexnet"),
        ("nonsense", "nonsense", "inception_3a.width_1x1"),
        ("network=googlenet&rewrite=shrink", "shrink", "batch_norm"),
    ],
)
def test_a_network_around_that_is_none_is_refused(open_page: Open, around: str, wrong: str, allowed: str) -> None:
    page = open_page(BUILD, network="googlenet", module="inception_3a", around=around)
    refuses(page, wrong, allowed)


def test_a_module_goes_back_into_its_own_architecture_alone(open_page: Open) -> None:
    page = open_page(BUILD, network="googlenet", module="inception_3a", rewrite="batch_norm", around="network=alexnet")
    assert not page.error
    _button(page, "Put it into GoogLeNet").click().run()
    assert page.query_params["rewrite"].startswith("batch_norm")
    assert page.query_params["network"] == "googlenet"
