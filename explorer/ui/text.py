"""Text for Streamlit's Markdown, which reads more into characters than people mean."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """Text in which no character is taken for Markdown, HTML, an emoji code or a formula."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$:~&^=])", r"\\\1", text.replace("\n", " "))
