"""Studies as they stand in the store, without a process."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from explorer.common.errors import DIVERGED
from explorer.runs import store
from explorer.runs.config import TrainConfig
from explorer.runs.events import End, Failed, Finished, Progress, Validation, to_line
from explorer.runs.executor import processes
from explorer.spec.spec import Spec
from explorer.studies.experiments import Experiment

Measured = Callable[[str, int], float | str | None]
"""What a run of an arm (by name) and a seed ends at: an accuracy, the reason of a failure, None for not yet."""
NAN = "the loss became NaN at step 7 with a learning rate of 0.6: a lower one, such as 0.06, usually helps"


def keep(experiment: Experiment, seeds: int, measured: Measured, owner: str = "shell-test") -> str:
    """Puts a study into the store, each run with its end or waiting, and returns its id."""
    id = f"{experiment.id}-{processes.new_id()}"
    for seed in range(seeds):
        for arm in experiment.arms:
            config = experiment.configuration(arm, seed)
            ended(arm.spec, config, owner, id, arm.name, measured(arm.name, seed))
    return id


def ended(spec: Spec, config: TrainConfig, owner: str, study: str, arm: str, measured: float | str | None) -> str:
    """Puts one run into the store, with the records that lead to its end."""
    id = processes.new_id()
    (processes.root() / id).mkdir(parents=True)
    end: End | None = None
    if isinstance(measured, str):
        end = Failed(measured, DIVERGED if measured == NAN else "")
    elif measured is not None:
        end = Finished(measured, 1 - measured, 8.0, 1_000, 500.0, "cpu", "float32")
    state = {str: store.FAILED, float: store.DONE}.get(type(measured), store.QUEUED)
    last = to_line(end) if end else None
    with store.writing() as database:
        row = store.RunRow(
            id=id,
            owner=owner,
            study=study,
            arm=arm,
            device="cpu",
            spec=spec.to_json(),
            config=config.to_json(),
            state=state,
            submitted=next(_TIMES),
            last=last,
        )
        store.insert(database, row)
        if isinstance(measured, float):
            store.add(database, id, _records(config, measured))
    return id


def _records(config: TrainConfig, accuracy: float) -> list[Progress | Validation]:
    """A curve that rises in a straight line to its end."""
    steps, epochs = config.batches, config.epochs
    points = [
        Validation(n, n * steps, 1 - accuracy * n / epochs, accuracy * n / epochs, float(n))
        for n in range(1, epochs + 1)
    ]
    return [*points, Progress(epochs, epochs, epochs * steps, 1.0, 0.1, 1.0, 500.0, 8.0, 0.0, 1)]


_TIMES = count(1_700_000_000.0)
