"""Pages run as Streamlit runs them, without a browser."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer.runs import tasks
from explorer.runs.executor import warm

ROOT = Path(__file__).resolve().parents[2]

Open = Callable[..., AppTest]


def says(page: AppTest) -> str:
    """All error messages of a page, without the escapes."""
    return " ".join(error.value.replace("\\", "") for error in page.error)


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


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Opens a page with a link's query, its runs in an empty folder, without a worker that waits for one."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(warm, "prewarm", lambda: None)

    def open_page(file: str, **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if file != "app.py":
            test.switch_page(file)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return open_page


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], list[tuple[str, ...]]]:
    """Answers every task at once; gives the questions."""

    def answer(text: bytes) -> list[tuple[str, ...]]:
        asked: list[tuple[str, ...]] = []
        monkeypatch.setattr(tasks, "ask", lambda *args: asked.append(args))
        monkeypatch.setattr(tasks, "state", lambda id: tasks.Task(False, answer=text) if asked else None)
        return asked

    return answer
