"""What an experiment is: a question, and the paired runs that answer it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.common import limits
from explorer.common.lookup import lookup
from explorer.runs.config import TrainConfig
from explorer.runs.datasets import DataInfo
from explorer.spec.spec import Spec


@dataclass(frozen=True)
class Arm:
    """One of the things that are compared.

    Args:
        name: what it is called in a chart and in a sentence.
        spec: its network.
        changes: what differs from the experiment's configuration, by the names of its fields.
        seconds: what one of its runs takes on one core, measured; the time left is told from it until the
            machine's own pace is known.
    """

    name: str
    spec: Spec
    changes: tuple[tuple[str, object], ...] = ()
    seconds: float = 10.0


@dataclass(frozen=True)
class Experiment:
    """Paired runs: every arm with the same seeds, so that in each pair the first weights are the same where
    names and shapes agree, and the images come in the same order.

    Args:
        id: in a link and on the command line.
        title: what it compares.
        question: one sentence for a student.
        about: what the arms are and why the numbers were chosen, for a student.
        source: where the question comes from.
        arms: what is compared; the first one is what the others are held against.
        config: what all of them share.
        seeds: of each arm, unless another number is asked for.
        pairs: which arm is held against which, by name (its own name first); every one against the first
            where empty.
        claims: ids of the ledger's entries that show what no pair of runs can.
    """

    id: str
    title: str
    question: str
    about: str
    source: str
    arms: tuple[Arm, ...]
    config: TrainConfig
    seeds: int = 3
    pairs: tuple[tuple[str, str], ...] = ()
    claims: tuple[str, ...] = ()

    def arm(self, name: str) -> Arm:
        """The arm of this name.

        Raises:
            ExplorerError: there is none.
        """
        return lookup("arm", name, {arm.name: arm for arm in self.arms})

    def configuration(self, arm: Arm, seed: int) -> TrainConfig:
        """How a run of an arm is trained."""
        return self.config.with_(**dict(arm.changes), seed=seed)

    @property
    def compared(self) -> tuple[tuple[Arm, Arm], ...]:
        """(arm, what it is held against)."""
        first, *others = self.arms
        names = self.pairs or tuple((arm.name, first.name) for arm in others)
        return tuple((self.arm(name), self.arm(other)) for name, other in names)

    @property
    def data(self) -> DataInfo:
        """The images that all arms share."""
        return self.config.info


def parse_seeds(value: object) -> int:
    """A number of seeds.

    Raises:
        ExplorerError: it is not from 1 to `limits.MAX_SEEDS`.
    """
    return limits.whole_number("the number of seeds", value, 1, limits.MAX_SEEDS)


def changed(**fields: object) -> tuple[tuple[str, object], ...]:
    """What an arm changes in the configuration."""
    return tuple(sorted(fields.items()))
