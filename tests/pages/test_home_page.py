"""The home page lists every architecture with its numbers."""

from explorer.ui.text import plain
from explorer.zoo import ARCHITECTURES
from tests.pages.conftest import Open


def test_every_architecture_has_its_card(open_page: Open) -> None:
    page = open_page("app.py")
    assert not page.exception
    text = " ".join(block.value for block in page.markdown)
    assert all(plain(entry.title) in text for entry in ARCHITECTURES.values())
    assert "6,998,552 params" in text
