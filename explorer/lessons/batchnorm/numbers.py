"""Real numbers from a link, a field or a command line, and as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.formats import scientific

_DIGITS = 4
_ROUNDING = 10
"""Decimals from which on a number is taken for the rounding of another."""


def reals(name: str, text: str, least: int, most: int, bound: float) -> tuple[float, ...]:
    """The numbers of a list such as `1,2.5,-3`.

    Args:
        name: what they are, in the plural.
        text: the numbers with commas between them.
        least: how few there may be.
        most: how many there may be.
        bound: the largest absolute value.

    Raises:
        ExplorerError: one is no number, or there are too many or too few.
    """
    parts = text.split(",") if text.strip() else []
    if not least <= len(parts) <= most:
        raise ExplorerError(
            f"{name} are {quoted(text)}: they must be {least} to {most} numbers with commas between them, and these "
            f"are {len(parts)}"
        )
    return tuple(
        limits.number(f"number {index} of {name}", part, -bound, bound) for index, part in enumerate(parts, start=1)
    )


def spelled(values: Sequence[float]) -> str:
    """The list that `reals` reads as these numbers."""
    return ",".join(map(one, values))


def one(value: float) -> str:
    """The text that `limits.number` reads as this number."""
    return repr(float(value)).removesuffix(".0")


def among(name: str, text: str, allowed: Sequence[float]) -> float:
    """One of a few numbers.

    Raises:
        ExplorerError: it is none of them.
    """
    number = limits.number(name, text, min(allowed), max(allowed))
    if number not in allowed:
        nearest = min(allowed, key=lambda other: abs(other - number))
        raise ExplorerError(f"{name} is {quoted(text)}: only some numbers are allowed here, the nearest is {nearest:g}")
    return number


def written(value: float) -> str:
    """A number with four significant digits: `5.5`, `−1.342`, `12,350`; nothing is left of a rounding error."""
    value = round(value, _ROUNDING)
    if value == 0:
        return "0"
    decimals = max(0, _DIGITS - 1 - floor(log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def difference(value: float) -> str:
    """A difference that may be one of rounding only: `4.4 × 10⁻¹⁶`, and from a thousandth on as `written`."""
    if value == 0 or abs(value) >= 1e-3:
        return written(value)
    digits, _, power = f"{value:.1e}".partition("e")
    return scientific(digits, int(power))


def latex(value: float) -> str:
    """`written` in LaTeX."""
    return written(value).replace("−", "-").replace(",", "{,}")
