"""Python expressions on lines of at most 120 columns, broken as ruff and black break them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

WIDTH = 120


class Call(NamedTuple):
    """`head(a, name=b)`, or any other pair of brackets around arguments.

    Args:
        head: what stands before the bracket.
        args: each argument, with its name where it has one.
        brackets: the opening and the closing one.
    """

    head: str
    args: Sequence[tuple[str, Expression]]
    brackets: str = "()"


class Infix(NamedTuple):
    """`a + b + c`."""

    operator: str
    terms: Sequence[Expression]


Expression = str | Call | Infix


def flat(expression: Expression) -> str:
    """The expression on one line."""
    match expression:
        case Call(head, args, brackets):
            return f"{head}{brackets[0]}{', '.join(_named(name) + flat(value) for name, value in args)}{brackets[1]}"
        case Infix(operator, terms):
            return f" {operator} ".join(map(flat, terms))
        case _:
            return expression


def lines(expression: Expression, *, before: str = "", after: str = "", indent: int = 0) -> list[str]:
    """The expression as indented lines, `before` and `after` included.

    Args:
        expression: what to print.
        before: what leads to it, such as `self.conv = ` or `return `.
        after: what ends its last line, such as a comma.
        indent: columns in front of every line.
    """
    margin = " " * indent
    whole = f"{margin}{before}{flat(expression)}{after}"
    if len(whole) <= WIDTH:
        return [whole]
    match expression:
        case Infix(operator, terms):
            leads = ["", *[f"{operator} "] * (len(terms) - 1)]
            body = [lines(term, before=lead, indent=indent + 4) for lead, term in zip(leads, terms, strict=True)]
            together = f"{margin}    {flat(expression)}"
            body = [[together]] if len(together) <= WIDTH else body
            start, end = "(", ")"
        case Call(head, args, brackets) if args:
            body = [lines(value, before=_named(name), after=",", indent=indent + 4) for name, value in args]
            start, end = f"{head}{brackets[0]}", brackets[1]
        case _:
            return [whole]
    return [f"{margin}{before}{start}", *chain.from_iterable(body), f"{margin}{end}{after}"]


def _named(name: str) -> str:
    return f"{name}=" if name else ""
