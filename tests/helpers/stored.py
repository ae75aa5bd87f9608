"""Runs that stand in the store as if they had been trained."""

import time
from collections.abc import Sequence
from itertools import count

from explorer.runs import store
from explorer.runs.config import TrainConfig
from explorer.runs.events import Failed, Finished, Progress, Record, Validation, to_line
from explorer.runs.paths import folder
from explorer.spec.spec import Spec

INCEPTION = Spec.make("inception10")
DONE = Finished(0.9, 0.3, 12.5, 120_234, 400.0, "cpu", "float32")
FAILED = Failed("the loss became NaN at step 37 with a learning rate of 10: a lower one, such as 1, usually helps")
CURVE = (
    Progress(1, 8, 36, 0.1, 2.3456, 0.25, 400.0, 3.0, 0.0015, 800 * 2**20),
    Validation(1, 44, 1.9, 0.5, 3.5),
)
_number = count()


def keep(
    state: str = store.DONE,
    *,
    spec: Spec = INCEPTION,
    config: TrainConfig | None = None,
    owner: str = "me",
    records: Sequence[Record] = CURVE,
    end: Record | None = None,
    spoilt: tuple[str, object] | None = None,
) -> str:
    """Puts a run into the store, with its folder.

    Args:
        state: how it stands.
        spec: its network.
        config: its training; the default one where None.
        owner: who asked for it.
        records: what it has measured.
        end: its last record; the one that goes with the state where None.
        spoilt: a column that holds what nobody wrote.
    """
    id = f"20261122-030405-{next(_number):06d}-0a1b2c3d"
    last = end or {store.DONE: DONE, store.FAILED: FAILED}.get(state)
    now = time.time()
    row = store.RunRow(
        id=id,
        owner=owner,
        study="",
        arm="",
        device="cpu",
        spec=spec.to_json(),
        config=(config or TrainConfig()).to_json(),
        state=state,
        submitted=now,
        started=None if state == store.QUEUED else now,
        ended=now if last else None,
        last=to_line(last) if last else None,
    )
    if spoilt is not None:
        row = row._replace(**{spoilt[0]: spoilt[1]})
    with store.writing() as database:
        store.insert(database, row)
        store.add(database, id, records)
    folder(id).mkdir(parents=True)
    return id
