"""What the server does beside the pages: answers by GET, and sockets that do not wait."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import parse_qs, urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, request_response

from explorer.api import app as api
from explorer.common import sockets
from explorer.ui import live, sheet
from explorer.ui.components import asset
from explorer.ui.frame import moved

_ALLOCATIONS = 10_000
"""Between two searches for garbage among the newest objects: with five times as many a search takes a tenth of a
second, and all that ask wait.
"""
ORIGINS = "EXPLORER_ORIGINS"
"""The environment variable with the sites whose pages may ask `/api`, apart by commas."""


def routes() -> list[BaseRoute]:
    """The addresses beside the pages."""
    # The option for a path in front of everything does not reach routes of our own.
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    origins = [origin.strip() for origin in os.environ.get(ORIGINS, "").split(",") if origin.strip()]
    front = f"/{base}" if base else ""
    return [
        Mount(f"{front}/api", app=api.make(origins)),
        Route(f"{front}/{live.ADDRESS}", api.Guard(request_response(live.serve), frozenset())),
        Route(f"{front}/{live.PICTURE}", api.Guard(request_response(live.serve_file), frozenset())),
        Route(f"{front}/{live.SHEET}", api.Guard(request_response(sheet.serve), frozenset())),
        Route(f"{front}/{asset.FOLDER}/{{name}}", asset.serve),
        *(Route(f"{front}/{_place(file)}", partial(_moved, front, file)) for file in moved.PAGES),
    ]


def _place(file: str) -> str:
    return file.removeprefix("pages/").removesuffix(".py")


async def _moved(front: str, file: str, request: Request) -> Response:
    """Leads a link to a page that there was to the one that took over."""
    query = urlencode(moved.query(file, parse_qs(request.url.query, keep_blank_values=True)))
    return RedirectResponse(f"{front}/{_place(moved.PAGES[file].file)}{query and f'?{query}'}")


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """While the server runs. On Linux, a connection that it accepts does what its listening socket was told."""
    # What is remembered is many small objects without circles: to search them often would cost more than all answers.
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
    sockets.send_at_once()
    yield
