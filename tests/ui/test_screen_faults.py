"""Faults that were seen on the screen, each as what holds now."""

import re

import pytest

from explorer.analysis.notes import of_network
from explorer.common import formats
from explorer.draw.images import BUNDLED, bundled
from explorer.graph.trace import Trace, total
from explorer.lessons.inception_to_xception import steps
from explorer.runs import devices
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.ui.frame import site
from explorer.ui.pages import home
from explorer.ui.session.view import Page
from tests.helpers.pages import BELOW, BUILD, Open, component


def _params(trace: Trace, name: str) -> int:
    """Of a box: a layer with what rewrites put beside it, or a module."""
    inside = [row for row in trace.rows if row.name == name or row.name.startswith((f"{name}_", f"{name}."))]
    return total(inside).params


@pytest.mark.parametrize("module", ["", "inception_3a"])
def test_all_that_says_what_changed_compares_with_the_original_also_in_a_link(open_page: Open, module: str) -> None:
    spec = Spec.make("googlenet", module=module, rewrites=["stack_5x5", "batch_norm", "separable"])
    opened = open_page(BUILD, **spec.to_query(), below="diagram,layers")
    drawn = component(opened, "diagram")["svg"]
    name = "branch1x1.conv" if module else "conv1"
    now, before = valid(spec), valid(spec.unedited)

    box = _params(now, name) - _params(before, name)
    assert f"{formats.signed(box)} params" in drawn
    (total,) = [total for total in component(opened, "totals")["totals"] if total["label"] == "Parameters"]
    assert formats.signed(now.totals.params - before.totals.params) in total["below"]
    marks = [row["marks"] for row in component(opened, "rows")["rows"] if any(row["marks"])]
    assert marks


def test_a_module_by_itself_is_described_as_one(open_page: Open) -> None:
    page = open_page(BUILD, network="googlenet", module="inception_3a", below="notes")
    words = " ".join(caption.value for caption in page.caption)
    assert "Nine Inception modules" not in words
    assert "One module by itself, inception_3a of GoogLeNet" in words.replace("\\", "")


@pytest.mark.parametrize(("rewrites", "is_said"), [((), True), (("no_reduction",), False)])
def test_why_work_and_parameters_lie_apart_is_said_where_it_is_so(rewrites: tuple[str, ...], is_said: bool) -> None:
    first, *_ = of_network(valid(Spec.make("googlenet", rewrites=rewrites)))
    trace = valid(Spec.make("googlenet", rewrites=rewrites))
    heavy, busy = re.findall(r"(\S+) (?:holds|does) most", first)
    usual = (
        trace.modules[busy][-1].out_shape[0] < trace.modules[heavy][-1].out_shape[0]
        and trace.modules[busy][-1].out_shape[1] > trace.modules[heavy][-1].out_shape[1]
    )
    assert ("early layers work on large maps" in first) is usual
    assert usual or not is_said


def test_what_home_promises_of_a_field_its_page_says(open_page: Open) -> None:
    start = next(start for start in home.starts() if "How far does Inception v3 see?" in start.words)
    (promised,) = re.findall(r"(\d+x\d+) pixels", start.words)
    page = open_page(start.page.file, **start.query)
    said = " ".join([*(metric.value for metric in page.metric), *(one.value for one in page.markdown)])
    assert promised in said


@pytest.mark.parametrize("there", [(), ("0",)])
def test_a_device_that_is_not_there_is_not_offered(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...]
) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: there)
    page = open_page("pages/training.py", network="inception10")
    (control,) = [one for one in page.segmented_control if one.label == "Device"]
    assert (devices.CUDA in control.options) is bool(there)


@pytest.mark.parametrize(
    ("step", "width", "said"),
    [
        (5, 32, ""),
        (5, 33, "concat_conv has 3 groups where 4 were asked for: 4 must divide its 225 channels"),
        (6, 49, "concat_conv has no groups where 224 were asked for"),
    ],
)
def test_groups_that_a_width_does_not_allow_are_said(open_page: Open, step: int, width: int, said: str) -> None:
    spec = steps()[step].spec.with_setting("width_5x5", width)
    page = open_page(BUILD, **spec.to_query())
    words = " ".join(warning.value for warning in page.warning).replace("\\", "")
    assert (said in words) if said else not words


@pytest.mark.parametrize("module", ["", "inception_3a"])
def test_a_layer_that_is_taken_out_has_no_slider(open_page: Open, module: str) -> None:
    def sliders(**query: str) -> set[str]:
        page = open_page(BUILD, network="googlenet", module=module, below="change", **query)
        assert not page.exception
        return {str(slider.key) for slider in page.slider}

    reductions = {key for key in sliders() if "reduce" in key}
    assert len(reductions) == 2
    # The pool's projection is a 1x1 reduction as well.
    assert sliders() - sliders(rewrite="no_reduction") == reductions | {
        key for key in sliders() if "pool" in key and "kernel" not in key
    }
    assert sliders(rewrite="stack_5x5,separable") == sliders()


@pytest.mark.parametrize("id", ["inception_v3", "bn_inception", "googlenet_paper", "googlenet"])
def test_auxiliary_heads_have_one_switch(open_page: Open, id: str) -> None:
    page = open_page(BUILD, network=id, below=BELOW)
    named = [toggle.label for toggle in page.toggle if toggle.label.lower().startswith("auxiliary heads")]
    assert len(named) == 1


@pytest.mark.parametrize("app", site.PAGES, ids=lambda app: app.title)
def test_a_page_stands_alone_as_well(open_page: Open, app: Page) -> None:
    page = open_page(app.file, present="1")
    assert not page.exception
    assert not page.error
    assert [button.label for button in page.button][:1] == ["Leave"]
    assert not page.sidebar.children


def test_a_presented_picture_is_the_link_s(open_page: Open) -> None:
    hrefs = set()
    for name in BUNDLED:
        page = open_page("pages/field.py", present="1", picture=name)
        hrefs.add(component(page, "field on image")["svg"])
        assert bundled(name) in component(page, "field on image")["svg"]
    assert len(hrefs) == len(BUNDLED) > 1
