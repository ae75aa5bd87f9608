"""How long several jobs take on a few places."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import NamedTuple

STARTING = 4.0
"""Seconds until a fresh process has loaded what it needs."""


class Job(NamedTuple):
    """Something to be done.

    Args:
        seconds: that it takes, or has left.
        started: whether it has a place already.
    """

    seconds: float
    started: bool = False


def makespan(jobs: Iterable[Job], slots: int) -> float:
    """Seconds until the last job has ended: those that have started first, then each in its turn on the first
    place that is free.
    """
    free = [0.0] * max(1, slots)
    heapify(free)
    for job in sorted(jobs, key=lambda job: not job.started):
        heappush(free, heappop(free) + job.seconds + (0.0 if job.started else STARTING))
    return max(free)
