"""What the lessons share: bounds and choices of their variables, and a way to count in words."""

from __future__ import annotations

from explorer.lessons.cost.lesson import Values

SIDE = 256
"""The largest side of a lesson's map, in pixels."""
WIDTH = 1_024
"""The most channels of a lesson's map."""


def odd(values: Values) -> tuple[int, ...]:
    """Windows that have a middle."""
    return (1, 3, 5, 7, 9, 11)


def divisors(number: int) -> tuple[int, ...]:
    """All whole numbers that divide a number, rising."""
    return tuple(part for part in range(1, number + 1) if number % part == 0)


def several(count: int, noun: str) -> str:
    """A number of things: `1 filter`, `224 filters`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
