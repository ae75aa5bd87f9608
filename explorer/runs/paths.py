"""The folder of a run, `runs/<id>/`, and what stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from explorer.common.errors import ExplorerError
from explorer.runs.executor import processes

SPEC, CONFIG = "spec.json", "config.json"
"""What was asked for."""
ENVIRONMENT = "environment.json"
"""What it ran on and with."""
STOP = "stop"
"""Stands there once it was asked to stop."""
CHECKPOINT, WEIGHTS, REPORT = "checkpoint.pt", "weights.safetensors", "report.json"
"""All that it needs to go on; its weights at the end; what its answers were at the end."""
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}")


def folder(id: str) -> Path:
    """The folder of a run. Nothing but an id reaches the file system."""
    if not _ID.fullmatch(id):
        raise ExplorerError(f"there is no run {id[:80]!r}")
    return processes.root().absolute() / id
