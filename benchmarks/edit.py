"""What does an edit cost, from what a person chose to the trace, and the effect of every switch?

    python benchmarks/edit.py [ARCHITECTURE ...] [--before COMMIT] [--rounds N]

One width of a network changes, each time to one that it has not had, with none, one and three switches on. Cold
is the first answer of a process. With `--before`, the same is asked of another commit, in turn and in the same run,
so that a change of the machine's speed meets both. Medians are of process time, which is what a server has to give.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from commits import ROOT, checkout, named

WIDTHS = {
    "googlenet": "inception_3a.width_5x5",
    "inception_v3": "mixed_5b.branch5x5.conv.out_channels",
    "inception_resnet_v2": "block35_5.branch1x1.conv.out_channels",
}
SWITCHES = ((), ("batch_norm",), ("stack_5x5", "batch_norm", "separable"))
WARM_UPS = 3


def asked(architecture: str, switches: tuple[str, ...], width: int) -> Any:
    """A network with a width of its own."""
    from explorer.spec.spec import Spec

    return Spec.make(architecture, settings={WIDTHS[architecture]: width}, rewrites=list(switches))


def questions() -> dict[str, Callable[[Any], object]]:
    """What is asked of a network: from what was chosen to the trace, and what every switch would change, for which an
    older commit has no word.
    """
    from explorer.edits.rewrites import REWRITES
    from explorer.spec.build import analyse

    def one_by_one(spec: Any) -> None:
        on = {str(rewrite) for rewrite in spec.rewrites}
        for id in REWRITES:
            analyse(spec.with_(rewrites=sorted(on ^ {id})))

    try:
        from explorer.spec.effects import effects
    except ImportError:
        return dict(zip(QUESTIONS, (analyse, one_by_one), strict=True))
    return dict(zip(QUESTIONS, (analyse, effects), strict=True))


QUESTIONS = ("edit", "effects")


def answer() -> None:
    """The process that is asked: a question a line, and its milliseconds a line."""
    gc.disable()  # the server does not walk all that is imported either
    widths, asks = cycle(range(20, 1_000)), questions()
    for line in sys.stdin:
        question, architecture, switches = json.loads(line)
        spec = asked(architecture, tuple(switches), next(widths))
        began = process_time()
        asks[question](spec)
        print(1e3 * (process_time() - began), flush=True)


class Asked:
    """A process of some commit."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--answer"],
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, question: str, architecture: str, switches: tuple[str, ...]) -> float:
        """Milliseconds that an answer takes."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        print(json.dumps([question, architecture, switches]), file=stdin, flush=True)
        return float(stdout.readline())

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


def first(folder: Path, case: tuple[str, str, tuple[str, ...]]) -> float:
    """Milliseconds of the first answer of a process."""
    with Asked(folder) as process:
        return process(*case)


def compare(folders: list[Path], architectures: list[str], rounds: int) -> None:
    """Prints a line for each question, with the medians of each commit."""
    print("; ".join(["milliseconds, median and worst", *map(named, folders)]))
    for question in QUESTIONS:
        for architecture in architectures:
            for switches in SWITCHES:
                case = (question, architecture, switches)
                cold = [[first(folder, case) for folder in folders] for _ in range(3)]
                with ExitStack() as stack:
                    processes = [stack.enter_context(Asked(folder)) for folder in folders]
                    for process in processes:
                        for _ in range(WARM_UPS):
                            process(*case)
                    warm = [[process(*case) for process in processes] for _ in range(rounds)]
                show(case, list(map(median, zip(*cold, strict=True))), list(zip(*warm, strict=True)))


def show(case: tuple[str, str, tuple[str, ...]], cold: list[float], warm: list[tuple[float, ...]]) -> None:
    """One line."""
    question, architecture, switches = case
    cells = [
        f"{median(times):8.2f} {max(times):8.2f}  cold {first:8.1f}" for times, first in zip(warm, cold, strict=True)
    ]
    if len(warm) > 1:
        cells.append(f"ratio {median(a / b for a, b in zip(*warm, strict=True)):6.1f}  cold {cold[0] / cold[1]:5.2f}")
    print(f"{question:8} {architecture:20} {len(switches)} on  " + "  |  ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architectures", nargs="*", default=[*WIDTHS], metavar="ARCHITECTURE", help="of these alone")
    parser.add_argument("--before", metavar="COMMIT", help="compare with this commit")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.answer:
        answer()
        return
    with ExitStack() as stack:
        before = [stack.enter_context(checkout(args.before))] if args.before else []
        compare([*before, ROOT], args.architectures, args.rounds)


if __name__ == "__main__":
    main()
