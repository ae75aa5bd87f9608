"""Text for Streamlit's Markdown, which reads more into characters than people mean."""

from __future__ import annotations

import re

# A browser looks for addresses once the escapes are gone: a space of no width takes them apart.
_ADDRESS = re.compile(r"(?i)(?<=http)(?=s?:)|(?<=www)(?=\.)|(?=@)")

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~&^=])")


def plain(text: str) -> str:
    """Text in which no character is taken for Markdown, HTML, an address, an emoji code or a formula."""
    text = _ADDRESS.sub("\u200b", text)
    return _MARKUP.sub(r"\\\1", text.replace("\n", " "))


# Possessive: what a repetition took it keeps, or a text that fails at its end would be tried in every division.
_HARMLESS = re.compile(r"(?!www\.)[A-Za-z][A-Za-z0-9]*+\)?+([ .,_/]?+[ (]?+[A-Za-z0-9]++\)?+)*+")


def label(text: str) -> str:
    """Text for a widget's label, which a screen reader says as it is written: escaped only where it has to be."""
    return text if _HARMLESS.fullmatch(text) and "http" not in text else plain(text)
