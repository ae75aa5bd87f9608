"""`batchnorm`: a batch by torch's autograd beside the chain rule by hand, and the MNIST experiment."""

from __future__ import annotations

import argparse
import sys

from explorer.cli.options import Commands, action, actions, command
from explorer.common import limits
from explorer.lessons.batchnorm import numbers, transform
from explorer.lessons.batchnorm.record import RATE, RATES, parse_rate, words

EPOCHS, SEED, MOST_EPOCHS = 80, 0, 300


def add(commands: Commands) -> None:
    """Declares `batchnorm`."""
    parser = command(
        commands,
        "batchnorm",
        "Checks batch norm's gradient with torch, or trains with and without it on MNIST.\n"
        "'check' holds the transform of a batch and its gradient by the chain rule (Ioffe and Szegedy 2015, section\n"
        "3) against autograd's; 'mnist' repeats the experiment of their section 4.1 on 5,000 images.",
        _check,
        "check --values=1,2,4 --gradient=1,0,-1",
        "mnist --epochs 20 --json",
    )
    of = actions(parser, required=True)
    checking = action(of, "check", "hold a batch and its gradient against torch", _check, json="as one JSON object")
    for name, metavar, default, about in (
        ("values", "LIST", numbers.spelled(transform.START), "of the batch"),
        ("gradient", "LIST", numbers.spelled(transform.UPSTREAM), "with respect to each output; what is lacking is 0"),
        ("gamma", "G", 1, "scale"),
        ("beta", "B", 0, "shift"),
        ("epsilon", "E", f"{transform.EPSILON:g}", "added to the variance"),
    ):
        checking.add_argument(f"--{name}", metavar=metavar, default=str(default), help=f"{about} (default: {default})")
    training = action(of, "mnist", "train with and without batch norm on MNIST", _mnist, json="as one JSON object")
    rates = ", ".join(map(numbers.one, RATES))
    for name, metavar, default, about in (
        ("epochs", "N", EPOCHS, "passes over the images"),
        ("seed", "S", SEED, "of the weights and the order"),
        ("rate", "R", f"{RATE:g}", f"of SGD, one of {rates}"),
    ):
        training.add_argument(f"--{name}", metavar=metavar, default=str(default), help=f"{about} (default: {default})")


def check_args(of: transform.Forward, gradient: transform.Values) -> tuple[str, ...]:
    """The command line that checks a batch and the gradient by its outputs."""
    given = {"values": of.x, "gradient": gradient, "gamma": (of.gamma,), "beta": (of.beta,), "epsilon": (of.epsilon,)}
    return ("batchnorm", "check", *(f"--{name}={numbers.spelled(value)}" for name, value in given.items()), "--json")


def mnist_args(rate: float) -> tuple[str, ...]:
    """The command line of the experiment at a rate."""
    return ("batchnorm", "mnist", f"--rate={numbers.one(rate)}", "--json")


def _check(args: argparse.Namespace) -> int:
    values = transform.parse_values("the values", args.values)
    upstream = transform.parse_upstream("the gradients", args.gradient)
    gradient = transform.fitted(upstream, len(values))
    gamma = limits.number("gamma", args.gamma, -transform.GAMMAS, transform.GAMMAS)
    beta = limits.number("beta", args.beta, -transform.BETAS, transform.BETAS)
    epsilon = transform.parse_epsilon(args.epsilon)
    # Only now, when everything has been found valid, is it worth the seconds.
    from explorer.backend.batchnorm import autograd

    measured = autograd(values, gamma, beta, epsilon, gradient)
    of = transform.forward(values, gamma, beta, epsilon)
    lines = measured.beside(of, transform.backward(of, gradient))
    largest = max(line.difference for line in lines)
    if args.json:
        print(measured.to_json())
    else:
        table = "\n".join(f"{line.name:<22} {_row(line.ours)}\n{'  torch':<22} {_row(line.torch)}" for line in lines)
        print(f"{table}\nlargest difference: {numbers.difference(largest)} (torch {measured.version})")
    return 0


def _row(values: transform.Values) -> str:
    return "  ".join(f"{value:>10.6f}" for value in values)


def _mnist(args: argparse.Namespace) -> int:
    epochs = limits.whole_number("the number of epochs", args.epochs, 1, MOST_EPOCHS)
    seed = limits.whole_number("the seed", args.seed, 0, limits.MAX_SEED)
    rate = parse_rate(args.rate)
    from explorer.backend.batchnorm import mnist

    result = mnist(epochs, seed, rate, lambda words: print(words, file=sys.stderr, flush=True))
    print(result.to_json() if args.json else "\n".join(words(result)))
    return 0
