"""The process that answers a question to the command line: `python -m explorer.cli.task ANSWER ARGS`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from explorer import cli
from explorer.common import limits

_FINISHED = (0, 1)
"""Exit statuses with an answer: 1 says that a comparison found a difference."""


def main(answer: Path, args: Sequence[str]) -> int:
    """The worker: one command, whose output is the answer once it has ended well."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(limits.MAX_TASK_SECONDS)
    status = cli.main(args)
    if status in _FINISHED:
        Path(f"{answer}.part").rename(answer)
    return status


def _too_long(*_: object) -> None:
    # No exception: the command might take it for a network's fault and go on, and Python drops it in a finaliser.
    said = f"explorer: it was not ready after {limits.MAX_TASK_SECONDS} seconds, the most that a task may take"
    print(said, file=sys.stderr, flush=True)
    os._exit(cli.BAD_INPUT)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
