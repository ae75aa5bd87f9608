"""What has been computed and is kept for the next time, for all who ask, within a bound.

Only answers that follow from their question alone are kept, so forgetting costs time and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from explorer.common import limits

P = ParamSpec("P")
T = TypeVar("T")

_ENTRY = 600
"""Bytes of an entry itself: its place in a dict, its question, the tuple around both."""
_MISSING = object()


class Memory:
    """Answers by question, bounded in bytes, safe under threads.

    There are two generations. A new answer joins the young one; when that has filled half of the memory, it
    becomes the old one, and the old one is forgotten. An old answer that is asked for is young again. So what
    is asked for stays, and to find it costs a look into a dict, without a lock.

    Args:
        most: bytes that it may hold, as those who put something in estimate them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._young: dict[Hashable, tuple[Any, int]] = {}
        self._old: dict[Hashable, tuple[Any, int]] = {}
        self._young_bytes = self._old_bytes = 0

    def get(self, question: Hashable, default: object = None) -> Any:
        """The answer to a question, where it is known."""
        entry = self._young.get(question)
        if entry is None:
            entry = self._old.get(question)
            if entry is None:
                return default
            self.put(question, *entry)
        return entry[0]

    def put(self, question: Hashable, answer: object, size: int) -> None:
        """Keeps an answer.

        Args:
            question: what it answers.
            answer: a value that nobody changes.
            size: bytes that it takes, roughly.
        """
        with self._lock:
            if question in self._young:
                return
            if 2 * (self._young_bytes + size) > self._most:
                self._old, self._old_bytes = self._young, self._young_bytes
                self._young, self._young_bytes = {}, 0
            if 2 * size <= self._most:
                self._young[question] = answer, size
                self._young_bytes += size

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._young, self._old = {}, {}
            self._young_bytes = self._old_bytes = 0

    @property
    def size(self) -> int:
        """Bytes that it holds, by the estimates; an answer of both generations counts twice."""
        return self._young_bytes + self._old_bytes


MEMORY = Memory(limits.MAX_REMEMBERED)
"""What all sessions share."""


def remembered(size: Callable[[Any], int]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function of hashable arguments whose answers are kept in `MEMORY`; an error is not.

    Args:
        size: bytes of an answer, roughly.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            question = (function, args, *kwargs.items())
            answer = MEMORY.get(question, _MISSING)
            if answer is _MISSING:
                answer = function(*args, **kwargs)
                MEMORY.put(question, answer, _ENTRY + size(answer))
            found: T = answer
            return found

        return ask

    return decorate
