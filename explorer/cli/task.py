"""The process that answers a question to the command line: `python -m explorer.cli.task FOLDER ARGS`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from explorer import cli
from explorer.common import limits
from explorer.runs.tasks import TaskPaths

_FINISHED = (0, 1)
"""Exit statuses with an answer: 1 says that a comparison found a difference."""


def main(paths: TaskPaths, args: Sequence[str]) -> int:
    """The worker: one command, whose output is the answer once it has ended well; why it has not is kept, too."""
    signal.signal(signal.SIGALRM, partial(_give_up, paths))
    signal.alarm(limits.MAX_TASK_SECONDS)
    status = cli.main(args, partial(_fail, paths))
    if status in _FINISHED:
        paths.printed.rename(paths.answer)
    return status


def _fail(paths: TaskPaths, sentence: str) -> None:
    with suppress(OSError):  # then it is in the log alone
        paths.failed.write_text(sentence, encoding="utf-8")
    cli.say(sentence)


def _give_up(paths: TaskPaths, *_: object) -> None:
    # No exception: the command might take it for a network's fault and go on, and Python drops it in a finaliser.
    _fail(paths, f"it was not ready after {limits.MAX_TASK_SECONDS} seconds, the most that a task may take")
    os._exit(cli.BAD_INPUT)


if __name__ == "__main__":
    sys.exit(main(TaskPaths(Path(sys.argv[1])), sys.argv[2:]))
