"""`experiment`: paired runs that answer a question, and what their numbers say."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
import time

from explorer.analysis import tables
from explorer.cli.options import Commands, action, actions, command
from explorer.cli.runs import owner
from explorer.common import formats, limits
from explorer.studies.experiments import EXPERIMENTS, Experiment, experiment, parse_seeds, results, study
from explorer.studies.experiments.results import ArmSummary
from explorer.studies.experiments.study import Study

_POLL_SECONDS = 1.0
_WIDTH = 110


def add(commands: Commands) -> None:
    """Declares `experiment`."""
    parser = command(
        commands,
        "experiment",
        "Lists the experiments, or runs one: every arm with the same seeds, and a conclusion from the numbers.\n"
        "The runs go into this machine's queue, go on when the shell is closed, and show on the experiments page.",
        _list,
        "run batch_norm --seeds 2",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    of = actions(parser)
    action(of, "list", "list the experiments", _list, json="as JSON, with their arms")
    running = action(of, "run", "run an experiment and say what its numbers say", _run, json="as JSON")
    running.add_argument("id", metavar="ID", help=f"which: {', '.join(EXPERIMENTS)}")
    running.add_argument(
        "--seeds", metavar="N", help=f"runs of each arm, from 1 to {limits.MAX_SEEDS} (default: its own)"
    )


def _list(args: argparse.Namespace) -> int:
    if args.json:
        print(json.dumps([_plan(planned) for planned in EXPERIMENTS.values()], indent=2, ensure_ascii=False))
        return 0
    rows = [
        (
            planned.id,
            str(len(planned.arms)),
            str(planned.seeds),
            formats.duration(study.expected_seconds(planned, planned.seeds)),
            planned.title,
        )
        for planned in EXPERIMENTS.values()
    ]
    print(tables.grid((("experiment", "arms", "seeds", "about", "title"), *rows), right=(1, 2, 3)))
    return 0


def _plan(planned: Experiment) -> dict[str, object]:
    seconds = round(study.expected_seconds(planned, planned.seeds))
    arms = [{"arm": arm.name, "network": json.loads(arm.spec.to_json())} for arm in planned.arms]
    return {
        "id": planned.id,
        "title": planned.title,
        "question": planned.question,
        "seeds": planned.seeds,
        "seconds": seconds,
        "arms": arms,
    }


def _run(args: argparse.Namespace) -> int:
    chosen = experiment(args.id)
    seeds = chosen.seeds if args.seeds is None else parse_seeds(args.seeds)
    id = study.start(chosen, seeds, owner())
    print(f"study {id}", file=sys.stderr, flush=True)
    ended = _wait(chosen, id)
    print(_as_json(ended) if args.json else _as_text(ended))
    return 0


def _wait(chosen: Experiment, id: str) -> Study:
    """The study once all its runs have ended; says on the way how far it is."""
    told_of = -1
    while (current := study.load(chosen, id)).under_way:
        if current.ended != told_of:
            told_of = current.ended
            left = formats.duration(current.seconds_left)
            print(f"{told_of} of {len(current.cells)} runs, about {left} left", file=sys.stderr, flush=True)
        time.sleep(_POLL_SECONDS)
    return current


def _as_text(ended: Study) -> str:
    rows = [_row(line) for line in results.lines(ended)]
    header = ("arm", "accuracy", "by seed", "params", "MACs", "seconds")
    sentences = [textwrap.fill(comparison.sentence, _WIDTH) for comparison in results.conclusions(ended)]
    broken = [f"{cell.run.label}: {cell.run.reason}" for cell in ended.cells if cell.broken]
    return "\n".join([tables.grid((header, *rows), right=(3, 4, 5)), "", *sentences, *broken])


def _row(line: ArmSummary) -> tuple[str, ...]:
    seconds = "–" if line.seconds is None else f"{line.seconds:.1f}"
    return (
        line.arm.name,
        line.written,
        ", ".join(line.each),
        formats.number(line.totals.params),
        formats.macs(line.totals.macs),
        seconds,
    )


def _as_json(ended: Study) -> str:
    arms = [
        {
            "arm": line.arm.name,
            "accuracies": line.accuracies,
            "diverged": [cell.seed for cell in ended.of(line.arm) if cell.diverged],
            "params": line.totals.params,
            "macs": line.totals.macs,
            "seconds": line.seconds,
        }
        for line in results.lines(ended)
    ]
    conclusions = [comparison._asdict() for comparison in results.conclusions(ended)]
    whole = {"experiment": ended.experiment.id, "study": ended.id, "seeds": ended.seeds, "arms": arms}
    return json.dumps({**whole, "conclusions": conclusions}, indent=2, ensure_ascii=False)
