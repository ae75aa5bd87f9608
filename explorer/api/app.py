"""The questions as an ASGI app: no session, no cookie, GET only; the query is that of a page's link."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer import __version__
from explorer.api.questions import QUESTIONS, Question, parsed
from explorer.api.version import version
from explorer.common.errors import ExplorerError

_AT_ONCE = 2
"""Questions that are worked on at once: more would only take the one core from each other."""
_KEPT = "public, max-age=600"
"""How long an answer is good without asking: an answer follows from its address and the program alone."""
_LINK = "as in a page's link"


def make(origins: Iterable[str] = ()) -> ASGIApp:
    """The app.

    Args:
        origins: of other sites whose pages may ask, such as `https://example.org`.
    """
    api = FastAPI(
        title="Inception explorer",
        version=__version__,
        description="The answers of the command line's --json. What cannot be used is answered with status 422 and a "
        "sentence.",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        exception_handlers={HTTPException: _refused},
    )
    limiter = CapacityLimiter(_AT_ONCE)
    for name, question in QUESTIONS.items():
        api.add_api_route(
            f"/{name}",
            _endpoint(name, question, limiter),
            summary=question.summary,
            openapi_extra={"parameters": _parameters(question)},
            responses={422: {"description": "What cannot be used, in a sentence."}},
            response_class=Response,
        )
    return Guard(api, frozenset(origins))


def _endpoint(name: str, question: Question, limiter: CapacityLimiter) -> Any:
    async def endpoint(request: Request) -> Response:
        query = request.url.query
        tag = f'"{hashlib.sha256(f"{version()} {name}?{query}".encode()).hexdigest()[:32]}"'
        kept = {"ETag": tag, "Cache-Control": _KEPT}
        if tag in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=kept)
        began = perf_counter()
        try:
            text = await to_thread.run_sync(lambda: question.answer(parsed(query)), limiter=limiter)
        except ExplorerError as error:
            return _error(422, str(error), node=error.node)
        timing = {"Server-Timing": f"answer;dur={1e3 * (perf_counter() - began):.2f}"}
        return Response(f"{text}\n", media_type="application/json", headers={**kept, **timing})

    endpoint.__name__ = name
    return endpoint


def _parameters(question: Question) -> list[dict[str, Any]]:
    text = {"type": "string"}
    parameters = [
        {"name": key, "in": "query", "required": False, "description": help, "schema": text}
        for key, help in question.keys.items()
    ]
    if question.settings:
        settings = {
            "name": "settings",
            "in": "query",
            "description": f"any setting of the network and any NODE.FIELD, each by its own key, {_LINK}",
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": text},
        }
        parameters.append(settings)
    return parameters


def _error(status: int, sentence: str, **more: object) -> Response:
    body = json.dumps({"error": sentence, **{key: value for key, value in more.items() if value is not None}})
    return Response(
        f"{body}\n", status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return _error(405, "only GET is answered here")
    names = ", ".join(QUESTIONS)
    return _error(error.status_code, f"there is no such question here; there is: {names}, openapi.json")


class Guard:
    """Lets pages of other sites in only where an option names them, and tells browsers to keep it so."""

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        named = origin is not None and origin in self._origins
        if not named and _is_foreign(headers, origin):
            await _error(403, "pages of other sites are not answered here")(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                own["X-Content-Type-Options"] = "nosniff"
                own["Cross-Origin-Resource-Policy"] = "cross-origin" if named else "same-origin"
                own.add_vary_header("Origin")
                if named and origin is not None:
                    own["Access-Control-Allow-Origin"] = origin
            await send(message)

        await self._app(scope, receive, answer)


def _is_foreign(headers: Headers, origin: str | None) -> bool:
    """Whether a page of another site asks. A person who follows a link from there asks for themselves."""
    if origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    return headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
