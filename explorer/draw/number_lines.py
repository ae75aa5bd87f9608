"""Batches as dots on number lines, one line above the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple
from xml.etree.ElementTree import Element

from explorer.draw import colours
from explorer.draw.svg import document, element
from explorer.lessons.batchnorm.numbers import written
from explorer.lessons.batchnorm.running import Answers
from explorer.lessons.batchnorm.scaling import Comparison
from explorer.lessons.batchnorm.transform import Backward, Forward, Values

WIDE, NARROW = 720.0, 420.0
"""Pixels that a picture may be wide."""
_LABEL, _RIGHT, _ROW, _APART, _TOP, _BOTTOM = 104.0, 26.0, 48.0, 64.0, 30.0, 34.0
"""Pixels: the names at its left, the room at its right, from line to line, the same where each has numbers, the
room above and below."""
_DOT, _SMALL = 6.0, 3.5
_TICK = 62.0
"""Pixels from tick to tick, at least."""
_FAR = 25.0
"""How many times as wide as another a line may be before each gets a scale of its own."""
_MOST_TOLD = 8


class NumberLine(NamedTuple):
    """One number line.

    Args:
        label: its name.
        values: its dots.
        mark: a place that is named, and its name.
        half: how far a soft band reaches to both sides of the mark.
        colour: of all dots; empty where each has its own.
    """

    label: str
    values: Values
    mark: tuple[float, str] | None = None
    half: float = 0.0
    colour: str = ""


class _Scale(NamedTuple):
    least: float
    most: float
    width: float

    def x(self, value: float) -> float:
        return _LABEL + (self.width - _LABEL - _RIGHT) * (value - self.least) / (self.most - self.least)


def steps(of: Forward) -> tuple[NumberLine, ...]:
    """The transform: the values, moved to 0, normalised, scaled and shifted."""
    spread, root = of.variance**0.5, of.deviation
    return (
        NumberLine("x", of.x, (of.mean, f"mean {written(of.mean)}"), spread),
        NumberLine("x − mean", of.deviations, (0.0, f"deviation {written(spread)}"), spread),
        NumberLine("normalised", of.normalised, (0.0, f"divided by {written(root)}"), spread / root),
        NumberLine("y", of.y, (of.beta, f"beta = {written(of.beta)}"), abs(of.gamma) * spread / root),
    )


def answers(answers: Answers) -> tuple[NumberLine, ...]:
    """One value's outputs, by the statistics that it is normalised with."""
    return (
        NumberLine("of all images", (answers.right,), colour="blue"),
        NumberLine("of its batch", answers.among, colour="orange"),
        NumberLine("never updated", (answers.fresh,), colour="vermilion"),
    )


def gradients(by: Backward) -> tuple[NumberLine, ...]:
    """What comes in and what goes on."""
    return NumberLine("by the outputs", by.y), NumberLine("by the values", by.x)


def outputs(now: Comparison) -> tuple[NumberLine, ...]:
    """The layer's outputs, as it is and scaled."""
    return NumberLine("Wu", now.plain.z), NumberLine("(aW)u + b", now.scaled.z)


def normalised(now: Comparison) -> tuple[NumberLine, ...]:
    """The same behind a batch norm."""
    return NumberLine("BN(Wu)", now.plain.normalised.y), NumberLine("BN((aW)u + b)", now.scaled.normalised.y)


def draw(lines: Sequence[NumberLine], width: float = WIDE) -> str:
    """The lines as SVG, the first on top; a value's dots are joined from line to line where each has its own
    colour. All have one scale, which stands at the last, or each its own where that would crowd the dots of one.

    Args:
        lines: at least one.
        width: of the picture, in pixels.
    """
    scales, apart = _scales(lines, width), has_own_scales(lines)
    top = _TOP if lines[0].mark else _TOP / 2
    ys = [top + index * (_APART if apart else _ROW) for index in range(len(lines))]
    drawn: list[Element] = []
    for index, (upper, lower) in enumerate(pairwise(lines)):
        drawn += _joins(upper, lower, (scales[index], scales[index + 1]), (ys[index], ys[index + 1]))
    for index, (line, scale) in enumerate(zip(lines, scales, strict=True)):
        drawn += _line(line, scale, ys[index], labelled=apart or line is lines[-1])
    return document(width, ys[-1] + _BOTTOM, *drawn)


def alt_text(lines: Sequence[NumberLine]) -> str:
    """The same in words."""
    return "Dots on number lines. " + " ".join(f"{line.label}: {_told(line.values)}." for line in lines)


def has_own_scales(lines: Sequence[NumberLine]) -> bool:
    """Whether each line has its own scale."""
    extents = [_extent(line) for line in lines]
    widths = [max(most - least, 1e-9) for least, most in extents]
    return max(widths) > _FAR * min(widths)


def _told(values: Values) -> str:
    if len(values) > _MOST_TOLD:
        return f"{len(values)} dots from {written(min(values))} to {written(max(values))}"
    return ", ".join(map(written, values))


def _scales(lines: Sequence[NumberLine], width: float) -> list[_Scale]:
    extents = [_extent(line) for line in lines]
    if not has_own_scales(lines):
        extents = [(min(least for least, _ in extents), max(most for _, most in extents))] * len(lines)
    return [_roomy(*extent, width) for extent in extents]


def _extent(line: NumberLine) -> tuple[float, float]:
    """From the least to the largest thing on a line, its zero included."""
    mark = [line.mark[0] - line.half, line.mark[0] + line.half] if line.mark else []
    return min(0.0, *line.values, *mark), max(0.0, *line.values, *mark)


def _roomy(least: float, most: float, width: float) -> _Scale:
    room = 0.04 * (most - least) or 1.0
    return _Scale(least - room, most + room, width)


def _line(line: NumberLine, scale: _Scale, y: float, *, labelled: bool) -> Iterator[Element]:
    """Axis and ticks, the band and its mark, then the dots."""
    yield element("line", x1=_LABEL, x2=scale.width - _RIGHT / 2, y1=y, y2=y, class_="grey")
    for tick in _ticks(scale):
        x = scale.x(tick)
        yield element("line", x1=x, x2=x, y1=y - 3, y2=y + 3, class_="grey")
        if labelled:
            yield element("text", written(tick), x=x, y=y + 23, text_anchor="middle", class_="muted")
    yield element("text", line.label, x=2, y=y + 4, class_="title")
    if line.mark:
        yield from _marked(line.mark, line.half, scale, y)
    for index, value in enumerate(line.values):
        colour, crowded = line.colour or _colour(index), len(line.values) > _MOST_TOLD
        radius, filled = (_SMALL, {}) if crowded else (_DOT, {"style": "fill-opacity:.85"})
        yield element("circle", cx=scale.x(value), cy=y, r=radius, class_=colour, **filled)


def _marked(mark: tuple[float, str], half: float, scale: _Scale, y: float) -> Iterator[Element]:
    position, words = mark
    left, right = scale.x(position - half), scale.x(position + half)
    if half:
        yield element("rect", x=left, y=y - 9, width=right - left, height=18, class_="grey", style="stroke:none")
    x = scale.x(position)
    yield element("line", x1=x, x2=x, y1=y - 12, y2=y + 10, class_="vermilion", style="stroke-width:2")
    yield element("text", words, x=x, y=y - 15, text_anchor="middle", class_="vermilion", style="stroke:none")


def _joins(
    upper: NumberLine, lower: NumberLine, scales: tuple[_Scale, _Scale], ys: tuple[float, float]
) -> Iterator[Element]:
    if upper.colour or lower.colour:
        return
    for index, (a, b) in enumerate(zip(upper.values, lower.values, strict=True)):
        ends = {"x1": scales[0].x(a), "y1": ys[0], "x2": scales[1].x(b), "y2": ys[1]}
        yield element("line", class_=_colour(index), style="stroke-opacity:.4", **ends)


def _colour(index: int) -> str:
    return colours.CYCLE[index % len(colours.CYCLE)]


def _ticks(scale: _Scale) -> list[float]:
    """Round numbers on a scale."""
    rough = (scale.most - scale.least) * _TICK / (scale.width - _LABEL - _RIGHT)
    power = 10.0 ** floor(log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    return [step * step_number for step_number in range(ceil(scale.least / step), floor(scale.most / step) + 1)]
