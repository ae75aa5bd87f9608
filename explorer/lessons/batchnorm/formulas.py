"""Batch norm set in mathematics: letters first, then the numbers in their place, then the result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from explorer.lessons.batchnorm.numbers import latex
from explorer.lessons.batchnorm.scaling import Comparison
from explorer.lessons.batchnorm.transform import Backward, Forward, Values

_ROOT = r"\sqrt{\sigma^2 + \epsilon}"
_WIDE = 68
"""Characters from which an equation goes on in a line of its own."""
_NEXT = r" \\[5pt] & "
_COMMAND = re.compile(r"\\[a-zA-Z]+|[{}\\;,_^]")


def transform(of: Forward) -> str:
    """The five steps (algorithm 1)."""
    m, mean, root = len(of.x), _bracketed(of.mean), rf"\sqrt{{{latex(of.variance)} + {latex(of.epsilon)}}}"
    return _array(
        (r"\mu", r"\tfrac{1}{m} \sum_i x_i", rf"\tfrac{{1}}{{{m}}} ({_sum(of.x)})", latex(of.mean)),
        (r"x_i - \mu", _list(of.deviations)),
        (
            r"\sigma^2",
            r"\tfrac{1}{m} \sum_i (x_i - \mu)^2",
            rf"\tfrac{{1}}{{{m}}} ({_squares(of.deviations)})",
            latex(of.variance),
        ),
        (
            r"\hat{x}_i",
            rf"(x_i - \mu) \, / \, {_ROOT}",
            rf"(x_i - {mean}) \, / \, {root}",
            _list(of.normalised),
        ),
        ("y_i", r"\gamma \hat{x}_i + \beta", rf"{latex(of.gamma)} \, \hat{{x}}_i + {_bracketed(of.beta)}", _list(of.y)),
    )


def gradient(of: Forward, by: Backward) -> str:
    """The chain rule (section 3); g is the gradient by the outputs."""
    within, variance, mean = (_by(letter) for letter in (r"\hat{x}_i", r"\sigma^2", r"\mu"))
    half, inverse = r"\tfrac{1}{2}", r"(\sigma^2 + \epsilon)^{-1/2}"
    return _array(
        (within, r"g_i \, \gamma", _list(by.normalised)),
        (
            variance,
            rf"-{half} (\sigma^2 + \epsilon)^{{-3/2}} \sum_i {within} (x_i - \mu)",
            rf"-{half} \cdot {latex(of.deviation**-3)} \cdot ({_products(by.normalised, of.deviations)})",
            latex(by.variance),
        ),
        (
            mean,
            rf"-{inverse} \sum_i {within} - {variance} \tfrac{{2}}{{m}} \sum_i (x_i - \mu)",
            rf"-{latex(1 / of.deviation)} \cdot ({_sum(by.normalised)}) - 0",
            latex(by.mean),
        ),
        (
            _by("x_i"),
            rf"{inverse} {within} + \tfrac{{2}}{{m}} (x_i - \mu) {variance} + \tfrac{{1}}{{m}} {mean}",
            _list(by.x),
        ),
        (_by(r"\gamma"), r"\sum_i g_i \, \hat{x}_i", _products(by.y, of.normalised), latex(by.gamma)),
        (_by(r"\beta"), r"\sum_i g_i", _sum(by.y), latex(by.beta)),
    )


def invariance(now: Comparison) -> str:
    """What the scaled layer makes of the same inputs, with and without batch norm."""
    # BN turns its sign with a, so that the paper's 1/a is 1/|a| for any a.
    expected = tuple(value / abs(now.a) for value in now.plain.by_weights)
    return _array(
        ("Wu", _list(now.plain.z)),
        (r"(aW)u + b", rf"{latex(now.a)} \cdot Wu + {_bracketed(now.b)}", _list(now.scaled.z)),
        (r"\mathrm{BN}(Wu)", _list(now.plain.normalised.y)),
        (r"\mathrm{BN}((aW)u + b)", _list(now.scaled.normalised.y)),
        (_by("W"), _list(now.plain.by_weights)),
        (rf"\tfrac{{1}}{{|a|}} \, {_by('W')}", _list(expected)),
        (_by("(aW)"), _list(now.scaled.by_weights)),
    )


def _array(*lines: tuple[str, ...]) -> str:
    body = r" \\[5pt] ".join(f"{left} & {_equal(parts)}" for left, *parts in lines)
    return rf"\small \begin{{array}}{{rl}} {body} \end{{array}}"


def _equal(parts: Sequence[str]) -> str:
    """The parts with equals signs in front, those that go too far each in a line of its own."""
    written, room = "", _WIDE
    for part in map(_broken, parts):
        first, *rest = (len(_COMMAND.sub("", line)) for line in part.split(_NEXT))
        if first > room and written:
            written, room = written + _NEXT, _WIDE
        written, room = f"{written} = {part}", _WIDE - rest[-1] if rest else room - first
    return written


def _broken(part: str) -> str:
    """A sum, in two lines where it is too long for one."""
    if len(_COMMAND.sub("", part)) <= _WIDE:
        return part
    terms = part.split(" + ")
    half = (len(terms) + 1) // 2
    return rf"{' + '.join(terms[:half])} {_NEXT} \quad + {' + '.join(terms[half:])}"


def _by(letter: str) -> str:
    return rf"\tfrac{{\partial l}}{{\partial {letter}}}"


def _list(values: Sequence[float]) -> str:
    return r",\; ".join(map(latex, values))


def _sum(values: Iterable[float]) -> str:
    return " + ".join(map(_bracketed, values))


def _squares(values: Iterable[float]) -> str:
    return " + ".join(rf"{_bracketed(value)}^2" for value in values)


def _products(first: Values, second: Values) -> str:
    pairs = zip(first, second, strict=True)
    return " + ".join(rf"{_bracketed(a)} \cdot {_bracketed(b)}" for a, b in pairs)


def _bracketed(value: float) -> str:
    text = latex(value)
    return f"({text})" if text.startswith("-") else text
