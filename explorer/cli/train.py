"""`train`: a short run, reported as it goes."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable

from explorer import theme
from explorer.cli.options import NETWORK_USAGE, Commands, add_network, chosen, command
from explorer.errors import ExplorerError
from explorer.training.checks import ready
from explorer.training.config import DATA, DEVICES, Done, Failed, Progress, Record, TrainConfig, to_line

_BAR = 24
_USAGE = "[--data NAME] [--epochs N] [--batch N] [--lr X] [--seed S] [--device auto|cpu|cuda] [--json]"


def add(commands: Commands) -> None:
    """Declares `train`."""
    parser = command(
        commands,
        "train",
        f"ID {NETWORK_USAGE}\n       {_USAGE}",
        "Trains a network for a short run.\n"
        "It has one output for each class of the data unless --classes asks for more.\n"
        "The same seed gives the same curve on the CPU.",
        _train,
        "inception10",
        "inception10 --set init_ch=8 --rewrite separable --epochs 4 --json",
    )
    add_network(parser)
    defaults = TrainConfig()
    helps = {
        "data": f"data set: {', '.join(DATA)}",
        "epochs": "passes over the training images",
        "batch": "images a step",
        "lr": "highest learning rate",
        "seed": "of the weights and of the order of the images",
        "device": f"{', '.join(DEVICES)}; auto takes a GPU where there is one",
    }
    for name, text in helps.items():
        default = getattr(defaults, name)
        parser.add_argument(f"--{name}", metavar=_METAVARS[name], default=default, help=f"{text} (default: {default})")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, the last with the test accuracy")


_METAVARS = {"data": "NAME", "epochs": "N", "batch": "N", "lr": "X", "seed": "S", "device": "DEVICE"}


def _train(args: argparse.Namespace) -> int:
    config = TrainConfig.make(**{name: getattr(args, name) for name in TrainConfig.model_fields})
    spec = ready(chosen(args, args.id), config)
    # Only now, when network and options have been found valid, is it worth the seconds.
    from explorer.training.loop import train

    show = _reporter(args.json)
    for record in train(spec, config):
        if isinstance(record, Failed):
            raise ExplorerError(record.reason)
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
        if self._last is not None and (isinstance(record, Done) or _epoch(record) != self._last.epoch):
            print(_sentence(self._last), flush=True)
        self._last = record if isinstance(record, Progress) else None
        if isinstance(record, Done):
            print(_result(record), flush=True)


class _Bar:
    """One line redrawn in place, for a terminal."""

    def __call__(self, record: Record) -> None:
        if isinstance(record, Done):
            print(f"\n{_result(record)}", flush=True)
        elif isinstance(record, Progress):
            done = _BAR * record.step // record.steps
            line = f"[{'#' * done}{'.' * (_BAR - done)}] {_sentence(record)}"
            # A line that wraps could not be redrawn.
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width].ljust(width)}", end="", flush=True)


def _epoch(record: Record) -> int | None:
    return record.epoch if isinstance(record, Progress) else None


def _sentence(record: Progress) -> str:
    return (
        f"epoch {record.epoch}/{record.epochs}  loss {record.loss:.4f}  accuracy {record.accuracy:.1%}  "
        f"{record.images_per_second:,.0f} images/s"
    )


def _result(record: Done) -> str:
    measured = "no test" if record.test_accuracy is None else f"test accuracy {record.test_accuracy:.1%}"
    return f"{measured} after {record.seconds:.1f} s on {record.device}, {theme.number(record.params)} params"
