"""The process that trains: `python -m explorer.training.worker FOLDER`, started by `explorer.training.runs`."""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from explorer.errors import ExplorerError
from explorer.spec import Spec
from explorer.training.config import Failed, Record, TrainConfig, to_line
from explorer.training.runs import CONFIG, PROGRESS, SPEC, STOP, WEIGHTS


def main(folder: Path) -> None:
    """Trains what the folder asks for and appends every record to it.

    The run stops politely on SIGTERM and when the folder holds the file `stop`.
    """
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    with (folder / PROGRESS).open("a", encoding="utf-8") as file:
        for record in records(folder, lambda: asked.is_set() or (folder / STOP).exists()):
            file.write(to_line(record) + "\n")
            file.flush()


def records(folder: Path, should_stop: Callable[[], bool]) -> Iterator[Record]:
    """The records of a run, whatever happens: the last one is a `Done` or a `Failed`."""
    try:
        spec = Spec.from_json((folder / SPEC).read_text(encoding="utf-8"))
        config = TrainConfig.from_json((folder / CONFIG).read_text(encoding="utf-8"))
        from explorer.training.loop import train  # torch: whatever goes wrong with it is told as well

        yield from train(spec, config, should_stop, folder / WEIGHTS)
    except ExplorerError as error:
        yield Failed(str(error))
    except Exception as error:
        traceback.print_exc()
        yield Failed(f"the run met an unexpected {type(error).__name__}: {str(error).partition(chr(10))[0][:300]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
