"""Lessons at any values, and LaTeX read back as numbers."""

import re
from collections.abc import Mapping
from fractions import Fraction

from hypothesis import strategies as st

from explorer.lessons.cost import LESSONS
from explorer.lessons.cost.lesson import Lesson, Study, study

IDS = list(LESSONS)


@st.composite
def studies(draw: st.DrawFn, lessons: list[str] = IDS, most: int | None = None) -> Study:
    """A lesson at values within its bounds that go together."""
    lesson = LESSONS[draw(st.sampled_from(lessons))]
    return study(lesson, draw(values_of(lesson, most)))


@st.composite
def values_of(draw: st.DrawFn, lesson: Lesson, most: int | None = None) -> dict[str, int]:
    bounds = {one.letter: (one.least, min(one.most, max(one.least, most or one.most))) for one in lesson.variables}
    drawn = {letter: draw(st.integers(*between)) for letter, between in bounds.items()}
    return lesson.fitted(drawn)


def number(latex: str, values: Mapping[str, int] | None = None) -> Fraction:
    """What a formula in LaTeX comes to, with its letters' values."""
    text = latex.replace("{,}", "")
    while (
        plain := re.sub(
            r"\\d?frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", r"(O(\1)/(\2))", text
        )
    ) != text:
        text = plain
    for old, new in (
        (r"\cdot", "*"),
        (r"\,", "*"),
        (r"\left", ""),
        (r"\right)", ")"),
        ("^{2}", "**2"),
        ("^{3}", "**3"),
    ):
        text = text.replace(old, new)
    found = eval(text, {"O": Fraction, **(values or {})})
    return Fraction(found)
