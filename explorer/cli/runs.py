"""`submit` and `runs`: training in processes of their own, which the pages show as well."""

from __future__ import annotations

import argparse
import getpass
import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from explorer.analysis import tables
from explorer.cli.options import Commands, Run, action, actions, add_network, chosen, command
from explorer.cli.train import add_options, config_of
from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.runs import client
from explorer.runs.client import Run as TrainingRun
from explorer.runs.events import Finished, Record, to_line
from explorer.runs.table import turn


def add(commands: Commands) -> None:
    """Declares `submit` and `runs`."""
    parser = command(
        commands,
        "submit",
        "Puts a training run into this machine's queue and prints its id.\n"
        "The run is a process of its own, goes on when the shell is closed, and shows on the training page.",
        _submit,
        "inception10 --rewrite separable --epochs 4",
    )
    add_network(parser)
    add_options(parser)
    parser = command(
        commands,
        "runs",
        "Lists this machine's training runs, and acts on one.",
        _list,
        "",
        "logs 20261122-114200-123456-0123abcd",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    of = actions(parser)
    action(of, "list", "list the newest runs", _list, json="as JSON")
    for name, about, run, as_json in (
        ("status", "show how a run stands", _status, "as JSON, with its curve"),
        ("logs", "print what a run has said", _logs, ""),
        ("cancel", "stop a run", _on(client.cancel), ""),
        ("resume", "let a run go on that was stopped or failed", _on(client.resume), ""),
        ("delete", "forget a run and all that it left", _on(client.delete), ""),
        ("weights", "write the weights of a run into a pipe or a file", _weights, ""),
    ):
        action(of, name, about, run, json=as_json).add_argument("id", metavar="RUN", help="its id, as 'runs' lists it")


def _submit(args: argparse.Namespace) -> int:
    print(client.submit(chosen(args, args.id), config_of(args), owner()))
    return 0


def owner() -> str:
    """Who asks from a shell."""
    try:
        return f"shell-{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name
        return "shell"


def _on(act: Callable[[str], None]) -> Run:
    """An action that has nothing to say."""

    def run(args: argparse.Namespace) -> int:
        act(args.id)
        return 0

    return run


def _list(args: argparse.Namespace) -> int:
    runs = client.find()
    if args.json:
        print(json.dumps([_entry(run) for run in runs], indent=2))
    else:
        print(tables.grid([_HEADER, *map(_cells, runs)]) if runs else "no run yet")
    for id in client.unreadable():
        print(f"what is kept of the run {id} cannot be read", file=sys.stderr)
    return 0


def _status(args: argparse.Namespace) -> int:
    run = client.status(args.id)
    curve = client.curve(args.id)
    if args.json:
        measured: list[Record] = [*curve.progress, *curve.validated]
        points = [json.loads(to_line(record)) for record in measured]
        print(json.dumps({**_entry(run), "curve": points, "notes": curve.notes}, indent=2))
        return 0
    print(tables.grid([_HEADER, _cells(run)]))
    print(run.config.words)
    if run.state == "queued":
        print(turn(client.queue_position(run.id)))
    if run.under_way and curve.progress:
        last = curve.progress[-1]
        print(f"epoch {last.epoch}, loss {last.loss:.4f}, about {last.seconds_left:.0f} s left")
    for words in (*curve.notes, run.reason):
        print(words) if words else None
    return 0


def _logs(args: argparse.Namespace) -> int:
    print(client.logs(args.id), end="")
    return 0


def _weights(args: argparse.Namespace) -> int:
    path = client.weights(args.id)
    if sys.stdout.isatty():
        raise ExplorerError("the weights are not text: send them to a file, such as > net.safetensors")
    with path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    return 0


_HEADER = ("run", "state", "network", "data", "held-out accuracy", "owner", "submitted")


def _cells(run: TrainingRun) -> tuple[str, ...]:
    accuracy = run.end.accuracy if isinstance(run.end, Finished) else None
    when = datetime.fromtimestamp(run.submitted, UTC).strftime("%Y-%m-%d %H:%M")
    accuracy_text = "-" if accuracy is None else formats.percent(accuracy)
    return run.id, run.state, run.spec.title, run.config.data, accuracy_text, run.owner, when


def _entry(run: TrainingRun) -> dict[str, object]:
    return {
        **run._asdict(),
        "arm": run.label,
        "spec": json.loads(run.spec.to_json()),
        "config": run.config.model_dump(),
        "images": {**run.images._asdict(), "info": run.data._asdict()},
        "end": run.end._asdict() if run.end else None,
    }
