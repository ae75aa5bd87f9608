"""What stands in the database, and what becomes of it when the file or the disk is broken."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.errors import ExplorerError
from explorer.training import dispatch, keeper, runs, store
from explorer.training.keeper import Keeper
from explorer.training.records import Done, Failed, Note, Progress, Validated, to_line
from explorer.training.runs import Curve
from tests.training import fleet
from tests.training.fleet import SHORT
from tests.training.networks import TINY

POINTS = [Progress(1, 2, step, step / 9, 2.0 / step, 0.5, 100.0, step / 10, 0.01, 7) for step in range(1, 10)]
VALID = Validated(1, 9, 0.5, 0.9, 1.0)
DONE = Done(0.9, 0.1, 1.0, 10, 100.0, "cpu", "float32")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A store without a slot: what is submitted waits."""
    with fleet.store(tmp_path, at_once=0) as folder:
        yield folder


@pytest.fixture
def run(place: Path) -> str:
    return runs.submit(TINY, SHORT, "somebody")


def spoil(id: str, **values: object) -> None:
    with store.writing() as database:
        store.update(database, id, **values)


def test_what_is_kept_is_read_again(run: str) -> None:
    with Keeper(run) as kept:
        for record in (*POINTS, VALID, Note("a word")):
            kept.keep(record)
        kept.finish(DONE)
    assert runs.curve(run) == Curve(tuple(POINTS), (VALID,), ("a word",))
    status = runs.status(run)
    assert (status.state, status.end, status.reason) == ("done", DONE, "")


def test_what_is_measured_again_takes_the_place_of_the_first(run: str) -> None:
    with Keeper(run) as kept:
        for record in (*POINTS, *POINTS[4:]):
            kept.keep(record)
    assert runs.curve(run).progress == tuple(POINTS)


@pytest.mark.parametrize("end", [DONE._replace(stopped=True), DONE, Failed("why")])
def test_the_last_record_says_how_it_stands(end: Done | Failed, run: str) -> None:
    dispatch.finish(run, end)
    state = "failed" if isinstance(end, Failed) else "stopped" if end.stopped else "done"
    assert (runs.status(run).state, runs.status(run).end) == (state, end)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("spec", "{"), ("spec", '{"architecture": "none"}'), ("spec", b"\xff\x00"), ("spec", 5),
        ("config", "[]"), ("config", '{"lr": -1}'), ("last", "{torn"), ("last", '{"record": "done"}'),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_said_and_hides_no_other(column: str, value: object, run: str) -> None:
    other = runs.submit(TINY, SHORT, "somebody")
    spoil(run, **{column: value})
    with pytest.raises(ExplorerError, match=f"what is kept of the run {run} cannot be read"):
        runs.status(run)
    assert [found.id for found in runs.find()] == [other]
    assert runs.unreadable() == [run]
    runs.cancel(run)
    runs.delete(run)
    assert runs.unreadable() == []


@pytest.mark.parametrize("line", ["{", "", "\x00", '{"record": "progress"}', "5", to_line(POINTS[0])[:-3]])
def test_a_record_that_cannot_be_read_hides_no_other(line: str, run: str) -> None:
    with store.reading() as database:
        store.add(database, run, POINTS)
        database.execute("UPDATE records SET line = ? WHERE run = ? AND step = 4", (line, run))
    assert runs.curve(run).progress == (*POINTS[:3], *POINTS[4:])


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4_000])
def test_a_database_that_is_none_is_one_sentence(content: bytes, place: Path) -> None:
    for file in place.glob("runs.db*"):
        file.unlink()
    (place / store.DATABASE).write_bytes(content)
    try:
        with pytest.raises(
            ExplorerError, match=r"^the list of runs, runs.db, cannot be used \(.*\): free some disk, or"
        ):
            runs.find()
        with pytest.raises(ExplorerError, match=r"runs\.db, cannot be used"):
            runs.submit(TINY, SHORT, "somebody")
    finally:
        (place / store.DATABASE).unlink()


def test_what_a_full_disk_does_not_take_is_held_until_it_does(
    run: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect = store.connect
    full = True

    def small() -> sqlite3.Connection:
        connection = connect()
        if full:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(store, "connect", small)
    monkeypatch.setattr(keeper.time, "sleep", lambda seconds: fill(False))

    def fill(to: bool) -> None:
        nonlocal full
        full = to

    many = [POINTS[0]._replace(step=step) for step in range(1, 400)]
    with Keeper(run) as kept:
        for record in many:
            kept.keep(record)
        assert "database or disk is full" in capsys.readouterr().err
        assert 0 < len(runs.curve(run).progress) < 399
        kept.finish(DONE)
    assert runs.curve(run).progress == tuple(many)
    assert runs.status(run).state == "done"


def test_a_disk_that_stays_full_ends_in_a_sentence(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store, "add", full)
    monkeypatch.setattr(keeper, "_PATIENCE", 0.0)
    with Keeper(run) as kept, pytest.raises(ExplorerError, match="could not be written down: database or disk is full"):
        kept.finish(DONE)
    assert runs.status(run).state == "queued"


def test_a_transaction_happens_whole_or_not_at_all(run: str) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as database:
        store.update(database, run, state="done")
        raise ZeroDivisionError
    assert runs.status(run).state == "queued"


def test_two_who_take_the_same_turn_do_not_both_get_it(run: str) -> None:
    """The second waits until the first has made up its mind."""
    with store.writing() as first:
        second = sqlite3.connect(fleet.processes.root() / store.DATABASE, timeout=0.1, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute("BEGIN IMMEDIATE")
        store.update(first, run, state="stopped")
        second.close()
    assert runs.status(run).state == "stopped"
