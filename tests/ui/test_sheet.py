"""A network on one sheet of paper, as its page shows it."""

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from starlette.applications import Starlette

from explorer.analysis.candidates import Candidate
from explorer.draw.flow.module import drawn_first
from explorer.spec.base import modules
from explorer.spec.build import valid
from explorer.spec.chips import chips
from explorer.spec.spec import Spec
from explorer.ui import live, server
from explorer.ui.components import totals_bar
from explorer.zoo import ARCHITECTURES
from tests.helpers.asgi import Reply, ask

NETWORKS = [Spec.make(id) for id in ARCHITECTURES]
MODULES = [Spec.make(id, module=next(iter(modules(id)))) for id in ARCHITECTURES if modules(id)]
EDITED = Spec.make(
    "googlenet", module="inception_3a", rewrites=["batch_norm"], settings={"branch5x5.conv.out_channels": 48}
)
_TAGS = re.compile(r"<[^>]*>")


def _sheet(spec: Spec, **more: str) -> Reply:
    query = urlencode({**spec.to_query(), "at": "" if spec.module else drawn_first(spec), **more})
    return ask(Starlette(routes=server.routes()), f"/{live.SHEET}", query)


def _words(reply: Reply) -> str:
    return html.unescape(_TAGS.sub("\n", reply.body.decode()))


@pytest.mark.parametrize("spec", [*NETWORKS, *MODULES, EDITED], ids=lambda spec: spec.title)
def test_it_has_name_edits_numbers_picture_and_link(spec: Spec) -> None:
    reply = _sheet(spec)
    assert reply.status == 200
    text = reply.body.decode()
    words = _words(reply)
    for total in totals_bar.totals(valid(spec), valid(spec.unedited)):
        assert total.value in words
        assert total.below in words
    assert all(chip.title in words for chip in chips(spec))
    assert spec.title in words
    assert "<svg" in text
    assert 'src="data:image/png;base64,' in text
    link = next(line for line in words.splitlines() if line.startswith("http://testserver/build?"))
    assert dict(parse_qsl(urlsplit(link).query)) == spec.to_query()


def test_it_is_against_what_the_page_is_against() -> None:
    before = EDITED.with_(settings={})
    text = Candidate(before).text
    words = _words(_sheet(EDITED, baseline=text, area="macs"))
    assert totals_bar.totals(valid(EDITED), valid(before))[0].below in words
    assert "against GoogLeNet inception_3a, batch norm" in words
    assert "area: MACs" in words
    link = next(line for line in words.splitlines() if line.startswith("http://testserver/build?"))
    assert dict(parse_qsl(urlsplit(link).query)) == {**EDITED.to_query(), "baseline": text, "area": "macs"}


def test_its_link_is_as_the_browser_reaches_the_server() -> None:
    app = Starlette(routes=server.routes())
    query = urlencode(EDITED.to_query())
    behind = ask(app, f"/{live.SHEET}", query, host="school.example", x_forwarded_proto="https")
    assert "https://school.example/build?" in behind.body.decode()
    odd = ask(app, f"/{live.SHEET}", query, host="school.example", x_forwarded_proto="javascript")
    assert "http://school.example/build?" in odd.body.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"network": "<script>alert(1)</script>"}, "there is no architecture"),
        ({"network": "googlenet", "area": "weight"}, "there is no area 'weight'"),
        ({"network": "googlenet", "baseline": "x"}, "it must be a query such as network=googlenet"),
        ({"network": "googlenet", "input": "3x8x8"}, "an input of 3x193x193 fits"),
    ],
)
def test_what_cannot_be_used_costs_a_sentence(query: dict[str, str], sentence: str) -> None:
    reply = ask(Starlette(routes=server.routes()), f"/{live.SHEET}", urlencode(query))
    assert reply.status == 422
    assert sentence in _words(reply)
    assert "<script" not in reply.body.decode()


def test_a_browser_runs_nothing_on_it_but_its_own_line() -> None:
    policy = _sheet(EDITED).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert ask(Starlette(routes=server.routes()), f"/{live.SHEET}", origin="https://evil.example").status == 403
