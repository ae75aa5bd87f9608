"""A lesson along its variable that matters: both ways at every value worth a point of the chart."""

from __future__ import annotations

from math import ceil

from explorer.lessons.cost.lesson import Study

POINTS = 48
"""About as many as a line needs to look smooth."""


def sweep(study: Study) -> tuple[Study, ...]:
    """The same lesson at rising values of its swept variable, the present one among them.

    A long linear axis ends at twice the break-even, or a little beyond the present value, so that both can be
    seen.
    """
    lesson, letter = study.lesson, study.lesson.swept
    offered, now = lesson.variable(letter).offered(study.values), study.values[letter]
    if not lesson.logarithmic and len(offered) > POINTS:
        reach = max(2 * (study.balance.value or 0), 1.25 * now)
        offered = tuple(value for value in offered if value <= reach) or offered[:1]
    chosen = {*_few(offered, lesson.logarithmic), now}
    return tuple(study.with_(**{letter: value}) for value in sorted(chosen))


def _few(values: tuple[int, ...], logarithmic: bool) -> tuple[int, ...]:
    """Some of rising values, evenly apart on their axis, both ends among them."""
    last = len(values) - 1
    if last < POINTS:
        return values
    if logarithmic:
        return tuple(values[ceil((last + 1) ** (point / POINTS)) - 1] for point in range(POINTS + 1))
    return tuple(values[round(point * last / POINTS)] for point in range(POINTS + 1))
