"""Networks to compare: how a link names them, what they are measured by, and how they grow with depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from explorer.common import formats, limits
from explorer.common.errors import ExplorerError, quoted
from explorer.graph.trace import NodeTrace, Totals
from explorer.spec.build import build, valid
from explorer.spec.chips import chips
from explorer.spec.spec import Spec


class Candidate(NamedTuple):
    """A network to compare, with the name that a person gave it, if any.

    Args:
        spec: the network.
        name: comes from anywhere; empty where nobody named it.
    """

    spec: Spec
    name: str = ""

    @property
    def label(self) -> str:
        """What to call it: its name, or its title with its edits, in full where they are few."""
        if self.name:
            return self.name
        query = self.spec.to_query()
        edits = [*(chip.title for chip in chips(self.spec)), *(f"{key} {query[key]}" for key in _SHAPE if key in query)]
        words = ", ".join(edits)
        label = words if len(words) <= _FEW else f"{len(edits)} edits" if len(edits) > 1 else "edited"
        return f"{self.spec.title}: {label}" if edits else self.spec.title

    @property
    def text(self) -> str:
        """This as one value of a link; `candidate` reads it."""
        return urlencode({**self.spec.to_query(), **({NAME: self.name} if self.name else {})})


NAME = "name"
LONGEST_NAME = 60
_SHAPE = ("input", "classes")
"""Keys of a query that no chip stands for."""
_FEW = 42
"""Characters of edits that a label has room for."""


@lru_cache(maxsize=256)
def candidate(text: str) -> Candidate:
    """A network as a link names it: the query of its own page, with a `name` if it has one.

    Raises:
        ExplorerError: the first thing in it that is unknown, out of bounds or too long, or the network
            does not fit its input.
    """
    if len(text) > limits.MAX_TEXT:
        raise ExplorerError(f"a network to compare is too long: at most {limits.MAX_TEXT:,} characters are allowed")
    query = parse_qs(text, keep_blank_values=True, max_num_fields=limits.MAX_TEXT)
    name = query.pop(NAME, [""])[-1]
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ExplorerError(f"the name is {quoted(name)}: it must be at most {LONGEST_NAME} printable characters")
    if "network" not in query:
        raise ExplorerError(f"a network to compare is {quoted(text)}: it must be a query such as network=googlenet")
    spec = Spec.from_query(query)
    valid(spec)
    return Candidate(spec, name)


class Point(NamedTuple):
    """A network up to a depth.

    Args:
        depth: layers with weights on the longest way so far.
        params: of all nodes up to it.
        macs: of all nodes up to it.
        field: the largest local receptive field at this depth, in pixels; None where there is no map.
    """

    depth: int
    params: int
    macs: int
    field: int | None


@lru_cache(maxsize=128)
def growth(spec: Spec) -> tuple[Point, ...]:
    """How a network's costs and its field grow from one layer with weights to the next; heads that only
    help training are left out of the field and counted where they stand.

    Raises:
        ExplorerError: it is not valid.
    """
    depths = weighted_depths(spec)
    levels: dict[int, list[NodeTrace]] = {}
    for row in valid(spec).rows:
        levels.setdefault(depths[row.name], []).append(row)
    points, params, macs = [], 0, 0
    for depth in sorted(levels):
        rows = levels[depth]
        params, macs = params + sum(row.params for row in rows), macs + sum(row.macs for row in rows)
        points.append(Point(depth, params, macs, _widest(rows)))
    return tuple(points)


def _widest(rows: Iterable[NodeTrace]) -> int | None:
    """The largest field of those that are maps of more than one place, as the field of a whole network."""
    maps = (row for row in rows if not row.auxiliary and max(row.out_shape[1:], default=1) > 1)
    return max((max(row.local_field) for row in maps if row.local_field is not None), default=None)


@lru_cache(maxsize=128)
def weighted_depths(spec: Spec) -> dict[str, int]:
    """For each node the most layers with weights, convolutions and linear ones, on a way from the image
    through it: the "22" of GoogLeNet and the "16" of VGG-16. A separable convolution has two.
    """
    depths: dict[str, int] = {}
    for row in valid(spec).rows:
        depths[row.name] = max((depths[name] for name in row.inputs), default=0) + bool(row.macs)
    return depths


class Measure(NamedTuple):
    """A number to set side by side.

    Args:
        name: of the row.
        value: of a network.
        write: the number as text.
    """

    name: str
    value: Callable[[Spec], int]
    write: Callable[[int], str] = formats.number


MEASURES = (
    Measure("parameters", lambda spec: valid(spec).totals.params),
    Measure("of these in auxiliary heads", lambda spec: valid(spec).totals.auxiliary_params),
    Measure("BN statistics", lambda spec: valid(spec).totals.statistics),
    Measure("MACs", lambda spec: valid(spec).totals.macs, formats.short),
    Measure("activations", lambda spec: valid(spec).totals.activations, formats.memory),
    Measure("receptive field, pixels", lambda spec: max(valid(spec).field or (0,))),
    Measure("layers with weights, longest way", lambda spec: _depth(spec)),
    Measure("all layers", lambda spec: len(build(spec).nodes) - 1),
)
"""What two networks are compared by: each one number."""


def _depth(spec: Spec) -> int:
    main = build(spec).outputs[0]
    return weighted_depths(spec)[main]


def uses(networks: Iterable[Totals]) -> tuple[float, float]:
    """In how many MACs of an image a parameter takes part: in the network with the fewest, and the most."""
    densities = [totals.macs / totals.params for totals in networks]
    return min(densities), max(densities)
