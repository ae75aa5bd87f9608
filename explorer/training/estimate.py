"""What a run will need, told before it starts: memory, and time from the pace of runs that have ended here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log
from statistics import median
from typing import NamedTuple

from explorer.analysis import Totals
from explorer.errors import ExplorerError
from explorer.network import analyse
from explorer.spec import Spec
from explorer.training.checks import step_memory
from explorer.training.config import PASSES, TrainConfig, epoch_macs
from explorer.training.records import Done
from explorer.training.runs import Run

GUESS = {"cpu": 5e9, "cuda": 4e11}
"""MACs a second where nothing has run yet: what one core, or a small GPU, reaches with ease."""
_NEAREST = 5
_MANY = 60
"""Of the newest runs, those that are looked at."""


class Pace(NamedTuple):
    """How fast this machine trains.

    Args:
        macs: multiply-adds a second, the two passes backward counted.
        runs: that it was taken from; 0 where it is a guess.
    """

    macs: float
    runs: int


class Reached(NamedTuple):
    """What a run that has ended has reached.

    Args:
        macs: of its network for one image forward.
        pace: multiply-adds a second over the whole run.
    """

    macs: int
    pace: float


class Estimate(NamedTuple):
    """What a run will need.

    Args:
        memory: bytes that a step needs, network and optimiser included.
        seconds: until it has ended.
        epochs: that it comes to in that time.
        pace: what the time follows from.
    """

    memory: int
    seconds: float
    epochs: float
    pace: Pace


def pace(macs: int, device: str, reached: Sequence[Reached]) -> Pace:
    """The median over the runs whose networks are nearest in size. What a network has more than another one
    is done at the best pace of this machine: a small one spends its time on starting layers.

    Args:
        macs: of the network for one image forward, at least 1.
        device: "cpu" or "cuda".
        reached: what runs on this kind of device have reached.
    """
    near = sorted(reached, key=lambda one: abs(log(one.macs / macs)))[:_NEAREST]
    if not near:
        return Pace(GUESS[device], 0)
    best = max(GUESS[device], *(one.pace for one in reached))
    # Seconds that a pass over one image takes, as each of them tells it.
    times = [one.macs * (1 / one.pace - 1 / best) + macs / best for one in near]
    return Pace(macs / median(times), len(near))


def estimate(totals: Totals, config: TrainConfig, pace: Pace) -> Estimate:
    """What a run will need at a pace.

    Args:
        totals: of the network as it is trained.
        config: the run.
        pace: of this machine.
    """
    an_epoch = epoch_macs(totals.macs, config.data) / pace.macs
    seconds = config.epochs * an_epoch if config.seconds is None else float(config.seconds)
    epochs = float(config.epochs) if config.seconds is None else config.seconds / an_epoch if an_epoch else 0.0
    return Estimate(step_memory(totals, min(config.batch, config.info.train)), seconds, epochs, pace)


def reached(runs: Sequence[Run], device: str) -> list[Reached]:
    """What the newest finished runs on a kind of device have reached."""
    ended = [run for run in runs if isinstance(run.end, Done) and run.device == device and run.end.images_per_second]
    found = [(totals(run.network), run.end) for run in ended[:_MANY]]
    return [
        Reached(one.macs, PASSES * one.macs * end.images_per_second)
        for one, end in found
        if one is not None and one.macs and isinstance(end, Done)
    ]


@lru_cache(maxsize=512)
def totals(network: Spec) -> Totals | None:
    """The sums of a network as it is trained; None where it is not valid any more."""
    try:
        trace, error = analyse(network)
    except ExplorerError:
        return None
    return trace.totals if error is None else None
