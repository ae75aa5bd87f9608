"""Formulas set in LaTeX, in letters or in numbers."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache


def number(value: int) -> str:
    """A count in LaTeX, with its thousands apart: `102{,}400`."""
    return f"{value:,}".replace(",", "{,}")


@lru_cache(maxsize=1024)
def latex(formula: str, values: tuple[tuple[str, int], ...] = ()) -> str:
    """A formula in LaTeX.

    Args:
        formula: Python arithmetic with `+`, `-`, `*` and `/`, as a `TracedInt` or a `Letter` writes it.
        values: numbers to set in place of letters; what is not among them stays a letter.
    """
    return _written(ast.parse(formula, mode="eval").body, dict(values))


def _written(node: ast.expr, values: Mapping[str, int]) -> str:
    if isinstance(node, ast.Name):
        return number(values[node.id]) if node.id in values else node.id
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return number(node.value)
    assert isinstance(node, ast.BinOp)
    if isinstance(node.op, ast.Mult):
        return _product(node, values)
    left, right = _written(node.left, values), _written(node.right, values)
    if isinstance(node.op, ast.Div):
        return rf"\frac{{{left}}}{{{right}}}"
    if isinstance(node.op, ast.Sub):
        return f"{left} - {_bracketed(node.right, values)}"
    return f"{left} + {right}"


def _product(node: ast.expr, values: Mapping[str, int]) -> str:
    """Factors that are the same letter, or the same written number, become one power; a one is left out."""
    powers: dict[str, int] = {}
    for factor in _factors(node):
        text = ast.unparse(factor)
        powers[text] = powers.get(text, 0) + 1
    written = [
        (_bracketed(ast.parse(text, mode="eval").body, values), power) for text, power in powers.items() if text != "1"
    ]
    parts = [text if power == 1 else f"{text}^{{{power}}}" for text, power in written]
    return (r" \cdot " if values else r" \, ").join(parts) or "1"


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node]


def _bracketed(node: ast.expr, values: Mapping[str, int]) -> str:
    text = _written(node, values)
    is_sum = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    return rf"\left({text}\right)" if is_sum else text
