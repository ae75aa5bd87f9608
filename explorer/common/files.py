"""Files and folders that several processes make and remove at the same time."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_WIDEST = 4
"""Bytes of a character at most."""
_BESIDE = re.compile(r"-([0-9]+)-[^-]+")
"""What stands behind a target's name in the name of a folder beside it: the maker's process, then anything."""


def by_age(paths: Iterable[Path]) -> list[Path]:
    """The oldest first, but for those that another process has removed meanwhile."""
    dated = []
    for path in paths:
        with suppress(FileNotFoundError):
            dated.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(dated)]


def tail(path: Path, most: int) -> str:
    """The last characters of a text, however long it is; of a file that cannot be read, none."""
    try:
        with path.open("rb") as file:
            file.seek(-min(_WIDEST * most, file.seek(0, os.SEEK_END)), os.SEEK_END)
            return file.read().decode(errors="replace")[-most:]
    except OSError:
        return ""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Where to write a file or folder anew: it takes the place of the target once the block has ended well, so
    that whoever reads finds the former one or the whole new one. Where the block fails, nothing is left of it.

    Raises:
        OSError: there is no room beside the target, or it is a folder that is not empty.
    """
    with _staging_dir(target) as folder:
        whole = folder / target.name
        yield whole
        whole.replace(target)


@contextmanager
def _staging_dir(target: Path) -> Iterator[Path]:
    """A folder beside the target, gone afterwards. Those that killed processes have left go, too."""
    for old in target.parent.glob(f".{target.stem}-*"):
        match = _BESIDE.fullmatch(old.name.removeprefix(f".{target.stem}"))
        if match and not psutil.pid_exists(int(match[1])):
            shutil.rmtree(old, ignore_errors=True)
    prefix = f".{target.stem}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
