"""Runs as processes of this host: a slot of the CPU or a GPU each, in folders of their own, one kept warm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.common import limits
from explorer.common.files import tail
from explorer.runs import devices
from explorer.runs.executor import processes, warm
from explorer.runs.executor.processes import PROCESS
from explorer.runs.paths import RunPaths


@dataclass(frozen=True)
class Local:
    """The executor of this host; see `base.Executor`.

    Args:
        at_once: runs on the CPU at once.
    """

    at_once: int = limits.MAX_RUNS_AT_ONCE

    @property
    def host(self) -> str:
        """The name of this machine."""
        return devices.host()

    def slots(self, device: str) -> Sequence[str]:
        """Its slots of a kind of device."""
        return devices.slots(device, self.at_once)

    def prepare(self, run: str) -> None:
        """Removes what speaks of an earlier process."""
        (RunPaths.of(run).folder / PROCESS).unlink(missing_ok=True)

    def start(self, run: str, slot: str) -> None:
        """Gives the run to the process that waits, or to a new one."""
        warm.launch(run, slot)

    def was_started(self, run: str) -> bool:
        """Whether a process was written down."""
        return (RunPaths.of(run).folder / PROCESS).exists()

    def alive(self, run: str) -> bool:
        """Whether its process is there."""
        return processes.alive(run)

    def stop(self, run: str) -> None:
        """Insists from the background: SIGTERM, then SIGKILL, each after a grace."""
        processes.end(run, asked=True)

    def why_ended(self, run: str) -> str:
        """The signal that killed its process, or its last words."""
        return processes.exit_reason(run)

    def last_line(self, run: str) -> str:
        """The last thing that it has said."""
        return processes.last_line(run)

    def log_tail(self, run: str, most: int) -> str:
        """The end of its log."""
        return tail(RunPaths.of(run).log, most)

    def prewarm(self) -> None:
        """Starts a process that waits with torch loaded, unless there is one."""
        warm.prewarm()
