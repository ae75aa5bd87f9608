"""The command line. A command imports torch only once its input has been found sound."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from explorer import __version__
from explorer.cli import (
    batchnorm,
    claims,
    compare,
    data,
    experiment,
    features,
    field,
    onnx,
    picture,
    reconcile,
    rewrites,
    runs,
    show,
    steps,
    train,
    verify,
)
from explorer.cli.options import Parser
from explorer.common.errors import ExplorerError

BAD_INPUT = 2
INTERRUPTED = 130
CLOSED_PIPE = 141
"""128 and the number of the signal, as a shell counts it."""


def say(sentence: str) -> None:
    """One line on stderr: why there is no answer."""
    print(f"explorer: {sentence}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None, say: Callable[[str], None] = say) -> int:
    """Runs one command.

    Args:
        argv: its arguments; those of this process where there are none.
        say: is told in a sentence why there is no answer.

    Returns:
        The exit status: 0, 1 where `verify` or `reconcile` found a difference, 2 for bad input, which costs
        one sentence.
    """
    try:
        try:
            args, unknown = _parser().parse_known_args(argv)
            if unknown:
                args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
            status: int = args.run(args)
            return status
        finally:
            # A closed pipe shows here, while it can still be caught.
            print(end="", flush=True)
    except ExplorerError as error:
        say(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # Python flushes once more at exit; what is left must have somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return CLOSED_PIPE
        say(f"reading or writing failed: {error.strerror or error}")
        return BAD_INPUT


def _parser() -> Parser:
    parser = Parser(
        prog="python -m explorer",
        description="Inception networks: what is in them, what they cost, and how they train.",
        epilog="'python -m explorer COMMAND --help' explains a command and gives an example.",
    )
    parser.add_argument("--version", action="version", version=f"Inception explorer {__version__}")
    # As long as the longest command with its indent, or that one would stand on a line of its own.
    commands = parser.add_subparsers(metavar="COMMAND ARGS", required=True)
    for add in (
        show.add_list,
        show.add_trace,
        verify.add,
        reconcile.add,
        rewrites.add,
        compare.add,
        steps.add,
        picture.add,
        show.add_code,
        onnx.add,
        train.add,
        data.add,
        runs.add,
        experiment.add,
        field.add,
        features.add,
        batchnorm.add,
        claims.add,
    ):
        add(commands)
    return parser
