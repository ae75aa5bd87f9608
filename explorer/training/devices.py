"""The places where runs can train on this machine, found without torch."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache

from explorer import limits

CPU, CUDA = "cpu", "cuda"


@lru_cache(maxsize=1)
def gpus() -> int:
    """How many GPUs of NVIDIA's there are."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        said = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in said.splitlines())


def kind(asked: str) -> str:
    """The kind of device that a configuration's word leads to here: "cpu" or "cuda"."""
    return asked if asked != "auto" else CUDA if gpus() else CPU


def slots(kind: str) -> list[str]:
    """The places of a kind, each for one run at a time: a GPU is one, and the cores of the CPU are shared."""
    count = limits.MAX_RUNS_AT_ONCE if kind == CPU else gpus()
    return [f"{kind}:{place}" for place in range(count)]
