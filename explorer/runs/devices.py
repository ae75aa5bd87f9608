"""The places where runs can train on this machine, found without torch."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from functools import lru_cache
from itertools import takewhile

from explorer.common.errors import ExplorerError

CPU, CUDA = "cpu", "cuda"
ALLOWED = "CUDA_VISIBLE_DEVICES"
"""What CUDA takes the GPUs from that a process may use, if it is set."""
_PATIENCE = 20.0
"""Seconds that the driver has to answer."""


def host() -> str:
    """The name of this machine, by which it knows its own runs in a folder that several share."""
    return os.environ.get("EXPLORER_HOST") or socket.gethostname()


@lru_cache(maxsize=1)
def gpus() -> tuple[str, ...]:
    """The GPUs of NVIDIA's that may be used here, as `ALLOWED` names them."""
    there = _there()
    allowed = os.environ.get(ALLOWED)
    if allowed is None or not there:
        return tuple(map(str, range(there)))
    names = (name.strip() for name in allowed.split(","))
    return tuple(takewhile(lambda name: _is_name(name, there), names))  # as CUDA does: none behind a wrong one


def _there() -> int:
    """How many GPUs there are; a driver that does not answer has none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    with tempfile.TemporaryFile() as output:
        try:
            asked = subprocess.Popen(
                [program, "-L"], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL
            )
        except OSError:
            return 0
        if not _has_ended(asked):
            return 0
        output.seek(0)
        return sum(line.startswith(b"GPU ") for line in output)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ends in time. One that hangs in the driver cannot even be killed: nobody waits for it then."""
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        return False
    return True


def _is_name(name: str, there: int) -> bool:
    return name.startswith(("GPU-", "MIG-")) or (name.isdecimal() and int(name) < there)


def required(asked: str) -> str:
    """The same as `kind`, where there is one.

    Raises:
        ExplorerError: CUDA was asked for and there is no GPU.
    """
    if (device := kind(asked)) == CUDA and not gpus():
        raise ExplorerError("this machine has no GPU that CUDA can use: choose the device auto or cpu")
    return device


def kind(asked: str) -> str:
    """The kind of device that a configuration's word leads to here: "cpu" or "cuda"."""
    return asked if asked != "auto" else CUDA if gpus() else CPU


def slots(kind: str, at_once: int) -> list[str]:
    """The places of a kind, each for one run at a time: a GPU is one, and so many share the cores of the CPU."""
    names = range(at_once) if kind == CPU else gpus()
    return [f"{kind}:{name}" for name in names]
