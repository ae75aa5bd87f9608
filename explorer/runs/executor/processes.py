"""Processes of their own, each with a folder: started, found again, and ended.

A folder under `root()` holds what the process said (`log.txt`) and which one it is (`process.json`).
Processes outlive the server: another one finds them again by their number and by when they were born.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from explorer.common.files import replacing, tail
from explorer.runs.paths import LOG, new_id, root

__all__ = [
    "GRACE_SECONDS", "LOG", "LOWEST_PRIORITY", "PROCESS", "alive", "claim", "end", "exit_reason", "last_line", "new_id",
    "root", "spawn", "transfer",
]  # fmt: skip

PROCESS = "process.json"

GRACE_SECONDS = 15.0
"""What a process has to end by itself after it was asked, and again after SIGTERM: a step of a large network, at the
lowest priority on a busy machine, takes its time, and what it did since its checkpoint is lost by force."""
LOWEST_PRIORITY = 19
"""The page goes first."""

_START_TIME = 19
"""Its place among the words of /proc/PID/stat behind the name (proc_pid_stat(5), number 22)."""
_LAST = 10_000
"""Characters at the end of what a process said in which its last words are looked for."""
_PROJECT = Path(__file__).resolve().parents[3]
_children: dict[str, subprocess.Popen[bytes]] = {}
_former: list[subprocess.Popen[bytes]] = []
_ending: set[psutil.Process] = set()


def spawn(id: str, module: Sequence[str], output: str = LOG) -> None:
    """Starts a process of the lowest priority that outlives the server, and writes down which one it is.

    Args:
        id: its folder under the root, which is there.
        module: the name of a Python module and its arguments.
        output: the file for what it prints; what it says on stderr is in `LOG`.
    """
    folder = root().absolute() / id
    _reap()
    with (folder / LOG).open("ab") as log, (folder / output).open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=_PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            start_new_session=True,
        )
    _forget(id)
    _children[id] = child
    with suppress(ProcessLookupError):  # it has ended already
        os.setpriority(os.PRIO_PROCESS, child.pid, LOWEST_PRIORITY)
    try:
        _write_down(id, {"pid": child.pid, "born": _born(child.pid)})
    except OSError:
        child.kill()  # nobody could find it again
        raise


def claim(id: str) -> bool:
    """Makes this very process the one of a folder that has none: whoever started it may have been killed before
    that was written down. Returns whether it is the one; where that cannot be written down, it is not.
    """
    if _process(id) is None:
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
        with suppress(OSError):
            _write_down(id, {"pid": os.getpid(), "born": _born(os.getpid())})
    return _known(id).get("pid") == os.getpid()


def _write_down(id: str, known: dict[str, Any]) -> None:
    with replacing(root() / id / PROCESS) as whole:
        whole.write_text(json.dumps(known))


def _reap() -> None:
    """Takes note of all children that have ended, so that none stays as a zombie."""
    for child in list(_children.values()):
        child.poll()


def _born(pid: int) -> str:
    """When a process was born. Linux counts it from the start of the machine, so that a clock which is set
    changes nothing; elsewhere it is the time of the day.

    Raises:
        psutil.NoSuchProcess: there is none of this number.
    """
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[_START_TIME]
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {ticks}"
    except OSError:
        return f"{psutil.Process(pid).create_time():.2f}"


def _forget(id: str) -> None:
    """Puts aside the process that a folder had before; whoever has ended is reaped."""
    if id in _children:
        _former.append(_children.pop(id))
    _former[:] = [child for child in _former if child.poll() is None]


def alive(id: str) -> bool:
    """Whether the process that was spawned in this folder of the root is still there."""
    _reap()
    if id in _children and _children[id].returncode is None:
        return True
    return _process(id) is not None  # another process may have started one since


def end(id: str, *, asked: bool = False) -> None:
    """Sees to it from the background that a process ends: by SIGTERM, then by SIGKILL. Once it is on the way,
    asking again changes nothing.

    Args:
        id: its folder under the root.
        asked: whether it has been asked in another way already, and has its grace for that first.
    """
    process = _process(id)
    if process is not None and process not in _ending:
        _ending.add(process)
        threading.Thread(target=_end, args=(process, asked), daemon=True).start()


def _end(process: psutil.Process, asked: bool) -> None:
    try:
        _insist(process, asked)
    finally:
        _ending.discard(process)


def exit_reason(id: str) -> str:
    """Why a process ended without a word in its records."""
    child = _children.get(id)
    code = child.returncode if child is not None and child.pid == _known(id).get("pid") else None
    if code is not None and code < 0:
        perhaps = "; perhaps the machine ran out of memory" if -code == signal.SIGKILL else ""
        return f"its process was killed by signal {-code} ({signal.Signals(-code).name}){perhaps}"
    words = last_line(id)
    return f"its process ended early; its last words were: {words}" if words else _SILENT


def last_line(id: str) -> str:
    """The last thing that a process has said on stderr; empty where it has said nothing."""
    lines = tail(root() / id / LOG, _LAST).split("\n")
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")


_SILENT = "its process ended without a word; perhaps it was killed"


def transfer(giver: str, taker: str) -> None:
    """Makes the process of one folder that of another one, whose own has ended or was never there."""
    _write_down(taker, json.loads((root() / giver / PROCESS).read_text()))
    _forget(taker)
    if giver in _children:
        _children[taker] = _children.pop(giver)


def _known(id: str) -> dict[str, Any]:
    """What was written down of a process; nothing where that cannot be read."""
    try:
        known = json.loads((root() / id / PROCESS).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _process(id: str) -> psutil.Process | None:
    """The process while it exists; a dead one that nobody has waited for counts as gone."""
    try:
        known = _known(id)
        process = psutil.Process(known["pid"])
        same = _born(process.pid) == known["born"]  # another one may have its number by now
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (LookupError, TypeError, ValueError, psutil.Error):
        return None


def _insist(process: psutil.Process, asked: bool) -> None:
    """Ends this process and no other: its folder may have another one by the time it has gone."""
    if asked and _is_gone_in_time(process):
        return
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if process.is_running():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signum)  # it leads a group of its own
        if _is_gone_in_time(process):
            return


def _is_gone_in_time(process: psutil.Process) -> bool:
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.1)
                continue
        return True
    return False
