"""What follows a hand: the numbers and bars of a network, as its page writes and draws them, by GET."""

from __future__ import annotations

import json
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response

from explorer.api.questions import parsed
from explorer.common.errors import ExplorerError
from explorer.draw import cost_bars
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.ui.components import totals_bar

ADDRESS = "live"
COST = "cost"
"""The bars of each module, among the pictures."""


async def serve(request: Request) -> Response:
    """The numbers of the network that the query names; status 422 and a sentence where there is none."""
    began = perf_counter()
    try:
        spec = Spec.from_query(parsed(request.url.query))
        answer, status = numbers(spec), 200
    except ExplorerError as error:
        answer, status = {"error": str(error)}, 422
    timing = f"answer;dur={1e3 * (perf_counter() - began):.2f}"
    return Response(
        json.dumps(answer), status, media_type="application/json", headers={"Server-Timing": timing, **_KEPT}
    )


_KEPT = {"Cache-Control": "no-store"}


def numbers(spec: Spec) -> dict[str, object]:
    """The totals and pictures of a network beside its preset."""
    now, preset = analyse(spec).trace, analyse(spec.unedited).trace
    totals = [total._asdict() for total in totals_bar.totals(now, preset, totals_bar.SAME)]
    return {"totals": totals, "pictures": {COST: cost_bars.by_module_beside(now, preset)}}
