"""Components whose scripts and styles are files that a browser keeps: what is given to Streamlit inline is sent again
with every run of a page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = "assets"
"""The address of the files, beside that of the pages."""
_KEPT = "public, max-age=31536000, immutable"


class _File(NamedTuple):
    content: str
    media_type: str


_files: dict[str, _File] = {}


def component(name: str, *, html: str, css: str = "", js: str, shares: Iterable[str] = ()) -> Any:
    """A component of Streamlit's, as `st.components.v2.component` makes it.

    Args:
        name: unique in the app.
        html: its elements, which the script fills.
        css: its style.
        js: a module whose default export draws it.
        shares: modules in this folder that it imports from beside itself, by their file names.
    """
    for shared in shares:
        address = _put(shared.removesuffix(".js"), read(shared), "js", "text/javascript")
        js = js.replace(f'"./{shared}"', f'"./{address.rpartition("/")[2]}"')
    style = f'<link rel="stylesheet" href="{_put(name, css, "css", "text/css")}">' if css else ""
    script = _put(name, js, "js", "text/javascript").rpartition("/")[2]
    loader = _put("loader", read("loader.js"), "js", "text/javascript")
    loads = _LOADER.replace("LOADER", loader).replace("SCRIPT", f"./{script}")
    return st.components.v2.component(name, html=f"{style}{html}", js=loads)


# Streamlit takes a text with a line break for source. This one is sent with every run of a page, so it is short.
_LOADER = """const at = import(new URL("LOADER", document.baseURI).href);
export default (component) => {
  const ends = at.then((loader) => loader.show("SCRIPT", component));
  return () => ends.then((end) => end());
};
"""


def read(file: str) -> str:
    """The text of a file in this folder."""
    return (Path(__file__).parent / file).read_text(encoding="utf-8")


def _put(name: str, content: str, ending: str, media_type: str) -> str:
    """Keeps a file under a name that changes with it; its address, from the page."""
    file = f"{name}.{hashlib.sha256(content.encode()).hexdigest()[:12]}.{ending}"
    _files[file] = _File(content, media_type)
    return f"{FOLDER}/{file}"


async def serve(request: Request) -> Response:
    """A file by its name."""
    file = _files.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    return Response(
        file.content,
        media_type=file.media_type,
        headers={"Cache-Control": _KEPT, "X-Content-Type-Options": "nosniff"},
    )
