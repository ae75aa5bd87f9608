"""Units and number formats: the one place where a number becomes text."""

from __future__ import annotations

from collections.abc import Callable

COLUMN = "%,d"
"""`number` as Streamlit's tables are told it."""


def number(value: int) -> str:
    """A count in full: `6,998,552`."""
    return f"{value:,}"


def signed(value: int) -> str:
    """A difference: `+1,024`, `−32`."""
    return f"{'−' if value < 0 else '+'}{number(abs(value))}"


def scientific(digits: str, power: int) -> str:
    """Digits times a power of ten: `7 × 10⁻⁸`."""
    return f"{digits.replace('-', '−')} × 10{str(power).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(value: int) -> str:
    """A number of ways: `5,308,416`, from a million million on `1.04 × 10²²`."""
    if value < 10**12:
        return number(value)
    digits = len(str(value)) - 1
    return scientific(f"{value // 10 ** (digits - 2) / 100:.2f}", digits)


def short(value: float) -> str:
    """Three significant digits and a prefix: `1.58 G`, `128 M`, `27`."""
    for unit in ("", "k", "M", "G"):
        # 999.5 would round up to four digits.
        if abs(value) < 999.5:
            return f"{value:.0f}" if not unit else f"{_three_digits(value)} {unit}"
        value /= 1000
    return f"{_three_digits(value)} T"


def _three_digits(value: float) -> str:
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}"


def macs(value: int) -> str:
    """Multiply-adds: `1.58 G MACs`."""
    return f"{short(value)} MACs"


def bytes_(value: int) -> str:
    """Memory in binary units: `34.7 MiB`."""
    size = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1023.5:
            return f"{size:.0f} B" if unit == "B" else f"{_three_digits(size)} {unit}"
        size /= 1024
    return f"{_three_digits(size)} TiB"


def memory(values: int) -> str:
    """The memory of so many float32 values: `34.7 MiB`."""
    return bytes_(4 * values)


def change(before: int, after: int, write: Callable[[int], str] = number) -> str:
    """A difference in its own unit and relative: `+285,680 (+4.1 %)`; empty where there is none."""
    if before == after:
        return ""
    sign = "+" if after > before else "−"
    relative = f" ({sign}{100 * abs(after - before) / before:.1f} %)" if before else ""
    return f"{sign}{write(abs(after - before))}{relative}"


def ratio(first: int, value: int) -> str:
    """A number against the first: `×1.62`; empty where the first is zero."""
    return f"×{value / first:.2f}" if first else ""


def percent(share: float, places: int = 1) -> str:
    """A share of a whole: `29.0 %`."""
    return f"{100 * share:.{places}f} %"


def gain(share: float) -> str:
    """By how much something grew: `+4.1 %`, `−28.0 %`."""
    return f"{'−' if share < 0 else '+'}{percent(abs(share))}"


def duration(seconds: float) -> str:
    """A time that nobody knows exactly: `40 s`, `3 min`, `1.5 h`."""
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 0.95 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_370 else f"{seconds / 3600:.1f} h"


def rate(value: float) -> str:
    """A learning rate with two significant digits: `0.0015`, `7 × 10⁻⁸`."""
    digits, _, power = f"{value:.2g}".partition("e")
    return scientific(digits, int(power)) if power else digits


def size(shape: tuple[int, ...]) -> str:
    """A shape: `64x112x112`."""
    return "x".join(map(str, shape))


def pair(value: tuple[int, int] | None) -> str:
    """A receptive field: `907x907`, or `whole image` for None."""
    return "whole image" if value is None else f"{value[0]}x{value[1]}"


def arithmetic(formula: str) -> str:
    """A formula with multiplication signs in place of asterisks; empty for zero."""
    return "" if formula == "0" else formula.replace("*", "×")
