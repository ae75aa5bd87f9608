"""A lesson set in mathematics: letters first, then the numbers in their place, then the result."""

from __future__ import annotations

from explorer.lessons.cost.lesson import Balance, Count, Study, Way, count_of, decimal, lettered
from explorer.lessons.cost.typeset import latex, number

Numbers = tuple[tuple[str, int], ...]
_WIDE = 120
"""Characters of LaTeX from which the numbers go to a line of their own."""


def equations(study: Study, count: Count) -> str:
    """Both ways' cost and their break-even as LaTeX, a line each.

    Args:
        study: the lesson at its values.
        count: what is counted.
    """
    lines = [cost(study, way, count) for way in (study.plain, study.saving)]
    body = r" \\[3pt] ".join([*lines, *balance(study)])
    return rf"\small \begin{{array}}{{rl}} {body} \end{{array}}"


def cost(study: Study, way: Way, count: Count) -> str:
    """The cost of a way: its label, then letters = numbers = result."""
    formula, total = way.formula(count), number(count_of(way.totals, count))
    letters, numbers = latex(formula), latex(formula, _numbers(study))
    turn = r" \\ & " if len(letters + numbers) > _WIDE else ""
    return rf"\text{{{way.side.label}:}} & {letters} {turn} = {numbers} = {total}"


def balance(study: Study) -> list[str]:
    """Where both weigh the same, solved where that is a quotient; nothing where there is no such place."""
    balance, swept = study.balance.value, study.lesson.swept
    if balance is None:
        return []
    letters = study.lesson.balance(lettered(study.values))
    sign = "=" if balance == round(balance) else r"\approx"
    value = rf"{sign} {decimal(balance).replace(',', '{,}')}"
    if letters.square:
        turned = [_quadratic(letters, swept, numbers) for numbers in ((), _numbers(study))]
        return [rf"\text{{break-even:}} & {turned[0]}", rf"& {turned[1]}, \quad {swept} {value}"]
    quotients = [_quotient(letters, numbers) for numbers in ((), _numbers(study))]
    return [rf"\text{{break-even:}} & {swept} = {quotients[0]} = {quotients[1]} {value}"]


def _quotient(balance: Balance, values: Numbers) -> str:
    return "\\d" + latex(f"({_formula(balance.constant)})/({_formula(balance.linear)})", values).removeprefix("\\")


def _quadratic(balance: Balance, swept: str, values: Numbers) -> str:
    square, linear, constant = (_formula(coefficient) for coefficient in balance)
    # The x in it is what is looked for, so it keeps its letter.
    known = tuple((letter, value) for letter, value in values if letter != swept)
    return f"{latex(f'({square})*{swept}*{swept} + ({linear})*{swept}', known)} = {latex(constant, known)}"


def _numbers(study: Study) -> Numbers:
    return tuple(study.values.items())


def _formula(coefficient: int) -> str:
    return getattr(coefficient, "formula", str(coefficient))
