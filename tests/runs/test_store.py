"""What stands in the database, and what becomes of it when the file or the disk is broken."""

import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.common.errors import DIVERGED, ExplorerError
from explorer.runs import client, recorder, scheduler, store
from explorer.runs.client import Curve
from explorer.runs.events import Failed, Finished, Notice, Progress, Validation, to_line
from explorer.runs.paths import root
from explorer.runs.recorder import EventWriter
from tests.helpers import fleet
from tests.helpers.fleet import SHORT
from tests.helpers.networks import TINY

POINTS = [Progress(1, 2, step, step / 9, 2.0 / step, 0.5, 100.0, step / 10, 0.01, 7) for step in range(1, 10)]
VALID = Validation(1, 9, 0.5, 0.9, 1.0)
DONE = Finished(0.9, 0.1, 1.0, 10, 100.0, "cpu", "float32")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A store without a slot: what is submitted waits."""
    with fleet.store(tmp_path, at_once=0) as folder:
        yield folder


@pytest.fixture
def run(place: Path) -> str:
    return client.submit(TINY, SHORT, "somebody")


def spoil(id: str, **values: object) -> None:
    with store.writing() as database:
        store.update(database, id, **values)


def test_what_is_kept_is_read_again(run: str) -> None:
    with EventWriter(run) as kept:
        for record in (*POINTS, VALID, Notice("a word")):
            kept.write(record)
        kept.finish(DONE)
    assert client.curve(run) == Curve(tuple(POINTS), (VALID,), ("a word",))
    status = client.status(run)
    assert (status.state, status.end, status.reason) == ("done", DONE, "")


def test_what_is_measured_again_takes_the_place_of_the_first(run: str) -> None:
    with EventWriter(run) as kept:
        for record in (*POINTS, *POINTS[4:]):
            kept.write(record)
    assert client.curve(run).progress == tuple(POINTS)


@pytest.mark.parametrize("end", [DONE._replace(stopped=True), DONE, Failed("why")])
def test_the_last_record_says_how_it_stands(end: Finished | Failed, run: str) -> None:
    scheduler.finish(run, end)
    state = "failed" if isinstance(end, Failed) else "stopped" if end.stopped else "done"
    assert (client.status(run).state, client.status(run).end) == (state, end)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("spec", "{"), ("spec", '{"architecture": "none"}'), ("spec", b"\xff\x00"), ("spec", 5),
        ("config", "[]"), ("config", '{"lr": -1}'), ("last", "{torn"), ("last", '{"record": "done"}'),
        ("last", '{"record": "failed", "reason": 5}'), ("data", "{"), ("data", '{"id": "digits"}'), ("state", "odd"),
        ("arm", b"x"), ("submitted", "noon"), ("submitted", 1e300), ("started", "noon"), ("ended", -1e300),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_said_and_hides_no_other(column: str, value: object, run: str) -> None:
    other = client.submit(TINY, SHORT, "somebody")
    spoil(run, **{column: value})
    with pytest.raises(ExplorerError, match=f"what is kept of the run {run} cannot be read"):
        client.status(run)
    assert [found.id for found in client.find()] == [other]
    assert client.unreadable() == [run]
    client.cancel(run)
    client.delete(run)
    assert client.unreadable() == []


def test_bytes_that_are_no_text_spoil_their_own_run_alone(run: str) -> None:
    other = client.submit(TINY, SHORT, "somebody")
    with store.writing() as database:
        database.execute("UPDATE runs SET spec = CAST(x'7bff7d' AS TEXT) WHERE id = ?", (run,))
    assert ([found.id for found in client.find()], client.unreadable()) == ([other], [run])


@pytest.mark.parametrize(
    "line",
    ["{", "", "\x00", '{"record": "progress"}', "5", to_line(POINTS[0])[:-3], to_line(POINTS[0]).replace("2.0", '"2"')],
)
def test_a_record_that_cannot_be_read_hides_no_other(line: str, run: str) -> None:
    with store.reading() as database:
        store.add(database, run, POINTS)
        database.execute("UPDATE records SET line = ? WHERE run = ? AND step = 4", (line, run))
    assert client.curve(run).progress == (*POINTS[:3], *POINTS[4:])


def test_every_note_is_kept_once(run: str) -> None:
    with EventWriter(run) as kept:
        for words in ("one", "another", "one"):
            kept.write(Notice(words))
    assert sorted(client.curve(run).notes) == ["another", "one"]


@pytest.mark.parametrize(("version", "lacks"), [(0, ("data", "host")), (1, ("data", "host")), (2, ("host",))])
def test_a_database_of_an_older_version_is_taken_over_with_its_runs(
    run: str, version: int, lacks: tuple[str, ...]
) -> None:
    whole = client.status(run)
    with store.reading() as database:
        for column in lacks:
            database.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        database.execute(f"PRAGMA user_version = {version}")
    assert client.find() == [whole]
    assert client.submit(TINY, SHORT, "somebody") in {found.id for found in client.find()}


def test_what_an_older_version_has_kept_of_studies_means_the_same(run: str) -> None:
    ends = [Failed("the loss became NaN at step 3", DIVERGED), Failed("its process ended"), None]
    old = ["with BN / seed 4", "with BN / seed 12", ""]
    ids = [client.submit(TINY, SHORT, "somebody") for _ in ends]
    with store.reading() as database:
        for id, end, arm in zip(ids, ends, old, strict=True):
            last = json.dumps({"record": "failed", "reason": end.reason}) if end else None
            store.update(database, id, state=store.FAILED if end else store.QUEUED, arm=arm, last=last)
        store.update(database, run, last="no JSON at all", state=store.FAILED)
        database.execute("PRAGMA user_version = 3")
    assert [client.status(id).end for id in ids] == ends
    assert [client.status(id).arm for id in ids] == ["with BN", "with BN", ""]
    assert client.unreadable() == [run]


def test_a_database_of_a_newer_version_is_left_alone(run: str, place: Path) -> None:
    with store.reading() as database:
        database.execute("PRAGMA user_version = 99")
    for ask in (client.find, lambda: client.submit(TINY, SHORT, "somebody")):
        with pytest.raises(ExplorerError, match=r"^the list of runs, runs.db, is of a newer version of this program: "):
            ask()
    assert [path.name for path in place.iterdir() if path.is_dir()] == [run]
    raw = sqlite3.connect(place / store.DATABASE)
    raw.execute(f"PRAGMA user_version = {len(store._STEPS)}")
    raw.close()


def test_an_empty_file_is_a_list_without_a_run(place: Path) -> None:
    assert client.find() == []
    for file in place.glob("runs.db*"):
        file.unlink()
    (place / store.DATABASE).touch()
    assert client.find() == []


def test_who_keeps_the_database_to_himself_is_named_and_nothing_is_left_of_what_was_asked(
    run: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0.1)
    other = sqlite3.connect(place / store.DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ExplorerError, match=r"\(database is locked\): another process .* try again in a moment"):
        client.submit(TINY, SHORT, "somebody")
    assert client.status(run).state == "queued"  # to look is still possible
    other.close()
    assert [path.name for path in place.iterdir() if path.is_dir()] == [run]


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4_000])
def test_a_database_that_is_none_is_one_sentence(content: bytes, place: Path) -> None:
    for file in place.glob("runs.db*"):
        file.unlink()
    (place / store.DATABASE).write_bytes(content)
    try:
        with pytest.raises(
            ExplorerError, match=r"^the list of runs, runs.db, cannot be used \(.*\): free some disk, or"
        ):
            client.find()
        with pytest.raises(ExplorerError, match=r"runs\.db, cannot be used"):
            client.submit(TINY, SHORT, "somebody")
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
    monkeypatch.setattr(recorder.time, "sleep", lambda seconds: fill(False))

    def fill(to: bool) -> None:
        nonlocal full
        full = to

    many = [POINTS[0]._replace(step=step) for step in range(1, 400)]
    with EventWriter(run) as kept:
        for record in many:
            kept.write(record)
        assert "database or disk is full" in capsys.readouterr().err
        assert 0 < len(client.curve(run).progress) < 399
        kept.finish(DONE)
    assert client.curve(run).progress == tuple(many)
    assert client.status(run).state == "done"


class FullDisk(io.StringIO):
    """A log that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError("no space left on device")


def test_a_log_on_the_same_full_disk_ends_nothing(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with EventWriter(run) as kept, monkeypatch.context() as patch:
        patch.setattr(recorder.sys, "stderr", FullDisk())
        with patch.context() as for_now:
            for_now.setattr(store, "add", full)
            kept.write(POINTS[0])
        assert client.curve(run).progress == ()
        kept.write(POINTS[1])
    assert client.curve(run).progress == tuple(POINTS[:2])


def test_a_disk_that_stays_full_ends_in_a_sentence(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store, "add", full)
    monkeypatch.setattr(recorder, "_PATIENCE", 0.0)
    with (
        EventWriter(run) as kept,
        pytest.raises(ExplorerError, match="could not be written down: database or disk is full"),
    ):
        kept.finish(DONE)
    assert client.status(run).state == "queued"


def test_a_transaction_happens_whole_or_not_at_all(run: str) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as database:
        store.update(database, run, state="done")
        raise ZeroDivisionError
    assert client.status(run).state == "queued"


def test_two_who_take_the_same_turn_do_not_both_get_it(run: str) -> None:
    """The second waits until the first has made up its mind."""
    with store.writing() as first:
        second = sqlite3.connect(root() / store.DATABASE, timeout=0.1, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute("BEGIN IMMEDIATE")
        store.update(first, run, state="stopped")
        second.close()
    assert client.status(run).state == "stopped"


def test_a_worker_that_was_overtaken_changes_nothing(run: str) -> None:
    """Its run was started anew since it began; one that nobody started anew takes its late word."""
    spoil(run, state="active", slot="cpu:0", started=2.0)
    scheduler.finish(run, DONE, started=1.0)
    assert client.status(run).state == "queued", "it has no process, and waits again"
    scheduler.finish(run, DONE, started=2.0)
    assert client.status(run).state == "queued"
    spoil(run, state="failed")
    scheduler.finish(run, DONE, started=2.0)
    assert client.status(run).state == "done"
