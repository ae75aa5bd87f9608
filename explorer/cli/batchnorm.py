"""`batchnorm`: a batch by torch's autograd beside the chain rule by hand, and the MNIST experiment."""

from __future__ import annotations

import argparse
import sys

from explorer.cli.options import Commands, command
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.lessons.batchnorm import numbers, transform
from explorer.lessons.batchnorm.record import RATE, RATES, parse_rate, words

EPOCHS, SEED, MOST_EPOCHS = 80, 0, 300
_OF = {"check": ("values", "gradient", "gamma", "beta", "epsilon"), "mnist": ("epochs", "seed", "rate")}
"""The options of each thing that can be asked for."""


def add(commands: Commands) -> None:
    """Declares `batchnorm`."""
    parser = command(
        commands,
        "batchnorm",
        "Checks batch norm's gradient with torch, or trains with and without it on MNIST.\n"
        "'check' holds the transform of a batch and its gradient by the chain rule (Ioffe and Szegedy 2015, section\n"
        "3) against autograd's; 'mnist' repeats the experiment of their section 4.1 on 5,000 images.",
        _batchnorm,
        "check --values=1,2,4 --gradient=1,0,-1",
        "mnist --epochs 20 --json",
    )
    parser.add_argument("what", metavar="check|mnist", help="what to do")
    parser.add_argument("--values", metavar="LIST", help=f"of the batch (default: {numbers.spelled(transform.START)})")
    parser.add_argument("--gradient", metavar="LIST", help="by each output; what is lacking is 0")
    parser.add_argument("--gamma", metavar="G", help="scale (default: 1)")
    parser.add_argument("--beta", metavar="B", help="shift (default: 0)")
    parser.add_argument("--epsilon", metavar="E", help=f"added to the variance (default: {transform.EPSILON:g})")
    parser.add_argument("--epochs", metavar="N", help=f"passes over the images (default: {EPOCHS})")
    parser.add_argument("--seed", metavar="S", help=f"of the weights and the order (default: {SEED})")
    rates = ", ".join(map(numbers.one, RATES))
    parser.add_argument("--rate", metavar="R", help=f"of SGD, one of {rates} (default: {RATE:g})")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def check_args(of: transform.Forward, gradient: transform.Values) -> tuple[str, ...]:
    """The command line that checks a batch and the gradient by its outputs."""
    given = {"values": of.x, "gradient": gradient, "gamma": (of.gamma,), "beta": (of.beta,), "epsilon": (of.epsilon,)}
    return ("batchnorm", "check", *(f"--{name}={numbers.spelled(one)}" for name, one in given.items()), "--json")


def mnist_args(rate: float) -> tuple[str, ...]:
    """The command line of the experiment at a rate."""
    return ("batchnorm", "mnist", f"--rate={numbers.one(rate)}", "--json")


def _batchnorm(args: argparse.Namespace) -> int:
    if args.what not in _OF:
        raise unknown_name("batchnorm command", args.what, _OF)
    for other, options in _OF.items():
        for option in options:
            if other != args.what and getattr(args, option) is not None:
                raise ExplorerError(f"--{option} is an option of batchnorm {other}, and {args.what} was asked for")
    return _check(args) if args.what == "check" else _mnist(args)


def _check(args: argparse.Namespace) -> int:
    values = transform.parse_values("the values", _given(args.values, numbers.spelled(transform.START)))
    upstream = transform.parse_upstream("the gradients", _given(args.gradient, numbers.spelled(transform.UPSTREAM)))
    gradient = transform.fitted(upstream, len(values))
    gamma = limits.number("gamma", _given(args.gamma, 1), -transform.GAMMAS, transform.GAMMAS)
    beta = limits.number("beta", _given(args.beta, 0), -transform.BETAS, transform.BETAS)
    epsilon = transform.parse_epsilon(_given(args.epsilon, transform.EPSILON))
    # Only now, when everything has been found valid, is it worth the seconds.
    from explorer.backend.batchnorm import autograd

    found = autograd(values, gamma, beta, epsilon, gradient)
    of = transform.forward(values, gamma, beta, epsilon)
    lines = found.beside(of, transform.backward(of, gradient))
    largest = max(line.difference for line in lines)
    if args.json:
        print(found.to_json())
    else:
        table = "\n".join(f"{line.name:<22} {_row(line.ours)}\n{'  torch':<22} {_row(line.torch)}" for line in lines)
        print(f"{table}\nlargest difference: {numbers.difference(largest)} (torch {found.version})")
    return 0


def _given(value: str | None, default: object) -> str:
    return str(default) if value is None else value


def _row(values: transform.Values) -> str:
    return "  ".join(f"{value:>10.6f}" for value in values)


def _mnist(args: argparse.Namespace) -> int:
    epochs = limits.whole_number("the number of epochs", _given(args.epochs, EPOCHS), 1, MOST_EPOCHS)
    seed = limits.whole_number("the seed", _given(args.seed, SEED), 0, limits.MAX_SEED)
    rate = parse_rate(_given(args.rate, RATE))
    from explorer.backend.batchnorm import mnist

    found = mnist(epochs, seed, rate, lambda words: print(words, file=sys.stderr, flush=True))
    print(found.to_json() if args.json else "\n".join(words(found)))
    return 0
