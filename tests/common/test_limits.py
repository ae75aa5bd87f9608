from __future__ import annotations

import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.limits import number, switch, whole_number
from explorer.common.lookup import unknown_name

bounds = st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(bounds, st.integers(-200, 200), st.booleans())
def test_a_whole_number_within_its_bounds_comes_back(between: tuple[int, int], value: int, as_text: bool) -> None:
    low, high = between
    given_value = f" {value} " if as_text else value
    if low <= value <= high:
        result = whole_number("width", given_value, low, high)
        assert (result, type(result)) == (value, int)
    else:
        with pytest.raises(ExplorerError, match=f"^width is {value}: it must be a whole number from {low} to {high}$"):
            whole_number("width", given_value, low, high)


@given(st.text() | st.floats() | st.booleans() | st.none() | st.lists(st.integers()) | st.binary())
@example("0\x1f")  # white space that int() leaves in a text of ASCII alone
@example("\x1c−3\u2003")
def test_anything_else_is_refused_in_one_sentence(value: object) -> None:
    if isinstance(value, str) and re.fullmatch(r"\s*[-−]?[0-9]+\s*", value):
        assert whole_number("n", value, -(10**40), 10**40) == int(value.strip().replace("−", "-"))
        return
    with pytest.raises(ExplorerError) as caught:
        whole_number("n", value, 1, 1_000)
    message = str(caught.value)
    assert message.startswith("n is ")
    assert message.endswith(": it must be a whole number from 1 to 1,000")
    assert len(message.splitlines()) == 1


@given(st.floats(allow_nan=False, allow_infinity=False), st.booleans())
def test_every_number_comes_back_from_its_text(value: float, pretty: bool) -> None:
    text = repr(value).replace("-", "−") if pretty else f" {value!r} "
    assert number("n", f"{text}\x1f", value, value) == value
    assert (number("n", text, -sys.float_info.max, sys.float_info.max), number("n", value, value, value)) == (
        value,
    ) * 2


@given(st.floats(-50, 50), st.floats(0, 50), st.floats(-200, 200), st.booleans(), st.booleans())
def test_a_number_is_held_to_its_bounds(low: float, more: float, value: float, above: bool, as_text: bool) -> None:
    high = low + more
    given_value = repr(value) if as_text else value
    if low <= value <= high and not (above and value == low):
        assert number("n", given_value, low, high, above=above) == value
        return
    with pytest.raises(ExplorerError) as caught:
        number("n", given_value, low, high, above=above)
    allowed = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
    assert str(caught.value) == f"n is {repr(value).removesuffix('.0')}: it must be a number {allowed}"


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ([1, True, "1", "01", "yes", "Yes", " TRUE ", "1\x1f", "on"], 1),
        ([0, False, "0", "-0", "no", "False", "off", "OFF"], 0),
    ],
)
def test_a_switch_is_on_or_off_by_any_of_its_words(values: list[object], result: int) -> None:
    assert [(switch("heads", value), type(switch("heads", value))) for value in values] == [(result, int)] * len(values)


@pytest.mark.parametrize("value", ["", "y", "2", 2, -1, None, 1.0, [1], "yes please", "ja"])
def test_anything_else_is_no_switch(value: object) -> None:
    with pytest.raises(ExplorerError) as caught:
        switch("heads", value)
    allowed = "it must be one of yes, true, on, 1, no, false, off, 0"
    assert str(caught.value) == f"heads is {quoted(value)}: {allowed}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x", "'x'"),
        ("", "''"),
        ("1_0", "'1_0'"),
        ("\u0661", "'\u0661'"),
        ("+1", "'+1'"),
        ("1,5", "'1,5'"),
        ("nan", "'nan'"),
        ("inf", "'inf'"),
        (float("nan"), "nan"),
        (True, "True"),
        (None, "None"),
        ([1.0], "[1.0]"),
        ("1e400", "inf"),
        ("1" * 41, f"'{'1' * 39}..."),
        (10**400, f"1{'0' * 39}..."),
    ],
)
def test_what_is_no_number_between_the_bounds_is_told_in_one_sentence(value: object, told: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        number("n", value, 0, 1)
    assert str(caught.value) == f"n is {told}: it must be a number from 0 to 1"


@given(st.text() | st.binary() | st.integers() | st.lists(st.text()))
def test_what_is_shown_is_one_short_line(value: object) -> None:
    text = quoted(value)
    assert len(text) <= 43
    assert len(text.splitlines()) == 1
    if not text.endswith("..."):
        assert eval(text) == value


def test_values_that_python_cannot_write_out() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    assert quoted(nested) == "too large to show"
    assert quoted(10**10_000) == "too large to show"
    with pytest.raises(ExplorerError, match=r"^heads is too large to show: it must be one of "):
        switch("heads", 10**10_000)


def test_an_unknown_name_lists_what_comes_close_and_what_there_is() -> None:
    assert str(unknown_name("fruit", "aple", ["apple", "pear"])) == (
        "there is no fruit 'aple' (did you mean apple?); there is: apple, pear"
    )
    assert str(unknown_name("fruit", "x", "abcdefgh", most=3)) == "there is no fruit 'x'; there is: a, b, c and 5 more"
    assert str(unknown_name("fruit", "x", [])) == "there is no fruit 'x'; there is: none"


def test_limits_leave_room_for_the_largest_networks_in_the_literature() -> None:
    assert limits.MAX_CLASSES >= 21_841  # ImageNet-22k
    assert limits.MAX_CHANNELS >= 25_088  # VGG's flattened map
    assert limits.MAX_PARAMS >= 143_667_240  # VGG-19
