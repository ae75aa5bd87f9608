"""A network on one sheet of paper: its name, its edits, its numbers, its picture, and a link that opens it again."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from explorer.common.errors import ExplorerError
from explorer.draw.flow import module
from explorer.draw.flow.picture import Picture, svg
from explorer.draw.flow.strip import strip
from explorer.spec.build import analyse, valid
from explorer.spec.chips import chips, named
from explorer.ui import live
from explorer.ui.components import totals_bar
from explorer.ui.frame import share
from explorer.ui.live import Asked

_WIDTH, _HIGH, _LOW = 1240, 520, 430
"""Pixels of the picture: of a module by itself, and below the strip of its network."""
_PRINTS = 'addEventListener("load", () => print());'
_STYLE = """
@page { size: A4 landscape; margin: 10mm; }
* { box-sizing: border-box; margin: 0; }
body { font: 15px "Source Sans 3", "Source Sans Pro", sans-serif; color: #16202b; background: #ffffff; padding: 12px; }
main { display: flex; flex-direction: column; width: 277mm; height: 188mm; margin: auto; }
header { display: flex; gap: 16px; align-items: flex-start; }
header div { flex: 1; min-width: 0; }
header figure { text-align: right; }
header img { width: 30mm; height: 30mm; image-rendering: pixelated; }
h1 { font-size: 24px; }
ul { display: flex; flex-wrap: wrap; gap: 6px; list-style: none; padding: 6px 0; }
li { border: 1px solid #b35900; border-radius: 12px; padding: 1px 9px; font-size: 13px; }
p { font-size: 13px; color: #52606d; overflow-wrap: anywhere; }
dl { display: flex; gap: 24px; padding: 8px 0; font-variant-numeric: tabular-nums; }
dt { font-size: 13px; color: #52606d; }
dd { margin: 0; font-size: 13px; }
dd.value { font-size: 26px; font-weight: 600; }
svg { flex: none; width: 100%; height: auto; margin-top: 4px; }
svg:last-of-type { flex: 1 1 0; min-height: 0; margin: 3mm 0; }
@media print { body { padding: 0; } }
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; img-src data:; style-src {_hash(_STYLE)}; script-src {_hash(_PRINTS)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
}


async def serve(request: Request) -> Response:
    """The sheet of the network that the query names; status 422 and a sentence where there is none."""
    try:
        asked = live.read(request.url.query)
        page = {key: asked.values[key] for key in ("area", "baseline") if key in asked.values}
        text, status = sheet(asked, _link(request, {**asked.spec.to_query(), **page})), 200
    except ExplorerError as error:
        text, status = _page("No sheet", [f"<p>{html.escape(str(error))}.</p>"], prints=False), 422
    return Response(text, status, media_type="text/html", headers=_HEADERS)


def _link(request: Request, query: dict[str, str]) -> str:
    """Where Build shows the same, as the visitor's browser reaches it."""
    url = request.url
    scheme = request.headers.get("x-forwarded-proto", url.scheme)
    front = url.path.removesuffix(f"/{live.SHEET}")
    return f"{scheme if scheme in ('http', 'https') else url.scheme}://{url.netloc}{front}/build?{urlencode(query)}"


def sheet(asked: Asked, link: str) -> str:
    """The sheet as HTML.

    Args:
        asked: the network, what it is compared with, and what the areas of its picture are.
        link: opens the same again.

    Raises:
        ExplorerError: the network does not fit its input.
    """
    spec, against, trace = asked.spec, asked.against, valid(asked.spec)
    edits = "".join(f"<li>{html.escape(chip.title)}</li>" for chip in chips(spec))
    words = "as it was published"
    if spec != spec.unedited or against != spec.unedited:
        words = f"against {'the original' if against == spec.unedited else named(against)}"
    code = share.qr(link)
    image = f'<figure><img src="{code}" alt="QR code of the link"></figure>' if code else ""
    numbers = "".join(
        f'<div><dt>{html.escape(one.label)}</dt><dd class="value">{html.escape(one.value)}</dd>'
        f"<dd>{html.escape(one.below)}</dd></div>"
        for one in totals_bar.totals(trace, analyse(against).trace)
    )
    head = (
        f"<header><div><h1>{html.escape(spec.title)}</h1>{f'<ul>{edits}</ul>' if edits else ''}"
        f"<p>{html.escape(words)}</p><dl>{numbers}</dl></div>{image}</header>"
    )
    return _page(spec.title, [head, *map(svg, _pictures(asked)), f"<p>{html.escape(link)}</p>"], prints=True)


def _pictures(asked: Asked) -> Iterator[Picture]:
    spec, against = asked.spec, asked.against
    at = asked.at if spec.module else asked.at or module.drawn_first(spec)
    if not spec.module:
        yield strip(valid(spec), analyse(against).trace, width=_WIDTH, opened=at)
    paper = asked.paper._replace(width=_WIDTH, height=_HIGH if spec.module else _LOW)
    drawn = module.picture(spec, against, paper, at)
    if drawn is not None:
        yield drawn


def _page(title: str, parts: Iterable[str], *, prints: bool) -> str:
    script = f"<script>{_PRINTS}</script>" if prints else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style>{script}</head><body><main>{''.join(parts)}</main></body></html>"
    )
