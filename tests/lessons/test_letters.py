"""Formulas keep their letters through every operation, and LaTeX sets them as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.graph.formula import Letter
from explorer.lessons.cost.typeset import latex, number
from tests.helpers.lesson_values import number as read

K, C, G = Letter(3, "k"), Letter(8, "c"), Letter(4, "g")


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (K * K * C, r"k^{2} \, c"),
        (1 * K * 1, "k"),
        (K * K - 1, "k^{2} - 1"),
        ((K * K - 1) * C, r"\left(k^{2} - 1\right) \, c"),
        (C // G * K, r"\frac{c}{g} \, k"),
        (C // C * K, "k"),
        (0 + C + 0, "c"),
        (C - (K - G), r"c - \left(k - g\right)"),
        (9 * C + 9 * G, r"9 \, c + 9 \, g"),
    ],
)
def test_a_rule_run_on_letters_reads_as_it_was_run(made: Letter, written: str) -> None:
    assert latex(made.formula) == written
    values = {"k": 3, "c": 8, "g": 4}
    assert read(latex(made.formula), values) == read(latex(made.formula, tuple(values.items()))) == int(made)


@given(st.integers(0, 10**15))
def test_thousands_stand_apart_and_read_back(value: int) -> None:
    assert read(number(value)) == value
    assert number(value).count("{,}") == (len(str(value)) - 1) // 3
