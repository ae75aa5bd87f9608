"""The compare page, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from explorer.analysis.candidates import Candidate
from explorer.common import formats
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.ui.frame import links, site
from explorer.ui.frame.pins import Pin
from explorer.ui.frame.site import COMPARE
from explorer.ui.session.view import View
from explorer.zoo import ARCHITECTURES
from tests.helpers.pages import Open, component, says


def text(page: AppTest) -> str:
    return " ".join(part.value for part in [*page.markdown, *page.caption]).replace("\\", "")


def test_it_opens_with_two_networks(open_page: Open) -> None:
    page = open_page("pages/compare.py")
    assert not page.exception
    assert not says(page)
    for id in ("googlenet", "bn_inception"):
        assert formats.number(valid(Spec.make(id)).totals.params) in text(page)
    assert "layers aligned by name" in text(page)


def test_a_link_brings_four_networks_with_their_names(open_page: Open) -> None:
    mine = Spec.make("googlenet", rewrites=["batch_norm"], settings={"inception_3a.width_5x5": 64})
    ids = ("vgg16", "xception", "lenet")
    query = links.comparison(Candidate(mine, "<i>mine</i> & [x](y)"), *(Candidate(Spec.make(id)) for id in ids))
    page = open_page("pages/compare.py", **query)
    assert not page.exception
    assert not says(page)
    for spec in (mine, *map(Spec.make, ids)):
        assert formats.number(valid(spec).totals.params) in text(page)
    raw = " ".join(part.value for part in [*page.markdown, *page.caption] if "mine" in part.value)
    assert r"\<i\>mine\</i\>" in raw
    assert "[x](y)" not in raw


def test_a_link_leaves_out_what_is_at_its_default() -> None:
    assert links.comparison(Candidate(Spec.make("googlenet")), Candidate(Spec.make("bn_inception"))) == {}


def test_picking_a_network_compares_with_it(open_page: Open) -> None:
    page = open_page("pages/compare.py")
    page.selectbox(key="Compare b").select(Candidate(Spec.make("vgg16")).text).run()
    assert not page.exception
    assert formats.number(valid(Spec.make("vgg16")).totals.params) in text(page)
    assert "share next to no names" in text(page)
    assert page.query_params["b"] == "network=vgg16"


def test_a_network_against_itself_shows_no_difference(open_page: Open) -> None:
    page = open_page("pages/compare.py", b="network=googlenet")
    assert "140 unchanged" in text(page) or "141 unchanged" in text(page)
    assert not page.dataframe


def test_a_module_can_be_looked_into(open_page: Open) -> None:
    page = open_page("pages/compare.py", b="network=googlenet&rewrite=stack_5x5", inside="inception_4a")
    nodes = page.dataframe[1].value
    assert set(nodes["layer"].str.rpartition(".branch")[0]) == {"inception_4a"}
    before, after = (valid(Spec.make("googlenet", rewrites=verbs)).totals for verbs in ([], ["stack_5x5"]))
    modules = page.dataframe[0].value
    assert modules["± parameters"].sum() == after.params - before.params
    assert modules["± MACs"].sum() == after.macs - before.macs


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"a": ""}, "it must be a query"),
        ({"b": "network=none"}, "no architecture 'none'"),
        ({"c": "network=googlenet&input=3x1x1"}, "does not fit"),
        ({"against": "9"}, "from 1 to 3"),
        ({"network": "googlenet"}, "there is no value of this page called 'network'"),
    ],
)
def test_a_wrong_link_costs_a_sentence(open_page: Open, query: dict[str, str], words: str) -> None:
    page = open_page("pages/compare.py", **query)
    assert words in says(page)
    assert not page.exception
    assert "layers aligned by name" in text(page)


def test_a_presenters_link_hides_parts(open_page: Open) -> None:
    page = open_page("pages/compare.py", hide=",".join(COMPARE.sections))
    assert not page.exception
    assert not page.dataframe
    assert not page.selectbox


def test_the_third_network_can_stand_in_the_difference(open_page: Open) -> None:
    page = open_page("pages/compare.py", c="network=googlenet_paper", against="2")
    assert "From GoogLeNet (before) to GoogLeNet (paper) (after)" in text(page)
    page.selectbox(key="Compare c").select("").run()
    assert not page.exception
    assert "to BN-Inception (after)" in text(page)


def test_only_pins_that_can_be_compared_are_offered(open_page: Open) -> None:
    page = open_page("pages/compare.py")
    fitting, broken = Spec.make("googlenet", rewrites=["separable"]), Spec.make("googlenet", input=(3, 8, 8))
    page.session_state["pins"] = (
        Pin("mine", site.BUILD, View(fitting)),
        Pin("too small", site.BUILD, View(broken)),
        Pin("a\u0007bell", site.BUILD, View(fitting)),
        Pin("no network", site.COST, View(fitting)),
    )
    page.run()
    assert not page.exception
    offered = page.selectbox(key="Compare b").options
    assert "mine" in offered
    assert not {"too small", "a\u0007bell", "no network"} & set(offered)


def test_published_accuracy_stands_beside_networks_as_they_were_published(open_page: Open) -> None:
    page = open_page(
        "pages/compare.py", a="network=inception_v3", b="network=xception&rewrite=residual", c="network=vgg16"
    )
    assert not page.exception
    (table,) = [one.value for one in page.markdown if "published top-1" in one.value]
    (line,) = [line for line in table.splitlines() if "published top-1" in line]
    assert [cell.strip() for cell in line.split("|")[2:-1]] == ["77.3 %", "", "71.6 %"]
    words = " ".join(caption.value for caption in page.caption).replace("\\", "")
    assert "VGG-16: torchvision, IMAGENET1K_V1" in words
    page.session_state["published"] = True  # opens it
    page.run()
    assert not page.exception
    (published,) = [one.value for one in page.dataframe if "top-1, %" in one.value]
    assert list(published["network"])[:2] == ["Inception-ResNet v2", "Inception v4"]
    assert len(published) == len(ARCHITECTURES)


def _beside(page: AppTest, module: str) -> tuple[str, str]:
    """The graphs of a module in the first network and in the other."""
    first, other = (component(page, f"beside {module} {is_first}")["svg"] for is_first in (True, False))
    return first, other


def test_a_module_stands_side_by_side_with_what_is_new_in_it(open_page: Open) -> None:
    plain, stacked = Spec.make("googlenet"), Spec.make("googlenet", rewrites=["stack_5x5"])
    query = links.comparison(Candidate(plain), Candidate(stacked))
    for module in ("inception_3a", "inception_5b"):
        page = open_page("pages/compare.py", **query, **({"inside": module} if module != "inception_3a" else {}))
        first, other = _beside(page, module)
        assert "5x5" in first
        assert "new" not in first
        for spec, drawn in ((plain, first), (stacked, other)):
            rows = [row for row in valid(spec).rows if row.name.startswith(f"{module}.") and row.params]
            assert all(f"{formats.number(row.params)} params" in drawn for row in rows)
        assert other.count(" new<") == 1


def test_a_module_that_is_not_in_both_stands_alone(open_page: Open) -> None:
    heads = Spec.make("googlenet", rewrites=["aux_heads"])
    page = open_page("pages/compare.py", **links.comparison(Candidate(Spec.make("googlenet")), Candidate(heads)))
    assert not page.exception
    assert "nothing in its place" in " ".join(part.value for part in page.markdown)
