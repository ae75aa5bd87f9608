"""The picture of what a person chose, beside what it is compared with."""

from __future__ import annotations

from typing import NamedTuple

from explorer.analysis import widths
from explorer.analysis.chains import Structure, structure
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.common.memory import remembered
from explorer.draw.flow import layout
from explorer.draw.flow.labels import AREAS, Area
from explorer.draw.flow.picture import TYPE, Picture
from explorer.graph.trace import partial_trace
from explorer.spec.base import aliases, modules
from explorer.spec.build import analyse, build, edited
from explorer.spec.spec import Spec


class Paper(NamedTuple):
    """What a picture is drawn on, and how.

    Args:
        width, height: pixels that it has.
        area: what the area of a box stands for.
        type_size: pixels of the text.
    """

    width: int = 1240
    height: int = 520
    area: Area = "params"
    type_size: int = TYPE

    @classmethod
    def parse(cls, size: str = "", area: str = "", type_size: str = "") -> Paper:
        """Out of texts, as a link brings them: `1240x520`, `macs`, `18`; the default for an empty one.

        Raises:
            ExplorerError: what is wrong, and what is allowed.
        """
        if area and area not in AREAS:
            raise unknown_name("area", area, AREAS)
        width, _, height = size.partition("x")
        usual = cls()
        return cls(
            limits.whole_number("the picture's width", width, 200, limits.MAX_PICTURE) if size else usual.width,
            limits.whole_number("the picture's height", height, 200, limits.MAX_PICTURE) if size else usual.height,
            next((known for known in AREAS if known == area), usual.area),
            limits.whole_number("the type", type_size, 13, 32) if type_size else usual.type_size,
        )


def picture(spec: Spec, original: Spec, paper: Paper | None = None, prefix: str = "") -> Picture | None:
    """The picture of a module; None where it is no set of chains side by side, or does not fit its input.

    Args:
        spec: the module, or the network that it is in.
        original: what it is compared with.
        paper: what it is drawn on.
        prefix: of the module in the network; empty for all of it.
    """
    paper = paper or Paper()
    found = _structure(spec, prefix)
    if found is None:
        return None
    return layout.picture(
        found,
        _structure(original, prefix),
        width=paper.width,
        height=paper.height,
        area=paper.area,
        widths=_widths(spec, prefix),
        type_size=paper.type_size,
    )


@remembered(lambda found: 0)
def _structure(spec: Spec, prefix: str) -> Structure | None:
    graph = build(spec)
    if not graph.is_valid:
        return None
    try:
        traced, error = partial_trace(graph.alone(prefix)) if prefix else analyse(spec)
    except ExplorerError:  # it reads from or ends in more than one place
        return None
    return structure(traced) if error is None and len(traced.rows) <= limits.MAX_DRAWN else None


def is_drawn(spec: Spec, prefix: str = "") -> bool:
    """Whether there is a picture of a module, or of all."""
    return _structure(spec, prefix) is not None


def drawn_first(spec: Spec) -> str:
    """The module of a network that is drawn where nobody picked one: its first; empty where it has none."""
    return next(iter(modules(spec.architecture)), "")


def required(spec: Spec, original: Spec, paper: Paper, prefix: str = "") -> Picture:
    """The same.

    Raises:
        ExplorerError: there is none.
    """
    drawn = picture(spec, original, paper, prefix)
    if drawn is None:
        error = analyse(spec).error
        raise error or ExplorerError(
            f"{prefix[:80] or spec.title} is no set of chains side by side, or has more than {limits.MAX_DRAWN} nodes: "
            "this picture is made for modules"
        )
    return drawn


def _widths(spec: Spec, prefix: str) -> dict[str, layout.Width]:
    usual, short = edited(spec.unedited).by_name, aliases(spec.architecture)
    found = {}
    for node, name, value in widths.of(edited(spec), prefix):
        key = f"{node.name}.{name}"
        most = widths.reach(value, usual.get(node.name, node))
        inside = node.name.removeprefix(f"{prefix}.") if prefix else node.name
        found[inside] = layout.Width(key if spec.module else short.get(key, key), 1, most)
    return found
