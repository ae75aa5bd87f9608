"""Formulas from the counting rules themselves: a rule is run once more, on numbers that remember.

So a number and the arithmetic shown beside it come from the same line of code.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Self


class TracedInt(int):
    """An int that knows how it was made. Products and sums are written out, a quotient is a new
    number: `TracedInt(3) * 3 * (32 // 2) + 1` reads `3*3*16 + 1`.
    """

    formula: str
    is_sum: bool

    def __new__(cls, value: int, formula: str | None = None, is_sum: bool = False) -> Self:
        """A number with its formula; its digits where none is given."""
        number = super().__new__(cls, value)
        number.formula = str(int(value)) if formula is None else formula
        number.is_sum = is_sum
        return number

    def __mul__(self, other: int) -> Self:
        return type(self)(int(self) * int(other), f"{_factor(self)}*{_factor(other)}")

    def __rmul__(self, other: int) -> Self:
        return type(self)(int(self) * int(other), f"{_factor(other)}*{_factor(self)}")

    def __add__(self, other: int) -> Self:
        return self if other == 0 else type(self)(int(self) + int(other), f"{self.formula} + {_text(other)}", True)

    def __radd__(self, other: int) -> Self:
        return self if other == 0 else type(self)(int(self) + int(other), f"{_text(other)} + {self.formula}", True)

    def __floordiv__(self, other: int) -> Self:
        return type(self)(int(self) // int(other))


class Letter(TracedInt):
    """A number under a letter, `Letter(5, "k")`. It keeps quotients and differences too, so that a whole rule
    stays in letters: `3 * (c // g)` reads `3*(c/g)`.
    """

    def __sub__(self, other: int) -> Letter:
        text = f"({other.formula})" if isinstance(other, TracedInt) else str(other)
        return Letter(int(self) - int(other), f"{self.formula} - {text}", is_sum=True)

    def __floordiv__(self, other: int) -> Letter:
        if isinstance(other, Letter):
            same = self.formula == other.formula
            return Letter(int(self) // int(other), "1" if same else f"({self.formula}/{other.formula})")
        return self if other == 1 else Letter(int(self) // other)


def _text(number: int) -> str:
    return number.formula if isinstance(number, TracedInt) else str(int(number))


def _factor(number: int) -> str:
    return f"({_text(number)})" if isinstance(number, TracedInt) and number.is_sum else _text(number)


def remember(value: Any) -> Any:
    """The same value with every whole number in it remembering: in tuples and dataclasses too."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return TracedInt(value)
    if isinstance(value, tuple):
        return tuple(remember(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: remember(getattr(value, field.name)) for field in fields(value)})
    return value


def formula(count: int) -> str:
    """How a number was made, as plain Python arithmetic; its digits if nobody remembers."""
    return _text(count)
