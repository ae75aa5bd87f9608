"""Pictures of receptive fields: rectangles on an image, and the cone of a chain of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import NamedTuple
from xml.etree.ElementTree import Element as Drawn

from explorer.analysis.field.box import Box, Nested
from explorer.analysis.field.chain import Chain, cone, middle, rows, taps
from explorer.common import formats
from explorer.draw import colours
from explorer.draw.svg import document, element
from explorer.graph.ops import Pair
from explorer.graph.trace import NodeTrace

SIDE = 460
"""Pixels of the longer side of a picture on an image."""
_MARGIN = 2.0
"""How far around the image is drawn, in sides of it."""
_AWAY = 20
"""Pixels by which the side of a rectangle that goes on beyond the picture is out of it."""
_RIM = 4.0
"""Pixels around it, so that the outermost line is whole."""
_LEAST = 3.0
"""Pixels at which a rectangle can still be seen."""
_LINE = 18
"""Height of a line of the legend."""
_WHOLE = "vermilion"
_BRANCHES = tuple(colour for colour in colours.CYCLE if colour != _WHOLE)
"""The colours of the whole field and of those of its branches."""

MOST_DOTS = 180
"""Pixels of a row from which a cone would be a blur."""
_MANY_DOTS = 100
_WIDTH, _GAP = 900, 62


class _Frame(NamedTuple):
    """Input pixels to pixels of the picture."""

    view: Box
    scale: float

    @property
    def size(self) -> tuple[float, float]:
        height, width = self.view.size
        return width * self.scale + 2 * _RIM, height * self.scale + 2 * _RIM

    def kept(self, box: Box) -> Box:
        """A rectangle with the sides that are out of the picture wholly so: half a line would look like its end."""
        view, away = self.view, round(_AWAY / self.scale) + 1
        return Box(
            box.top if box.top >= view.top else view.top - away,
            box.left if box.left >= view.left else view.left - away,
            box.bottom if box.bottom <= view.bottom else view.bottom + away,
            box.right if box.right <= view.right else view.right + away,
        )

    def rect(self, box: Box) -> dict[str, object]:
        height, width = (side * self.scale for side in box.size)
        x, y = (_RIM + edge * self.scale for edge in (box.left - self.view.left, box.top - self.view.top))
        lack_x, lack_y = max(_LEAST - width, 0), max(_LEAST - height, 0)
        return {"x": x - lack_x / 2, "y": y - lack_y / 2, "width": width + lack_x, "height": height + lack_y}


def on_image(
    href: str, image: Pair, seen: Box | None, before: Sequence[Nested] = (), branches: Sequence[Nested] = ()
) -> str:
    """What a node sees, drawn on an image, as one SVG.

    Args:
        href: of the image, which fills the input of the network.
        image: (height, width) of that input.
        seen: the field of the chosen element; None for the whole image.
        before: fields of nodes before it, as thin lines.
        branches: fields of its branches, in the colours of `legend`.
    """
    whole = Box(0, 0, image[0] - 1, image[1] - 1)
    seen = seen or whole
    frame = _frame(whole, seen)
    width, height = frame.size
    parts = [
        element("rect", x=0, y=0, width=width, height=height, class_="grey", style="stroke:none"),
        element("image", href=href, preserveAspectRatio="xMidYMid slice", **frame.rect(whole)),
        _shade(frame, whole, seen),
        element("rect", class_="grey line", **frame.rect(whole)),
        *(rect for nested in before for rect in _outline(frame, nested.box, "", 0.8)),
        *_outline(frame, seen, _WHOLE, 5.0),
        *_branches(frame, branches),
    ]
    return document(width, height, *parts)


def is_cut(image: Pair, seen: Box) -> bool:
    """Whether a field goes on beyond the picture that `on_image` draws of it."""
    frame = _frame(Box(0, 0, image[0] - 1, image[1] - 1), seen)
    return frame.kept(seen) != seen


def legend(branches: Sequence[Nested]) -> str:
    """The names of branches with the colours that `on_image` gives them; by itself, for it is not to shrink
    with the picture.
    """
    words = [f"{branch.name}: {formats.pair(branch.box.size)}" for branch in branches]
    lines = [_legend_line(*line) for line in zip(range(len(words)), words, cycle(_BRANCHES), strict=False)]
    return document(26 + 6.5 * max(map(len, words), default=0), _LINE * len(lines), *lines)


def _frame(whole: Box, seen: Box) -> _Frame:
    """The image and the field, as far as the margin reaches."""
    height, width = whole.size
    down, across = int(_MARGIN * height), int(_MARGIN * width)
    view = Box(
        max(min(seen.top, 0), -down),
        max(min(seen.left, 0), -across),
        min(max(seen.bottom, whole.bottom), whole.bottom + down),
        min(max(seen.right, whole.right), whole.right + across),
    )
    return _Frame(view, SIDE / max(view.size))


def _shade(frame: _Frame, whole: Box, seen: Box) -> Drawn:
    """A shadow over the part of the image that is not seen."""
    inside = seen.within(whole.size)
    holes = [frame.rect(whole), *([frame.rect(inside)] if inside else [])]
    path = "".join(f"M{r['x']:.1f},{r['y']:.1f}h{r['width']:.1f}v{r['height']:.1f}h-{r['width']:.1f}z" for r in holes)
    return element("path", d=path, fill_rule="evenodd", style="fill:#000;fill-opacity:.5;stroke:none")


def _branches(frame: _Frame, branches: Sequence[Nested]) -> Iterator[Drawn]:
    """Their rectangles; of equal ones the later are dashed, so that all of them show."""
    drawn: list[Box] = []
    for branch, colour in zip(branches, cycle(_BRANCHES), strict=False):
        *_, line = _outline(frame, branch.box, colour, 2.0)
        if branch.box in drawn:
            line.set("stroke-dasharray", " ".join([f"{5 * (drawn.count(branch.box) + 1)}"] * 2))
        drawn.append(branch.box)
        yield line


def _outline(frame: _Frame, box: Box, colour: str, thick: float) -> Iterator[Drawn]:
    """A line that shows on any image: coloured, or white where there is no colour, on a soft dark one."""
    rect = frame.rect(frame.kept(box))
    yield element("rect", style=f"fill:none;stroke:#000;stroke-opacity:.45;stroke-width:{thick + 1.6:.1f}", **rect)
    if colour:
        yield element("rect", class_=f"{colour} line", style=f"fill:none;stroke-width:{thick:.1f}", **rect)
    else:
        yield element("rect", style=f"fill:none;stroke:#fff;stroke-opacity:.85;stroke-width:{thick:.1f}", **rect)


def _legend_line(row: int, words: str, colour: str) -> Drawn:
    y = _LINE * (row + 0.5)
    mark = element("rect", x=2, y=y - 6, width=12, height=12, class_=f"{colour} line", style="stroke-width:2.5")
    return element("g", mark, element("text", words, x=22, y=y + 4))


def dots(chain: Chain) -> str | None:
    """The chain as dots and lines: the input at the bottom, each layer above it, and what one output is
    made from in colour; None where it has too many dots to tell apart.
    """
    traced = rows(chain, outputs=_outputs(chain))
    count = traced[0].out_shape[2]
    if count > MOST_DOTS:
        return None
    step = min(_WIDTH / count, 30.0)
    height = _GAP * chain.depth + 46
    centre = traced[-1].out_shape[2] // 2
    reached = cone(traced, centre)
    levels = [
        _Level(
            row.out_shape[2],
            [(middle(row, i) + 0.5) * step + 70 for i in range(row.out_shape[2])],
            height - 24 - _GAP * level,
        )
        for level, row in enumerate(traced)
    ]
    radius = max(min(step * 0.36, 7.0), 1.6)
    drawn = [
        *(_wires(levels[i], levels[i + 1], traced[i + 1], reached[i + 1]) for i in range(chain.depth)),
        *(_level(level, on, radius) for level, on in zip(levels, reached, strict=True)),
        *(_name(level, index, chain) for index, level in enumerate(levels)),
    ]
    return document(count * step + 160, height, *(shape for group in drawn for shape in group))


class _Level(NamedTuple):
    places: int
    xs: list[float]
    y: float


def _outputs(chain: Chain) -> int:
    """So many that the cone has some company where there is room for it."""
    return next((many for many in (5, 3) if rows(chain, many)[0].out_shape[2] <= _MANY_DOTS), 1)


def _wires(below: _Level, above: _Level, row: NodeTrace, on: frozenset[int]) -> tuple[Drawn, Drawn]:
    quiet: list[str] = []
    loud: list[str] = []
    for index in range(above.places):
        for source in taps(row, index):
            line = f"M{below.xs[source]:.1f},{below.y:.1f}L{above.xs[index]:.1f},{above.y:.1f}"
            (loud if index in on else quiet).append(line)
    return (
        element("path", d="".join(quiet), class_="grey line", style="stroke-opacity:.35;stroke-width:.8"),
        element("path", d="".join(loud), class_="blue line", style="stroke-width:1.3"),
    )


def _level(level: _Level, on: frozenset[int], radius: float) -> list[Drawn]:
    return [
        element("circle", cx=x, cy=level.y, r=radius, class_="blue solid" if index in on else "grey")
        for index, x in enumerate(level.xs)
    ]


def _name(level: _Level, index: int, chain: Chain) -> tuple[Drawn, ...]:
    words = "input" if index == 0 else f"layer {index}"
    return (element("text", words, x=4, y=level.y + 4, class_="muted"),)
