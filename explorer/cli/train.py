"""`train`: a short run, reported as it goes."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable

from explorer.cli.options import Commands, add_network, chosen, command
from explorer.common import formats
from explorer.runs.config import OPTIONS, TrainConfig
from explorer.runs.events import Finished, Notice, Progress, Record, Validation, to_line
from explorer.runs.preflight import ready

_BAR = 24


def add(commands: Commands) -> None:
    """Declares `train`."""
    parser = command(
        commands,
        "train",
        "Trains a network for a short run.\n"
        "It has one output for each class of the data unless --classes asks for more.\n"
        "The same seed gives the same curve on the CPU.",
        _train,
        "inception10",
        "inception10 --set init_ch=8 --rewrite separable --epochs 4 --json",
    )
    add_network(parser)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line, the last with the test accuracy")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares an option for every value of a training configuration."""
    defaults = TrainConfig()
    for name, option in OPTIONS.items():
        default = getattr(defaults, name)
        among = f": {', '.join(option.choices)}" if option.choices else ""
        default_text = "" if default is None else f" (default: {default})"
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, metavar=option.metavar, default=default, help=f"{option.help}{among}{default_text}")


def config_of(args: argparse.Namespace) -> TrainConfig:
    """The configuration that the options say."""
    return TrainConfig.make(**{name: getattr(args, name) for name in OPTIONS})


def _train(args: argparse.Namespace) -> int:
    config = config_of(args)
    spec = ready(chosen(args, args.id), config)
    # Only now, when network and options have been found valid, is it worth the seconds.
    from explorer.backend.train.loop import train

    show = _reporter(args.json)
    for record in train(spec, config):
        show(record)
    return 0


def _reporter(as_json: bool) -> Callable[[Record], None]:
    if as_json:
        return lambda record: print(to_line(record), flush=True)
    return _Bar() if sys.stdout and sys.stdout.isatty() else _Lines()


class _Lines:
    """A line an epoch, for a file or a pipe."""

    def __init__(self) -> None:
        self._last: Progress | None = None

    def __call__(self, record: Record) -> None:
        if isinstance(record, Progress):
            self._last = record
        elif isinstance(record, Validation) and self._last is not None:
            print(f"{_sentence(self._last)}  held-out accuracy {record.accuracy:.1%}", flush=True)
        else:
            print(_other(record), flush=True)


class _Bar:
    """One line redrawn in place, for a terminal."""

    def __call__(self, record: Record) -> None:
        if isinstance(record, Progress):
            done = int(_BAR * record.share)
            line = f"[{'#' * done}{'.' * (_BAR - done)}] {_sentence(record)}"
            # A line that wraps could not be redrawn.
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width].ljust(width)}", end="", flush=True)
        elif not isinstance(record, Validation):
            print(f"\n{_other(record)}", flush=True)


def _sentence(record: Progress) -> str:
    epochs = f"/{record.epochs}" if record.epochs else ""
    return (
        f"epoch {record.epoch}{epochs}  loss {record.loss:.4f}  accuracy {record.accuracy:.1%}  "
        f"{record.images_per_second:,.0f} images/s"
    )


def _other(record: Record) -> str:
    if isinstance(record, Finished):
        measured = "not measured" if record.accuracy is None else f"held-out accuracy {record.accuracy:.1%}"
        return f"{measured} after {record.seconds:.1f} s on {record.device}, {formats.number(record.params)} params"
    return record.words if isinstance(record, Notice) else ""
