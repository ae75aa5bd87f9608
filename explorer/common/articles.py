"""The source articles by name: claims, lessons and experiments cite them by number, people read their titles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Article(NamedTuple):
    """A source article.

    Args:
        title: in English.
        about: language, year and kind.
    """

    title: str
    about: str


ARTICLES: Mapping[str, Article] = {
    "000": Article("InceptionNet", "TensorFlow notes, Chinese"),
    "001": Article("Learning PyTorch from scratch (18): GoogLeNet", "Chinese"),
    "002": Article("Python deep learning, day 54: the Inception network", "Chinese, 2025"),
    "003": Article("Inception v2 / BN-Inception: notes on Batch Normalization", "Chinese, 2022"),
    "004": Article("Neural networks (15): Xception, reproduced", "Chinese"),
}
"""By their numbers in this project's texts."""
_CITED = re.compile(r"\b[Ss]ources? (\d{3}(?:(?:, | and )\d{3})*)\b")
_NUMBER = re.compile(r"\d{3}")


def named(text: str) -> str:
    """A text with the title of each article where its number is cited: `source 003` becomes its title in quotes."""
    return _CITED.sub(lambda match: _NUMBER.sub(_quoted, match[1]), text)


def _quoted(number: re.Match[str]) -> str:
    return f'"{ARTICLES[number[0]].title}"'
