"""What tests read off a page that runs without a browser."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

from explorer.ui.frame import site

Open = Callable[..., AppTest]
BUILD = "pages/build.py"
BELOW = ",".join(site.BELOW_WORDS)
"""Everything that Build can show below its picture."""


def says(page: AppTest) -> str:
    """All error messages of a page, without the escapes."""
    return " ".join(error.value.replace("\\", "") for error in page.error)


def refuses(page: AppTest, wrong: str, allowed: str) -> None:
    """It says what is wrong and what is allowed, and nothing else went wrong."""
    assert not page.exception
    assert wrong in says(page)
    assert allowed in says(page)


def component(page: AppTest, key: str) -> dict[str, Any]:
    """What a component of this key was given to draw."""
    (found,) = (
        element.proto
        for element in _elements(page._tree)
        if element.type == "bidi_component" and element.proto.id.endswith(f"-{key}")
    )
    data: dict[str, Any] = json.loads(found.json)
    return data


def totals(page: AppTest) -> list[dict[str, str]]:
    """The numbers of a network at the top of its page."""
    found: list[dict[str, str]] = component(page, "totals")["totals"]
    return found


def rows(page: AppTest, key: str) -> list[dict[str, str]]:
    """The rows of a table, each cell under the title of its column; of two equal titles the second."""
    data = component(page, key)
    titles = [column["title"] for column in data["columns"]]
    return [dict(zip(titles, row["cells"], strict=True)) for row in data["rows"]]


def _elements(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", {}).values():
        yield child
        yield from _elements(child)
