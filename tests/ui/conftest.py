"""Pages run as Streamlit runs them, without a browser."""

import gc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from explorer.runs import tasks
from explorer.runs.executor import warm
from tests.helpers.pages import Open

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def quick_pages() -> Iterator[None]:
    """Each opened page looks for components in the metadata of every installed package, two thirds of its time,
    and ends with a search of all objects for garbage.
    """
    gc.collect()
    gc.freeze()  # what the tests before have imported, Keras among it, is no garbage
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


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
