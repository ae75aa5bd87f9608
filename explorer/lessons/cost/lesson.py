"""What a lesson is: one job done in two ways, the variables of both, and where one becomes the cheaper.

Counted are weights and multiply-adds: every layer of a lesson is without bias, as the sources count. All
numbers come from the trace of two small networks, all formulas from the counting rules of their layers,
run on letters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt, sqrt
from typing import Literal, NamedTuple

from explorer.common import formats
from explorer.common.errors import ExplorerError
from explorer.graph.formula import Letter
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, DepthwiseConv2d, Op, Shape
from explorer.graph.trace import NodeTrace, Totals, Trace, trace

Values = Mapping[str, int]
"""A whole number for each letter of a lesson; `Letter`s where a formula is wanted."""
Count = Literal["weights", "macs"]


class Variable(NamedTuple):
    """One number that a person can move.

    Args:
        letter: in formulas.
        name: in the URL.
        words: beside its slider.
        start: its value at first.
        least, most: its bounds.
        choices: the only values that make sense, where not all between the bounds do.
    """

    letter: str
    name: str
    words: str
    start: int
    least: int
    most: int
    choices: Callable[[Values], tuple[int, ...]] | None = None

    def offered(self, values: Values) -> tuple[int, ...]:
        """All values it may take beside the others', rising."""
        return self.choices(values) if self.choices else tuple(range(self.least, self.most + 1))


class Side(NamedTuple):
    """One of the two ways: an input and the layers that follow it in one line."""

    label: str
    input: Shape
    layers: tuple[tuple[str, Op], ...]

    @property
    def graph(self) -> Graph:
        """The way as a network."""
        builder = Builder(self.input)
        for name, op in self.layers:
            builder.add(name, op)
        return builder.graph()


class Balance(NamedTuple):
    """Where both ways cost the same: at the x with `square*x*x + linear*x == constant`.

    Args:
        square, linear, constant: none of them holds x itself.
    """

    square: int
    linear: int
    constant: int

    @property
    def value(self) -> float | None:
        """The positive x; None where there is none."""
        if not self.square:
            return self.constant / self.linear if self.linear > 0 and self.constant > 0 else None
        inside = self.linear**2 + 4 * self.square * self.constant
        root = isqrt(inside) if isqrt(inside) ** 2 == inside else sqrt(inside)
        return (root - self.linear) / (2 * self.square)


# One value each, so it is told from others by what it is, not by what it holds.
@dataclass(frozen=True, eq=False)
class Lesson:
    """One idea of the family that saves, beside what it takes the place of.

    Args:
        id: in the URL.
        title: a few words.
        question: what it answers, in one sentence.
        source: where the idea is from.
        variables: all its numbers.
        sides: the plain way and the saving one, of values under the variables' letters.
        swept: the letter of the variable along the chart.
        balance: where both ways weigh the same along the swept variable, as `Balance` says.
        pays: on which side of that the saving way is the lighter one.
        logarithmic: whether the chart's axes are.
        explain: a few sentences with their numbers.
    """

    id: str
    title: str
    question: str
    source: str
    variables: tuple[Variable, ...]
    sides: Callable[[Values], tuple[Side, Side]]
    swept: str
    balance: Callable[[Values], Balance]
    pays: Literal["below", "above"]
    explain: Callable[[Study], tuple[str, ...]]
    logarithmic: bool = False

    def variable(self, letter: str) -> Variable:
        """The variable of a letter."""
        return next(variable for variable in self.variables if variable.letter == letter)

    @property
    def start(self) -> dict[str, int]:
        """The values that it opens with."""
        return {variable.letter: variable.start for variable in self.variables}

    def fitted(self, values: Values) -> dict[str, int]:
        """The nearest values that go together: each one that may not stand beside the others becomes the
        largest that may and is not above it.
        """
        fitted = dict(values)
        for variable in self.variables:
            if variable.choices:
                offered = variable.offered(fitted)
                below = [choice for choice in offered if choice <= fitted[variable.letter]]
                fitted[variable.letter] = below[-1] if below else offered[0]
        return fitted

    def check(self, values: Values) -> None:
        """Raises ExplorerError where values do not go together."""
        for letter, fitted in self.fitted(values).items():
            if fitted != values[letter]:
                variable = self.variable(letter)
                raise ExplorerError(
                    f"{variable.words.lower()} is {values[letter]}: it must be one of {_few(variable.offered(values))}"
                )


def _few(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


class Way(NamedTuple):
    """A side, traced and in formulas.

    Args:
        weights, macs: how each sum is made, in letters, as Python arithmetic.
    """

    side: Side
    trace: Trace
    weights: str
    macs: str

    @property
    def totals(self) -> Totals:
        """Its cost; parameters are weights, for nothing here has a bias."""
        return self.trace.totals

    def formula(self, count: Count) -> str:
        """How a sum is made, in letters."""
        return self.weights if count == "weights" else self.macs


class Study(NamedTuple):
    """A lesson at some values, with all that its page says."""

    lesson: Lesson
    values: dict[str, int]
    plain: Way
    saving: Way

    def share(self, count: Count = "weights") -> float:
        """What the saving way takes of the plain one's cost."""
        return count_of(self.saving.totals, count) / count_of(self.plain.totals, count)

    @property
    def balance(self) -> Balance:
        """Where both weigh the same."""
        return self.lesson.balance(self.values)

    @property
    def pays(self) -> bool:
        """Whether the saving way is the lighter one."""
        return self.share() < 1

    def with_(self, **values: int) -> Study:
        """The same lesson with some values changed, bounds or not."""
        return study(self.lesson, {**self.values, **values})


def count_of(totals: Totals | NodeTrace, count: Count) -> int:
    """The weights or the multiply-adds of a layer or a sum."""
    return totals.params if count == "weights" else totals.macs


def written(totals: Totals | NodeTrace, count: Count) -> str:
    """The same as people read it."""
    return formats.number(totals.params) if count == "weights" else formats.macs(totals.macs)


def filter_depth(row: NodeTrace) -> int:
    """How many channels each filter of a convolution sees."""
    (channels, *_), op = row.in_shapes[0], row.op
    convolution = op.on(channels) if isinstance(op, DepthwiseConv2d) else op
    assert isinstance(convolution, Conv2d)
    return channels // convolution.groups


def lettered(values: Values) -> dict[str, int]:
    """The same values, each under its letter."""
    return {letter: Letter(value, letter) for letter, value in values.items()}


def study(lesson: Lesson, values: Values) -> Study:
    """A lesson at some values.

    Raises:
        ExplorerError: they do not go together.
    """
    return _study(lesson, tuple(values.items()))


@lru_cache(maxsize=4096)
def _study(lesson: Lesson, pairs: tuple[tuple[str, int], ...]) -> Study:
    values = dict(pairs)
    lesson.check(values)
    ways = zip(lesson.sides(values), lesson.sides(lettered(values)), strict=True)
    plain, saving = (Way(side, trace(side.graph), *_formulas(letters)) for side, letters in ways)
    return Study(lesson, values, plain, saving)


def decimal(value: float) -> str:
    """A break-even as people read it: `110.3`, `1.12`, `2`."""
    return f"{value:,.0f}" if value == round(value) else f"{value:.3g}" if value < 10 else f"{value:,.1f}"


def _formulas(side: Side) -> tuple[str, str]:
    """Weights and MACs of a side whose numbers are letters."""
    shape = side.input
    weights: list[int] = []
    macs: list[int] = []
    for _, op in side.layers:
        out_shape = _out_shape(op, shape)
        weights.append(op.params(shape))
        macs.append(op.macs(out_shape, shape))
        shape = out_shape
    return _sum(weights), _sum(macs)


def _out_shape(op: Op, shape: Shape) -> Shape:
    # Every convolution here keeps height and width; its own rule would look them up by value, without letters.
    if isinstance(op, DepthwiseConv2d):
        op = op.on(shape[0])
    return (op.out_channels, *shape[1:]) if isinstance(op, Conv2d) else op.out_shape(shape)


def _sum(terms: list[int]) -> str:
    whole = sum(terms)
    return whole.formula if isinstance(whole, Letter) else str(whole)
