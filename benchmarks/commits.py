"""What benchmarks share that compare two commits in one run."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """A folder with another commit."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["git", "worktree", "add", "--detach", folder, commit], cwd=ROOT, check=True, capture_output=True
        )
        try:
            yield Path(folder)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


def named(folder: Path) -> str:
    """The commit that a folder holds."""
    words = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
