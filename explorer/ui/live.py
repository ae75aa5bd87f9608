"""What follows a hand: the numbers, bars and picture of a network, as its page writes and draws them, by GET."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from explorer.analysis.candidates import candidate
from explorer.api.questions import parsed
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.draw import cost_bars, diagram
from explorer.draw.flow import module
from explorer.draw.flow.module import Paper
from explorer.draw.flow.picture import GROUND, svg
from explorer.draw.flow.strip import MEASURES, strip
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.ui.components import graph_diagram, switch_row, totals_bar, trace_table

ADDRESS = "live"
PICTURE, SHEET = f"{ADDRESS}/picture.svg", f"{ADDRESS}/sheet.html"
"""The addresses of the picture as a file, and of all on a sheet of paper."""
COST = "cost"
"""The bars of each module, among the pictures."""
ROWS, DIAGRAM = "rows", "diagram"
"""Every layer of a module as a row, and as a box; a whole network's are too many to follow a hand."""
_ASKED = ("picture", "area", "type", "ground", "at", "strip", "effects", "baseline", "columns", "rows", "diagram")
"""What a query says beside the network: the size of its picture, what its areas are, its type, its colours, the module
that is drawn, the width of the strip above it and what its columns stand for, whether the effect of every switch is
asked for, what the network is compared with (its original, or the query of another), and whether a module's rows and
diagram are asked for.
"""


async def serve(request: Request) -> Response:
    """The numbers of the network that the query names; status 422 and a sentence where there is none."""
    return _answer(request, lambda asked: (json.dumps(_numbers(asked)), "application/json"))


async def serve_file(request: Request) -> Response:
    """The picture of the network that the query names, as SVG."""
    return _answer(request, lambda asked: (_file(asked), "image/svg+xml"))


def _answer(request: Request, make: Callable[[Asked], tuple[str, str]]) -> Response:
    began = perf_counter()
    try:
        (text, kind), status = make(read(request.url.query)), 200
    except ExplorerError as error:
        text, kind, status = json.dumps({"error": str(error)}), "application/json", 422
    timing = f"answer;dur={1e3 * (perf_counter() - began):.2f}"
    return Response(text, status, media_type=kind, headers={"Server-Timing": timing, **_KEPT})


_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Asked(NamedTuple):
    """A query: a network, what it is compared with, and how it is drawn.

    Args:
        spec: the network.
        against: what it is compared with.
        paper: what its picture is drawn on.
        at: the module that is drawn; all where empty.
        values: the texts of the query beside the network's.
    """

    spec: Spec
    against: Spec
    paper: Paper
    at: str
    values: Mapping[str, str]


def read(query: str) -> Asked:
    """A query of an address here.

    Raises:
        ExplorerError: the first thing in it that is unknown or not allowed.
    """
    texts = parsed(query)
    values = {key: texts[key][-1] for key in _ASKED if key in texts}
    spec = Spec.from_query({key: found for key, found in texts.items() if key not in values})
    paper = Paper.parse(values.get("picture", ""), values.get("area", ""), values.get("type", ""))
    other = values.get("baseline", "")
    return Asked(spec, candidate(other).spec if other else spec.unedited, paper, values.get("at", ""), values)


def _numbers(asked: Asked) -> dict[str, object]:
    now, before = analyse(asked.spec).trace, analyse(asked.against).trace
    answer: dict[str, object] = {
        "totals": [total._asdict() for total in totals_bar.totals(now, before)],
        "pictures": {COST: cost_bars.by_module_beside(now, before)} if asked.spec.module else {},
    }
    if "effects" in asked.values:
        answer["switches"] = switch_row.cards(asked.spec)
    if asked.spec.module:
        against = None if asked.against == asked.spec else asked.against
        if ROWS in asked.values:
            answer[ROWS] = [row._asdict() for row in trace_table.lines(asked.spec, against)]
        if DIAGRAM in asked.values:
            error, old = analyse(asked.spec).error, None if against is None else before
            answer[DIAGRAM] = graph_diagram.drawn(diagram.network(now, (diagram.ALL,), error, old))
    if "picture" in asked.values:
        answer["flow"] = module.picture(asked.spec, asked.against, asked.paper, asked.at)
    if "strip" in asked.values:
        width = limits.whole_number("the strip's width", asked.values["strip"], 200, limits.MAX_PICTURE)
        by = asked.values.get("columns", "cost")
        if by not in MEASURES:
            raise unknown_name("kind of columns", by, MEASURES)
        answer["strip"] = strip(now, before, width=width, opened=asked.at, type_size=asked.paper.type_size, by=by)
    return answer


def _file(asked: Asked) -> str:
    ground = asked.values.get("ground", "light")
    if ground not in GROUND:
        raise unknown_name("ground", ground, GROUND)
    return svg(module.required(asked.spec, asked.against, asked.paper, asked.at), ground)
