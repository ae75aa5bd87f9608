"""Where runs stand on disk: the folder of all, `runs/`, that of each, `runs/<id>/`, and what stands in it."""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from explorer.common.errors import ExplorerError

SPEC, CONFIG = "spec.json", "config.json"
"""What was asked for."""
ENVIRONMENT = "environment.json"
"""What it ran on and with."""
STOP = "stop"
"""Stands there once it was asked to stop."""
CHECKPOINT, WEIGHTS, REPORT = "checkpoint.pt", "weights.safetensors", "report.json"
"""All that it needs to go on; its weights at the end; what its answers were at the end."""
LOG = "log.txt"
"""What its worker said."""
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}")
_PROJECT = Path(__file__).resolve().parents[2]


class RunPaths(NamedTuple):
    """The files of a run.

    Args:
        folder: of the run.
    """

    folder: Path

    @classmethod
    def of(cls, id: str) -> RunPaths:
        """Those of the run of an id.

        Raises:
            ExplorerError: it is no id.
        """
        return cls(folder(id))

    @property
    def spec(self) -> Path:
        """The network as it was asked for."""
        return self.folder / SPEC

    @property
    def config(self) -> Path:
        """The training as it was asked for."""
        return self.folder / CONFIG

    @property
    def environment(self) -> Path:
        """What it ran on and with."""
        return self.folder / ENVIRONMENT

    @property
    def stop(self) -> Path:
        """Stands there once it was asked to stop."""
        return self.folder / STOP

    @property
    def checkpoint(self) -> Path:
        """All that it needs to go on."""
        return self.folder / CHECKPOINT

    @property
    def weights(self) -> Path:
        """Its weights at the end."""
        return self.folder / WEIGHTS

    @property
    def report(self) -> Path:
        """What its answers were at the end."""
        return self.folder / REPORT

    @property
    def log(self) -> Path:
        """What its worker said."""
        return self.folder / LOG


def root() -> Path:
    """The folder of all runs."""
    return Path(os.environ.get("EXPLORER_RUNS") or _PROJECT / "runs")


def new_id() -> str:
    """An id that nobody else has; ids sort by their time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}"


def folder(id: str) -> Path:
    """The folder of a run. Nothing but an id reaches the file system."""
    if not _ID.fullmatch(id):
        raise ExplorerError(f"there is no run {id[:80]!r}")
    return root().absolute() / id
