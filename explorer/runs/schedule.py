"""Learning-rate schedules: the rate as a share of its highest, over how much of the run is done."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from typing import NamedTuple

_RISE = 0.25
"""Share of a run in which the rate of one cycle rises."""
_DROPS, _DROP = (0.5, 0.75), 0.1
"""When the stepped rate falls, and to which share of what it was."""


def constant(done: float) -> float:
    """The same from the first step to the last."""
    return 1.0


def step(done: float) -> float:
    """A tenth of what it was after a half and after three quarters (He et al. 2016, section 4.2)."""
    return _DROP ** sum(done >= drop for drop in _DROPS)


def cosine(done: float) -> float:
    """Half a cosine down to zero (Loshchilov and Hutter 2017)."""
    return (1 + cos(pi * done)) / 2


def one_cycle(done: float) -> float:
    """A straight rise, then half a cosine down to zero (Smith and Topin 2018)."""
    return done / _RISE if done < _RISE else cosine((done - _RISE) / (1 - _RISE))


class Schedule(NamedTuple):
    """A schedule.

    Args:
        rate: the share of its highest at which the rate is, from the share of the run that is done.
        title: what it does, in a list.
        words: the same, in a sentence.
    """

    rate: Callable[[float], float]
    title: str
    words: str


SCHEDULES: dict[str, Schedule] = {
    "one_cycle": Schedule(one_cycle, "one cycle: up, then down to zero", "a rate that rises and falls to zero"),
    "cosine": Schedule(cosine, "half a cosine down to zero", "a rate that falls to zero"),
    "step": Schedule(step, "a tenth after 1/2 and 3/4", "a rate that falls in steps"),
    "constant": Schedule(constant, "constant", "a constant rate"),
}
