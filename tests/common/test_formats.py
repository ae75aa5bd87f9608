"""Numbers as text: the one format that every page and table uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.common import formats
from explorer.draw import colours


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (27, "27"),
        (999, "999"),
        (1_000, "1.00 k"),
        (9_996, "10.0 k"),
        (99_960, "100 k"),
        (999_500, "1.00 M"),
        (128_049_152, "128 M"),
        (1_582_671_872, "1.58 G"),
        (6_820_000_000_000, "6.82 T"),
    ],
)
def test_short_has_three_digits_and_a_prefix(value: int, text: str) -> None:
    assert formats.short(value) == text
    assert formats.macs(value) == f"{text} MACs"


@given(st.integers(1, 10**14))
def test_short_is_within_half_a_percent(value: int) -> None:
    number, _, unit = formats.short(value).partition(" ")
    scale = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}[unit]
    assert float(number) * scale == pytest.approx(value, rel=0.0051)
    assert len(number.replace(".", "")) <= 3 or unit == "T"


def test_counts_are_written_in_full() -> None:
    assert formats.number(6_998_552) == "6,998,552"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (36_437_792, "34.7 MiB")]
)
def test_memory_is_in_binary_units(value: int, text: str) -> None:
    assert formats.bytes_(value) == text


def test_changes_name_their_sign_and_share() -> None:
    assert formats.change(100, 100) == ""
    assert formats.change(1_000, 1_041) == "+41 (+4.1 %)"
    assert formats.change(200, 100) == "−100 (−50.0 %)"
    assert formats.change(0, 5) == "+5"
    assert formats.change(2_000_000, 1_000_000, formats.macs) == "−1.00 M MACs (−50.0 %)"


def test_colours_are_distinct() -> None:
    used = list(colours.FAMILIES.values())
    assert len(set(used)) == len(used)


def test_shares_and_gains_are_percentages() -> None:
    assert [formats.percent(share) for share in (0.29, 1, 0)] == ["29.0 %", "100.0 %", "0.0 %"]
    assert [formats.gain(share) for share in (0.0408, -0.28)] == ["+4.1 %", "−28.0 %"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0015, "0.0015"), (0.00063, "0.00063"), (7.4e-8, "7.4 × 10⁻⁸"), (10, "10")]
)
def test_a_learning_rate_is_written_without_an_e(value: float, text: str) -> None:
    assert formats.rate(value) == text
