"""Where the events of a run go: a sink, and the one that keeps them in the store, whatever the disk does."""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Protocol

from explorer.common.errors import ExplorerError
from explorer.runs import scheduler, store
from explorer.runs.events import End, Record

_PATIENCE = 60.0
"""Seconds that the end of a run waits for a disk that is full."""


class EventSink(Protocol):
    """Takes the events of a run. A worker knows no more of where they are kept."""

    def write(self, record: Record) -> None:
        """Takes an event as it comes."""
        ...

    def finish(self, end: End) -> None:
        """Takes note of how the run ended, once `write` has taken that as an event.

        Raises:
            ExplorerError: that cannot be kept.
        """
        ...


class EventWriter:
    """Writes each record down as it comes. What the disk does not take is held and tried again with the
    next one, and at the end until there is room.

    Args:
        id: of the run.
        started: when it got the slot that this is the work of; see `scheduler.finish`.
    """

    def __init__(self, id: str, started: float | None = None) -> None:
        self._id, self._started = id, started
        self._held: list[Record] = []
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def write(self, record: Record) -> None:
        """Writes down a record and those that are held."""
        self._held.append(record)
        try:
            self._flush()
        except (ExplorerError, sqlite3.Error) as error:
            self._close()
            with suppress(OSError):  # the log may stand on the same disk
                print(f"not written yet: {error}", file=sys.stderr, flush=True)

    def finish(self, end: End) -> None:
        """Writes down all that is held, and how the run ended.

        Raises:
            ExplorerError: the disk has taken nothing for long.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._flush()
                scheduler.finish(self._id, end, self._started)
                return
            except (ExplorerError, sqlite3.Error) as error:
                self._close()
                if time.monotonic() > deadline:
                    raise ExplorerError(f"the end of the run could not be written down: {error}") from None
            time.sleep(1.0)

    def _flush(self) -> None:
        if self._database is None:
            self._database = store.connect()
        store.add(self._database, self._id, self._held)
        self._held = []

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
