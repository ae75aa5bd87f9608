"""Pages run as Streamlit runs them, without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]

Open = Callable[..., AppTest]


def says(page: AppTest) -> str:
    """All error messages of a page, without the escapes."""
    return " ".join(error.value.replace("\\", "") for error in page.error)


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Opens a page with a link's query, its runs in an empty folder."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))

    def open_page(file: str, **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if file != "app.py":
            test.switch_page(file)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return open_page
