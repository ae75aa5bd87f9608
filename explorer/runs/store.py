"""All runs of a folder in one SQLite database: what was asked for, by whom, how it stands, and every
record that was measured.

The database stands beside the folders of the runs and is in WAL mode, so that pages read while workers
write. Values are text as it was written: what cannot be understood is the reader's to say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from explorer.common.errors import ExplorerError
from explorer.runs.events import Notice, Record, kind, to_line
from explorer.runs.paths import root

QUEUED, ACTIVE, DONE, STOPPED, FAILED = "queued", "active", "done", "stopped", "failed"
DATABASE = "runs.db"
_PATIENCE = 10.0
"""Seconds that a writer waits for another one."""
_STEPS = (
    """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, study TEXT NOT NULL, arm TEXT NOT NULL, device TEXT NOT NULL,
    spec TEXT NOT NULL, config TEXT NOT NULL, state TEXT NOT NULL, slot TEXT, stop INTEGER NOT NULL DEFAULT 0,
    submitted REAL NOT NULL, started REAL, ended REAL, last TEXT
);
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
CREATE TABLE IF NOT EXISTS records (
    run TEXT NOT NULL, kind TEXT NOT NULL, step INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (run, kind, step)
) WITHOUT ROWID;
""",
    "ALTER TABLE runs ADD COLUMN data TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE runs ADD COLUMN host TEXT NOT NULL DEFAULT '';",
    """
UPDATE runs SET arm = substr(arm, 1, instr(arm, ' / seed ') - 1) WHERE instr(arm, ' / seed ');
UPDATE runs SET last = json_set(last, '$.kind', 'diverged')
    WHERE CASE WHEN json_valid(last) THEN json_extract(last, '$.reason') LIKE 'the loss became %' END;
""",
)
"""What makes a database of each version out of the one before, from an empty one on."""


class RunRow(NamedTuple):
    """A run as it stands in the database.

    Args:
        id: of the run, which sorts by the time it was asked for.
        owner: who asked for it.
        study: the group of runs that it is one of; empty where it stands alone.
        arm: which of the group's networks it is.
        device: the kind of device that it runs on, "cpu" or "cuda".
        spec: the network, as JSON.
        config: the training, as JSON.
        state: queued, active, done, stopped or failed.
        submitted: seconds since 1970.
        slot: the device that it has while it is active.
        stop: whether it was asked to stop.
        started: likewise; None while it has never run.
        ended: likewise; None until then.
        last: its last record as a line, None until then.
        data: what is known of its images, as JSON; empty where an older version has not kept it.
        host: the machine that executes it; empty while none does, and where an older version has not kept it.
    """

    id: str
    owner: str
    study: str
    arm: str
    device: str
    spec: str
    config: str
    state: str
    submitted: float
    slot: str | None = None
    stop: int = 0
    started: float | None = None
    ended: float | None = None
    last: str | None = None
    data: str = ""
    host: str = ""


def connect() -> sqlite3.Connection:
    """A connection; every statement stands for itself.

    Raises:
        ExplorerError: the database cannot be opened.
    """
    path = root() / DATABASE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _open(path)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(error) from None


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """A connection for a moment.

    Raises:
        ExplorerError: the database cannot be read or written.
    """
    connection = connect()
    try:
        yield connection
    except sqlite3.DatabaseError as error:
        raise _unusable(error) from None
    finally:
        connection.close()


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """A transaction that no other writer comes between; all of it happens or nothing."""
    with reading() as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, row: RunRow) -> None:
    """Adds a run."""
    columns, marks = ", ".join(RunRow._fields), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO runs ({columns}) VALUES ({marks})", row)


def update(connection: sqlite3.Connection, id: str, **values: object) -> None:
    """Changes columns of a run."""
    columns = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), id))


def delete(connection: sqlite3.Connection, id: str) -> None:
    """Forgets a run and its records."""
    connection.execute("DELETE FROM records WHERE run = ?", (id,))
    connection.execute("DELETE FROM runs WHERE id = ?", (id,))


def rows(connection: sqlite3.Connection, where: str = "1", *values: object, most: int = -1) -> list[RunRow]:
    """The runs of which a condition holds, the newest first, and no more than `most` where that is not negative."""
    columns = ", ".join(RunRow._fields)
    rows = connection.execute(f"SELECT {columns} FROM runs WHERE {where} ORDER BY id DESC LIMIT ?", (*values, most))
    return [RunRow(*values) for values in rows]


def active_on(connection: sqlite3.Connection, host: str) -> list[RunRow]:
    """The active runs that a host executes. One that names none is of a version that knew one host, this one."""
    return rows(connection, "state = ? AND host IN ('', ?)", ACTIVE, host)


def studies(connection: sqlite3.Connection, name: str, most: int) -> list[tuple[str, str, float]]:
    """(study, owner, when it was asked for) of the newest groups of runs whose names begin with a name and a
    number, the newest first.
    """
    query = (
        "SELECT study, MIN(owner), MIN(submitted) FROM runs WHERE study GLOB ? AND typeof(submitted) = 'real' "
        "GROUP BY study ORDER BY study DESC LIMIT ?"
    )
    return connection.execute(query, (f"{name}-[0-9]*", most)).fetchall()


def served(connection: sqlite3.Connection) -> dict[str, float]:
    """When each owner last got a slot, in seconds since 1970."""
    return dict(
        connection.execute("SELECT owner, MAX(started) FROM runs WHERE typeof(started) = 'real' GROUP BY owner")
    )


def add(connection: sqlite3.Connection, id: str, records: Iterable[Record]) -> None:
    """Keeps records of a run; one that is measured again, after a crash, takes the place of the first."""
    lines = [(id, kind(record), _number(record), to_line(record)) for record in records]
    connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", lines)


def _number(record: Record) -> int:
    """What tells a record from others of its kind: its step, or its words, so that a note is kept once."""
    return crc32(record.words.encode()) if isinstance(record, Notice) else getattr(record, "step", 0)


def lines(connection: sqlite3.Connection, id: str) -> list[str]:
    """The records of a run, step by step."""
    rows = connection.execute("SELECT line FROM records WHERE run = ? ORDER BY step, kind", (id,))
    return [line for (line,) in rows]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    # A byte that is no text spoils its own value, not the list of all runs.
    connection.text_factory = lambda text: text.decode(errors="replace")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if _version(connection) != len(_STEPS):
            _bring_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _bring_up(connection: sqlite3.Connection) -> None:
    """Makes a database of this version of an older or an empty one; of two who try, the second finds it done."""
    connection.execute("BEGIN IMMEDIATE")
    if (version := _version(connection)) > len(_STEPS):
        raise ExplorerError(
            f"the list of runs, {DATABASE}, is of a newer version of this program: use that one, or move the file away"
        )
    for number, step in enumerate(_STEPS[version:], start=version + 1):
        for statement in filter(str.strip, step.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("COMMIT")


def _unusable(error: Exception) -> ExplorerError:
    words = str(error)
    advice = "free some disk, or move it away"
    if "locked" in words:
        advice = "another process has kept it to itself for long, so try again in a moment"
    elif (isinstance(error, OSError) and error.errno != ENOSPC) or "readonly" in words or "unable to open" in words:
        advice = "make its folder one that can be written, or name another one in EXPLORER_RUNS"
    return ExplorerError(f"the list of runs, {DATABASE}, cannot be used ({words}): {advice}")
