import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.runs.events import Failed, Finished, Notice, Progress, Record, Validation, from_line, to_line

finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(0, 10**9)
measured = st.none() | finite
records = st.one_of(
    st.builds(Progress, whole, whole, whole, finite, finite, finite, finite, finite, finite, whole),
    st.builds(Validation, whole, whole, finite, finite, finite),
    st.builds(Finished, measured, measured, finite, whole, finite, st.text(), st.text(), st.booleans()),
    st.builds(Failed, st.text()),
    st.builds(Notice, st.text()),
)


@given(records)
def test_a_record_survives_its_line(record: Record) -> None:
    line = to_line(record)
    assert "\n" not in line
    assert (from_line(line), type(from_line(line))) == (record, type(record))


@given(records, st.data())
def test_a_torn_line_is_no_record(record: Record, data: st.DataObject) -> None:
    line = to_line(record)
    with pytest.raises(ValueError):
        from_line(line[: data.draw(st.integers(0, len(line) - 1))])


@pytest.mark.parametrize(
    "line",
    ["5", "null", "[]", "{}", '{"record": "done"}', '{"record": "else"}', '{"record": ["done"]}',
     '{"record": "failed", "why": 1}', '{"epoch": 1}'],
)  # fmt: skip
def test_other_json_is_no_record(line: str) -> None:
    with pytest.raises(ValueError, match="not a record"):
        from_line(line)


def test_a_line_says_first_what_it_is() -> None:
    assert next(iter(json.loads(to_line(Failed("why"))))) == "record"


@given(st.floats(0.001, 1), st.floats(0, 10**6))
def test_the_time_left_is_what_the_pace_so_far_leads_to(share: float, seconds: float) -> None:
    left = Progress(1, 2, 3, share, 0.5, 0.5, 100.0, seconds, 0.1, 0).seconds_left
    assert left + seconds == pytest.approx(seconds / share)
