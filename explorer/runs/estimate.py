"""What a run will need, told before it starts: memory, and time from what it asks for and the pace of runs that
have ended here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import log
from statistics import median
from typing import NamedTuple

from explorer.common.errors import ExplorerError
from explorer.graph.trace import Totals, Trace
from explorer.runs.client import Run
from explorer.runs.config import PASSES, TrainConfig
from explorer.runs.events import Finished
from explorer.runs.preflight import step_memory
from explorer.spec.build import analyse
from explorer.spec.spec import Spec


class Costs(NamedTuple):
    """What a step takes on a kind of device, in seconds, forward and backward.

    Args:
        node: for each node of the network, to start its kernels.
        param: for each parameter, its gradient and its update.
        mac: for each multiply-add of a pass.
        value: for each value of an activation, to write and to read it.
    """

    node: float
    param: float
    mac: float
    value: float


COSTS = {"cpu": Costs(1e-4, 3.2e-9, 1.6e-11, 2.8e-9), "cuda": Costs(2e-5, 1e-10, 2.5e-13, 5e-11)}
"""Of one core: fitted by `benchmarks/estimate.py`, over fourteen networks and batches of 8 to 128 never off by more
than a factor of two. Of a GPU: a guess.
"""
_NEAREST = 5
_MANY = 60
"""Of the newest runs, those that are looked at."""


class Work(NamedTuple):
    """What a network asks of a step.

    Args:
        nodes: of its graph.
        totals: its sums.
    """

    nodes: int
    totals: Totals

    @classmethod
    def of(cls, trace: Trace) -> Work:
        """What a network asks for, by its rows."""
        return cls(len(trace.rows), trace.totals)

    def seconds(self, batch: int, device: str) -> float:
        """What a step of so many images takes by `COSTS`."""
        costs, totals = COSTS[device], self.totals
        an_image = costs.mac * PASSES * totals.macs + costs.value * totals.activations
        return costs.node * self.nodes + costs.param * totals.params + batch * an_image


class Pace(NamedTuple):
    """How fast this machine trains.

    Args:
        times: how many times as long it takes as `COSTS` has it.
        runs: that it was taken from; 0 where it is a guess.
    """

    times: float
    runs: int


class Reached(NamedTuple):
    """What a run that has ended has reached.

    Args:
        macs: of its network for one image forward.
        times: how many times as long it took as `COSTS` has it.
    """

    macs: int
    times: float


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


def pace(macs: int, reached: Sequence[Reached]) -> Pace:
    """The median over the runs whose networks are nearest in size.

    Args:
        macs: of the network for one image forward.
        reached: what runs on the same kind of device have reached.
    """
    near = sorted(reached, key=lambda point: abs(log(max(point.macs, 1) / max(macs, 1))))[:_NEAREST]
    return Pace(median(point.times for point in near), len(near)) if near else Pace(1.0, 0)


def estimate(work: Work, config: TrainConfig, device: str, pace: Pace) -> Estimate:
    """What a run will need at a pace.

    Args:
        work: of the network as it is trained.
        config: the run.
        device: "cpu" or "cuda".
        pace: of this machine.
    """
    batch = min(config.batch, config.info.train)
    step = pace.times * work.seconds(batch, device)
    # A test is one of the passes, over other images.
    an_epoch = step * (config.batches + config.info.held_out / batch / PASSES)
    seconds = config.epochs * an_epoch if config.seconds is None else float(config.seconds)
    return Estimate(step_memory(work.totals, batch), seconds, seconds / an_epoch, pace)


def reached(runs: Sequence[Run], device: str) -> list[Reached]:
    """What the newest finished runs on a kind of device have reached."""
    ended = [
        run for run in runs if isinstance(run.end, Finished) and run.device == device and run.end.images_per_second
    ]
    return [point for run in ended[:_MANY] for point in _reached(run)]


def _reached(run: Run) -> Iterator[Reached]:
    """Nothing for a run whose network is not valid any more."""
    asked = work(run.network)
    if asked is not None and isinstance(run.end, Finished):
        batch = min(run.config.batch, run.data.train)
        step = batch / run.end.images_per_second
        yield Reached(asked.totals.macs, step / asked.seconds(batch, run.device))


@lru_cache(maxsize=512)
def work(network: Spec) -> Work | None:
    """What a network asks for as it is trained; None where it is not valid any more."""
    try:
        trace, error = analyse(network)
    except ExplorerError:
        return None
    return Work.of(trace) if error is None else None
