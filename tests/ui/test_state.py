"""What a widget hands on, and what it does not."""

import pytest

from explorer.ui.session import state


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What Streamlit keeps of a visitor."""
    session: dict[str, object] = {}
    monkeypatch.setattr(state.st, "session_state", session)
    return session


def test_only_what_was_chosen_is_taken(session: dict[str, object]) -> None:
    taken: list[object] = []
    tied = state.bind_widget("row", 7, taken.append)
    assert (tied["key"], tied["value"]) == ("row", 7)
    session["row"] = 7
    tied["on_change"]()  # a browser repeats what it was shown
    assert taken == []
    session["row"] = 3
    tied["on_change"]()
    tied["on_change"]()
    assert taken == [3]
    session["row"] = 7
    tied["on_change"]()
    assert taken == [3, 7]


def test_a_widget_that_was_replaced_hands_on_nothing_that_was_not_chosen(session: dict[str, object]) -> None:
    """A run that gives a slider another range is cut short: Streamlit calls the old one with the new one's value."""
    taken: list[object] = []
    before = state.bind_widget("row", 7, taken.append)
    session["row"] = 7
    after = state.bind_widget("row", 14, taken.append)
    assert session["row"] == 14
    before["on_change"]()
    assert taken == []
    session["row"] = 0
    before["on_change"]()
    after["on_change"]()
    assert taken == [0]
