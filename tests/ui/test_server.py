"""What the server does beside the pages."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from starlette.applications import Starlette

from explorer.spec.spec import Spec
from explorer.ui import live, server
from explorer.ui.components import asset
from tests.helpers.asgi import ask, run
from tests.helpers.pages import BUILD, Open, component, totals


def test_a_connection_sends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "gc", SimpleNamespace(freeze=lambda: None, set_threshold=lambda count: None))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        async def accepted() -> int:
            async with server.lifespan(None):
                with socket.create_connection(listening.getsockname()):
                    connection, _ = listening.accept()
                    with connection:
                        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

        assert run(accepted()) != 0


def test_answers_stand_beside_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(server.ORIGINS, "https://a.example, https://b.example")
    app = Starlette(routes=server.routes())
    assert ask(app, "/api/list").status == 200
    assert ask(app, "/api/list", origin="https://b.example").status == 200
    assert ask(app, "/api/list", origin="https://c.example").status == 403
    assert ask(app, "/api/nothing").status == 404


def test_what_follows_a_hand_is_what_the_page_shows(open_page: Open) -> None:
    app = Starlette(routes=server.routes())
    query = {"network": "googlenet", "module": "inception_3a", "branch5x5.conv.out_channels": "40"}
    reply = ask(app, "/live", urlencode(query))
    assert reply.status == 200
    page = open_page(BUILD, **query, below="change,cost")
    shown = json.loads(reply.body)
    assert shown["totals"] == totals(page)
    assert shown["pictures"]["cost"] == component(page, "cost")["svg"]
    assert component(page, "live widths")["address"] == live.ADDRESS
    assert (
        component(page, "live widths")["query"]
        == Spec.make("googlenet", module="inception_3a", settings={"branch5x5.conv.out_channels": 40}).to_query()
    )
    refused = ask(app, "/live", "network=googlenet&module=nothing")
    assert refused.status == 422
    assert "no module of googlenet called 'nothing'" in json.loads(refused.body)["error"]
    assert ask(app, "/live", origin="https://evil.example").status == 403


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/lab", {"network": "googlenet", "module": "inception_3a"}),
        (
            "/lab?network=inception_v3&module=mixed_5b&hide=preset,node,arithmetic",
            {"module": "mixed_5b", "hide": "node"},
        ),
        ("/lab?embed=true&rewrite=separable", {"module": "inception_3a", "embed": "true", "rewrite": "separable"}),
        ("/network", {}),
        (
            "/network?network=vgg16&unfolded=conv1&large=1",
            {"network": "vgg16", "below": "diagram", "unfolded": "conv1"},
        ),
        ("/network?areas=macs&opened=a%26b", {"below": "cost", "areas": "macs", "opened": "a&b"}),
        ("/network?hide=nodes", {"hide": ""}),
    ],
)
def test_a_link_to_a_page_that_there_was_opens_what_it_showed(open_page: Open, old: str, new: dict[str, str]) -> None:
    path, _, query = old.partition("?")
    reply = ask(Starlette(routes=server.routes()), path, query)
    assert reply.status == 307
    target = urlsplit(reply.headers["location"])
    assert target.path == "/build"
    led = dict(parse_qsl(target.query, keep_blank_values=True))
    assert new.items() <= led.items()
    page = open_page(BUILD, **{key: value for key, value in led.items() if key != "embed"})
    assert not page.exception
    assert not page.error


def test_scripts_and_styles_are_kept_under_names_that_change_with_them(open_page: Open) -> None:
    open_page(BUILD, below="change,cost,layers")
    app = Starlette(routes=server.routes())
    for name, file in asset._files.items():
        reply = ask(app, f"/assets/{name}")
        assert (reply.status, reply.body.decode()) == (200, file.content)
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["content-type"].startswith(file.media_type)
        assert hashlib.sha256(file.content.encode()).hexdigest()[:12] in name
    assert {name.partition(".")[0] for name in asset._files} >= {"totals", "picture", "rows", "live_widths"}
    assert ask(app, "/assets/nothing.js").status == 404


def test_no_script_is_sent_inline() -> None:
    """Each would be sent again with every run of a page."""
    for path in Path(asset.__file__).parents[1].rglob("*.py"):
        is_asset = path.name == "asset.py"
        assert ("components.v2.component(" in path.read_text(encoding="utf-8")) == is_asset, path
