"""What the server does beside the pages."""

from __future__ import annotations

import asyncio
import socket

import pytest
from starlette.applications import Starlette

from explorer.ui import server
from tests.helpers.asgi import ask


def test_a_connection_sends_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        async def accepted() -> int:
            async with server.lifespan(None):
                with socket.create_connection(listening.getsockname()):
                    connection, _ = listening.accept()
                    with connection:
                        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

        assert asyncio.run(accepted()) != 0


def test_answers_stand_beside_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(server.ORIGINS, "https://a.example, https://b.example")
    app = Starlette(routes=server.routes())
    assert ask(app, "/api/list").status == 200
    assert ask(app, "/api/list", origin="https://b.example").status == 200
    assert ask(app, "/api/list", origin="https://c.example").status == 403
    assert ask(app, "/api/nothing").status == 404
