"""Runs as threads of this very process: for tests, and where a process shows nothing more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence


class InProcess:
    """An executor whose runs are threads; see `base.Executor`. What they print goes where this process prints.

    Args:
        execute: what trains a run, told its id and its slot.
        at_once: runs on the CPU at once; it has no GPU.
        host: its name.
    """

    def __init__(self, execute: Callable[[str, str], None], at_once: int = 1, host: str = "in process") -> None:
        self.host = host
        self._execute, self._at_once = execute, at_once
        self._threads: dict[str, threading.Thread] = {}
        self._reasons: dict[str, str] = {}

    def slots(self, device: str) -> Sequence[str]:
        """So many of the CPU."""
        return [f"cpu:{number}" for number in range(self._at_once)] if device == "cpu" else []

    def prepare(self, run: str) -> None:
        """Forgets an earlier thread."""
        self._threads.pop(run, None)

    def start(self, run: str, slot: str) -> None:
        """Starts a thread."""
        self._threads[run] = threading.Thread(target=self._run, args=(run, slot), daemon=True)
        self._threads[run].start()

    def was_started(self, run: str) -> bool:
        """Whether it has had a thread."""
        return run in self._threads

    def alive(self, run: str) -> bool:
        """Whether its thread is there."""
        return run in self._threads and self._threads[run].is_alive()

    def stop(self, run: str) -> None:
        """A thread cannot be ended: it reads the file."""

    def why_ended(self, run: str) -> str:
        """The error that ended its thread."""
        return self._reasons.get(run, "its thread ended without a word")

    def last_line(self, run: str) -> str:
        """Nothing: it has no log of its own."""
        return ""

    def log_tail(self, run: str, most: int) -> str:
        """Nothing: it has no log of its own."""
        return ""

    def prewarm(self) -> None:
        """Nothing: what it needs is loaded by this process."""

    def wait(self, run: str, seconds: float = 60.0) -> None:
        """Waits until the thread of a run has ended, at most so long."""
        self._threads[run].join(seconds)

    def _run(self, run: str, slot: str) -> None:
        try:
            self._execute(run, slot)
        except Exception as error:
            self._reasons[run] = f"its thread met an unexpected {type(error).__name__}: {error}"
