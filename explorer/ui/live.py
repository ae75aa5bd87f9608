"""What follows a hand: the numbers, bars and picture of a network, as its page writes and draws them, by GET."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response

from explorer.api.questions import Query, parsed
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.draw import cost_bars
from explorer.draw.flow import module
from explorer.draw.flow.module import Paper
from explorer.draw.flow.picture import GROUND, Picture, svg
from explorer.draw.flow.strip import strip
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.ui.components import switch_row, totals_bar

ADDRESS = "live"
FILE = "picture.svg"
"""The picture as a file, below the address."""
COST = "cost"
"""The bars of each module, among the pictures."""
_ASKED = ("picture", "area", "type", "ground", "at", "strip", "effects")
"""What a query says beside the network: the size of its picture, what its areas are, its type, its colours, the module
that is drawn, the width of the strip above it, and whether the effect of every switch is asked for.
"""


async def serve(request: Request) -> Response:
    """The numbers of the network that the query names; status 422 and a sentence where there is none."""
    return _answer(request, lambda query: (json.dumps(_numbers(query)), "application/json"))


async def serve_file(request: Request) -> Response:
    """The picture of the network that the query names, as SVG."""
    return _answer(request, lambda query: (_file(query), "image/svg+xml"))


def _answer(request: Request, make: Callable[[Query], tuple[str, str]]) -> Response:
    began = perf_counter()
    try:
        (text, kind), status = make(parsed(request.url.query)), 200
    except ExplorerError as error:
        text, kind, status = json.dumps({"error": str(error)}), "application/json", 422
    timing = f"answer;dur={1e3 * (perf_counter() - began):.2f}"
    return Response(text, status, media_type=kind, headers={"Server-Timing": timing, **_KEPT})


_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _numbers(query: Query) -> dict[str, object]:
    spec, asked = _split(query)
    answer = numbers(spec)
    if "effects" in asked:
        answer["switches"] = switch_row.cards(spec)
    if "picture" in asked:
        answer["flow"] = module.picture(spec, spec.unedited, _paper(asked), asked.get("at", ""))
    if "strip" in asked:
        answer["strip"] = _strip(spec, asked)
    return answer


def _strip(spec: Spec, asked: dict[str, str]) -> Picture:
    now, original = analyse(spec).trace, analyse(spec.unedited).trace
    width = limits.whole_number("the strip's width", asked["strip"], 200, limits.MAX_PICTURE)
    return strip(now, original, width=width, opened=asked.get("at", ""), type_size=_paper(asked).type_size)


def _file(query: Query) -> str:
    spec, asked = _split(query)
    ground = asked.get("ground", "light")
    if ground not in GROUND:
        raise unknown_name("ground", ground, GROUND)
    return svg(module.required(spec, spec.unedited, _paper(asked), asked.get("at", "")), ground)


def _split(query: Query) -> tuple[Spec, dict[str, str]]:
    """The network of a query, and what it says beside that."""
    asked = {key: query[key][-1] for key in _ASKED if key in query}
    return Spec.from_query({key: values for key, values in query.items() if key not in asked}), asked


def _paper(asked: dict[str, str]) -> Paper:
    return Paper.parse(asked.get("picture", ""), asked.get("area", ""), asked.get("type", ""))


def numbers(spec: Spec) -> dict[str, object]:
    """The totals of a network beside its original, and the bars of a module."""
    now, original = analyse(spec).trace, analyse(spec.unedited).trace
    totals = [total._asdict() for total in totals_bar.totals(now, original)]
    pictures = {COST: cost_bars.by_module_beside(now, original)} if spec.module else {}
    return {"totals": totals, "pictures": pictures}
