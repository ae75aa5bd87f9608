"""Who executes runs, as pages, scheduler and studies know it, and which one is in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from explorer.runs.executor.local import Local


class Executor(Protocol):
    """Executes the runs of one host.

    The sequence: `prepare` as a run is asked for, `start` once its slot is written down. From then on `alive`
    says whether it is under way; a run that is not, though `was_started`, has died, and `why_ended` says of what.
    """

    @property
    def host(self) -> str:
        """Its name, which stands with each run that it executes. It answers for no other host's runs."""
        ...

    def slots(self, device: str) -> Sequence[str]:
        """The names of its slots of a kind of device, such as "cuda:0", each for one run at a time."""
        ...

    def prepare(self, run: str) -> None:
        """Forgets an earlier start of a run, whose folder is there.

        Raises:
            OSError: it cannot.
        """
        ...

    def start(self, run: str, slot: str) -> None:
        """Starts a run on a slot, and returns at once.

        Raises:
            OSError: this host cannot.
        """
        ...

    def was_started(self, run: str) -> bool:
        """Whether a run was started since it was prepared."""
        ...

    def alive(self, run: str) -> bool:
        """Whether a run that it started is under way."""
        ...

    def stop(self, run: str) -> None:
        """Sees to it that a run which was asked to stop by its file does so, and returns at once. Asked
        again, it goes on with what it does.
        """
        ...

    def why_ended(self, run: str) -> str:
        """Why a run ended without a word in its records."""
        ...

    def last_line(self, run: str) -> str:
        """The last thing that a run has said; empty where it has said nothing."""
        ...

    def log_tail(self, run: str, most: int) -> str:
        """The last characters of what a run has said."""
        ...

    def prewarm(self) -> None:
        """Makes ready for a run that will come soon, where that helps."""
        ...


_in_use: list[Executor] = [Local()]


def current() -> Executor:
    """The executor in use."""
    return _in_use[-1]


@contextmanager
def using(executor: Executor) -> Iterator[None]:
    """Puts another one in use for a while, for all threads."""
    _in_use.append(executor)
    try:
        yield
    finally:
        _in_use.pop()
