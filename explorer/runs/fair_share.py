"""Whose turn it is: the order of what waits for a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Waiting(NamedTuple):
    """A run that waits.

    Args:
        id: of the run; ids sort by the time they were asked for.
        owner: who asked for it.
    """

    id: str
    owner: str


def order(waiting: Sequence[Waiting], under_way: Sequence[str], served: dict[str, float]) -> list[Waiting]:
    """Who comes when: the owners take turns, whoever has least under way and was served longest ago first.
    Ten runs of one person do not keep another one's first run waiting.

    Args:
        waiting: the queue.
        under_way: the owner of each run that has a device now.
        served: when each owner last got a device, in seconds since 1970.
    """
    has = Counter(under_way)
    turns: list[tuple[int, float, str, Waiting]] = []
    for run in sorted(waiting):
        turns.append((has[run.owner], served.get(run.owner, 0.0), run.id, run))
        has[run.owner] += 1
    return [run for *_, run in sorted(turns)]
