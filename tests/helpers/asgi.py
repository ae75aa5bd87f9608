"""Asks an ASGI app in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from starlette.types import ASGIApp, Message

T = TypeVar("T")


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(app: ASGIApp, path: str, query: str = "", method: str = "GET", **headers: str) -> Reply:
    """One request; the names of its headers have `_` for `-`."""
    return run(asked(app, path, query, method, **headers))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine comes to. A thread of its own has no loop that is running already, as a browser's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def asked(app: ASGIApp, path: str, query: str = "", method: str = "GET", **headers: str) -> Reply:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    named = {"host": "testserver", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode("utf-8", "surrogateescape"),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    await app(scope, receive, send)
    start, *bodies = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], found, b"".join(body.get("body", b"") for body in bodies))
