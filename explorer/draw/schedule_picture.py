"""The shape of a learning-rate schedule as a tiny picture."""

from __future__ import annotations

from explorer.draw.svg import document, element
from explorer.runs.schedule import SCHEDULES

_WIDTH, _HEIGHT, _RIM = 120.0, 30.0, 4.0
_POINTS = 120


def schedule(name: str, done: float | None = None) -> str:
    """A line over the whole run, its highest rate at the top and zero at the bottom.

    Args:
        name: of the schedule.
        done: how much of a run is done, which a dot marks.
    """
    line = " ".join("{:.1f},{:.1f}".format(*_place(name, point / _POINTS)) for point in range(_POINTS + 1))
    parts = [
        element("path", d=f"M{_RIM},{_HEIGHT - _RIM}h{_WIDTH - 2 * _RIM}", class_="grey line", stroke_opacity=0.5),
        element("polyline", points=line, class_="blue line"),
    ]
    if done is not None:
        x, y = _place(name, done)
        parts.append(element("circle", cx=x, cy=y, r=3.5, class_="orange solid"))
    return document(_WIDTH, _HEIGHT, *parts)


def _place(name: str, done: float) -> tuple[float, float]:
    inside = _HEIGHT - 2 * _RIM
    return _RIM + done * (_WIDTH - 2 * _RIM), _HEIGHT - _RIM - inside * SCHEDULES[name].rate(done)
