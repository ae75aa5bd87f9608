"""One walk over a graph: shape, parameters, statistics, MACs, activations and receptive field.

Conventions. Shapes are without batch. `params` are trainable values, `statistics` the running mean
and variance of BN. MACs are multiply-adds of convolutions and linear layers only. `activations` are
the values in a node's output; their total leaves the input image out. The receptive field is the
theoretical one, in input pixels, before clipping to the image. Behind a gate that pools the whole
image it is the whole image, and the local field says what is seen by the paths that stay maps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress, zip_longest
from math import prod
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.memory import remembered
from explorer.graph.formula import formula, remember
from explorer.graph.graph import Graph, Node, module_of, under
from explorer.graph.ops import Op, Pair, Shape, Window
from explorer.graph.parts import Part

Lane = tuple[int, int, int]
"""`(first, last, jump)` along one axis: output element i sees the input pixels from
`first + i*jump` to `last + i*jump` (Araujo, Norris and Sim 2019, "Computing Receptive Fields of
Convolutional Neural Networks").
"""
Lanes = tuple[Lane, ...]
"""One lane for each jump that meets in a node: one, unless branches of different strides join."""
Field = tuple[Lanes, Lanes]
"""Lanes along height and width."""

_ROW_BYTES, _COST_BYTES = 400, 150
"""A row with its field and what it holds beside its node, and a node's cost."""
_START: Lanes = ((0, 0, 1),)
_PIXEL: Field = (_START, _START)


class NodeTrace(NamedTuple):
    """What is known of one node: what the walk computed, and what follows from it."""

    node: Node
    in_shapes: tuple[Shape, ...]
    out_shape: Shape
    params: int
    statistics: int
    macs: int
    activations: int
    """Values in the output; none for the image itself, which the network does not make."""
    field: Field | None
    """What the paths that stay maps see; None where there is none, as behind global pooling."""
    whole_image: bool
    """Whether one output element sees the whole image."""
    auxiliary: bool
    """Whether it serves further outputs only: an auxiliary head."""

    @property
    def name(self) -> str:
        """The node's dotted name."""
        return self.node.name

    @property
    def op(self) -> Op:
        """The node's op."""
        return self.node.op

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the nodes that feed it."""
        return self.node.inputs

    @property
    def kind(self) -> str:
        """The op's class name."""
        return type(self.node.op).__name__

    @property
    def formula(self) -> str:
        """How `params` was made: `(5*5*16 + 1)*32`."""
        if not self.op.counted:
            return "0"
        return formula(remember(self.op).params(*remember(self.in_shapes)))

    @property
    def macs_formula(self) -> str:
        """How `macs` was made: `5*5*16*32*28*28`."""
        if not self.op.counted:
            return "0"
        return formula(remember(self.op).macs(remember(self.out_shape), *remember(self.in_shapes)))

    @property
    def receptive_field(self) -> Pair | None:
        """(height, width) in input pixels; None where it is the whole image."""
        return None if self.whole_image else self.local_field

    @property
    def local_field(self) -> Pair | None:
        """The same by the paths that stay maps, whatever a gate adds; None where there are none."""
        if self.field is None:
            return None
        return _extent(self.field[0], self.out_shape[1]), _extent(self.field[1], self.out_shape[2])

    @property
    def jump(self) -> Pair | None:
        """Effective stride in input pixels; None where there is no single one."""
        if self.field is None or len(self.field[0]) > 1 or len(self.field[1]) > 1:
            return None
        return self.field[0][0][2], self.field[1][0][2]


class Totals(NamedTuple):
    """Sums over rows."""

    params: int
    statistics: int
    macs: int
    activations: int
    auxiliary_params: int
    """How many of `params` belong to auxiliary heads."""


NONE = Totals(0, 0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Stretch:
    """The rows of a part of a network. What is unchanged by an edit is the same object, so that what is made of it can
    be remembered with it.
    """

    rows: tuple[NodeTrace, ...]


@dataclass(frozen=True)
class Trace:
    """All rows of a network in graph order, with their sums; and the same rows part by part, where a walk made them."""

    rows: tuple[NodeTrace, ...]
    totals: Totals
    stretches: tuple[Stretch, ...] = dataclasses.field(default=(), compare=False, repr=False)

    @cached_property
    def by_name(self) -> Mapping[str, NodeTrace]:
        """Each row under its node's name."""
        return {row.name: row for row in self.rows}

    @cached_property
    def modules(self) -> Mapping[str, tuple[NodeTrace, ...]]:
        """The rows of each module, in the order of the first of each."""
        members: dict[str, list[NodeTrace]] = {}
        for row in self.rows:
            members.setdefault(module_of(row.name), []).append(row)
        return {module: tuple(rows) for module, rows in members.items()}

    @property
    def last_map(self) -> NodeTrace | None:
        """The last map of more than one place on the way to the first output, the image at the least;
        its local field is how far the network sees. None for a network of no valid node.
        """
        maps = (row for row in reversed(self.rows) if row.field and not row.auxiliary and max(row.out_shape[1:]) > 1)
        return next(maps, self.rows[0] if self.rows else None)

    @property
    def field(self) -> Pair | None:
        """How far the network sees, (height, width) in input pixels: the local field of its last map."""
        return self.last_map.local_field if self.last_map else None


def trace(graph: Graph) -> Trace:
    """Walks the whole graph.

    Raises:
        ExplorerError: names the node, the op, the shapes and the cause.
    """
    result, error = partial_trace(graph)
    if error is not None:
        raise error
    return result


def partial_trace(graph: Graph) -> tuple[Trace, ExplorerError | None]:
    """Walks as far as the graph is valid: the rows before the first node that fails, and its error."""
    stretches: list[Stretch] = []
    sums: list[Totals] = []
    read: dict[str, NodeTrace] = {}
    error = None
    for part in graph.parts:
        source = read.get(part.piece.source)
        found = _of_part(part, source and source.field, source is not None and source.whole_image)
        stretches.append(found.stretch)
        sums.append(found.totals)
        if found.error is not None:
            error = ExplorerError(str(found.error), node=found.error.node)  # one of their own, for each who raises it
            break
        if found.end is not None:
            read[part.exit] = found.end
    rows = tuple(chain.from_iterable([stretch.rows for stretch in stretches]))
    return _within_caps(Trace(rows, added(sums), tuple(stretches)), error)


class _PartTrace(NamedTuple):
    """The rows of a part, up to the first node that fails, with their sums."""

    stretch: Stretch
    totals: Totals
    error: ExplorerError | None
    end: NodeTrace | None
    """The row that other parts read."""


@remembered(lambda found: _ROW_BYTES * len(found.stretch.rows))
def _of_part(part: Part, field: Field | None, whole_image: bool) -> _PartTrace:
    """Walks a part whose source has this field."""
    known: dict[str, NodeTrace] = {}
    for outside in part.before:
        assert part.source_shape is not None  # the walk ends where the network fails
        known[outside.name] = NodeTrace(outside, (), part.source_shape, 0, 0, 0, 0, field, whole_image, False)
    rows: list[NodeTrace] = []
    error = None
    auxiliary, costs = part.auxiliary, _costs(part)
    # The piece may have been walked behind another source: what reads nothing that looks different stays.
    auxiliary_before, before = part.piece.walked or (auxiliary, _NO_ROWS)
    before = before if auxiliary == auxiliary_before else _NO_ROWS
    changed = {name for name, row in known.items() if name not in before or not _looks_alike(row, before[name])}
    for node, cost in zip_longest(part.nodes, costs):
        old = before.get(node.name)
        if old is not None and changed.isdisjoint(node.inputs):
            row = old
        else:
            in_rows = [known[name] for name in node.inputs]
            if cost is None:
                error = _located(node, in_rows, _why(node, in_rows))
                break
            row = _visit(node, in_rows, cost, node.name in auxiliary)
            if old is None or not _looks_alike(row, old):
                changed.add(node.name)
        known[node.name] = row
        rows.append(row)
    if error is None:
        part.piece.walked = auxiliary, known
    return _PartTrace(Stretch(tuple(rows)), _sums(part), error, known.get(part.exit))


_NO_ROWS: Mapping[str, NodeTrace] = {}


def _looks_alike(row: NodeTrace, other: NodeTrace) -> bool:
    """Whether whoever reads one row finds in it what it would find in the other."""
    return row.out_shape == other.out_shape and row.field == other.field and row.whole_image == other.whole_image


_Cost = tuple[Shape, int, int, int, int]
"""The shape that a node makes, and its parameters, statistics, MACs and activations."""


@remembered(lambda costs: _COST_BYTES * len(costs))
def _costs(part: Part) -> tuple[_Cost, ...]:
    """What each node of a part costs, up to the first that fails."""
    if part.shapes_before is None:
        return ()
    costs: list[_Cost] = []
    shapes, piece = part.shapes, part.piece
    before, costs_before = piece.priced or (shapes, ())
    changed = {name for name, shape in shapes.items() if before[name] != shape}
    for node, old in zip_longest(part.nodes, costs_before):
        if old is not None and changed.isdisjoint(node.inputs):
            costs.append(old)
            continue
        op, out_shape = node.op, shapes.get(node.name)
        if out_shape is None or out_shape[0] > limits.MAX_CHANNELS:
            return tuple(costs)
        params = statistics = macs = 0
        if op.counted:
            in_shapes = [shapes[name] for name in node.inputs]
            params, statistics = op.params(*in_shapes), op.statistics(*in_shapes)
            macs = op.macs(out_shape, *in_shapes)
        costs.append((out_shape, params, statistics, macs, prod(out_shape) if node.inputs else 0))
    piece.priced = shapes, tuple(costs)
    return tuple(costs)


def _why(node: Node, in_rows: Iterable[NodeTrace]) -> object:
    """Why a node fails."""
    try:
        out_shape = node.op.out_shape(*[row.out_shape for row in in_rows])
    except ExplorerError as error:
        return error
    return f"it makes {out_shape[0]:,} channels: at most {limits.MAX_CHANNELS:,} are allowed"


def totals(graph: Graph, prefix: str = "") -> Totals | None:
    """The sums of a network, or of what is under a prefix in it, without its rows; None where it is not valid."""
    if not all([len(_costs(part)) == len(part.nodes) for part in graph.parts]):
        return None
    sums = added([_sums(part) for part in graph.parts])
    if not _is_within_caps(sums):
        return None
    if not prefix:
        return sums
    parts = [part for part in graph.parts if prefix in part.piece.prefixes]
    return added([_sums(part, prefix) for part in parts])


@remembered(lambda sums: 0)
def _sums(part: Part, prefix: str = "") -> Totals:
    """Sums over the nodes of a part that are under a prefix, up to the first that fails."""
    costs, names = _costs(part), [node.name for node in part.nodes]
    if prefix:
        of_prefix = [under(prefix, name) for name in names]
        costs, names = tuple(compress(costs, of_prefix)), [*compress(names, of_prefix)]
    if not costs:
        return NONE
    _, params, statistics, macs, activations = zip(*costs, strict=True)
    of_heads = sum(compress(params, [name in part.auxiliary for name in names])) if part.auxiliary else 0
    return Totals(sum(params), sum(statistics), sum(macs), sum(activations), of_heads)


def added(parts: Iterable[Totals]) -> Totals:
    """The sums of sums."""
    return Totals(*map(sum, zip(NONE, *parts, strict=True)))


def _located(node: Node, in_rows: Iterable[NodeTrace], cause: object) -> ExplorerError:
    shapes = " and ".join(str(row.out_shape) for row in in_rows)
    return ExplorerError(f"{node.name} ({type(node.op).__name__}){shapes and f' on {shapes}'}: {cause}", node=node.name)


def _within_caps(trace: Trace, error: ExplorerError | None) -> tuple[Trace, ExplorerError | None]:
    """The rows before the one at which a sum passes its cap; nearly always all of them."""
    if _is_within_caps(trace.totals):
        return trace, error
    params = macs = activations = 0
    for end, row in enumerate(trace.rows):
        params, macs, activations = params + row.params, macs + row.macs, activations + row.activations
        for value, most, name in (
            (params, limits.MAX_PARAMS, "parameters"),
            (macs, limits.MAX_MACS, "MACs"),
            (activations, limits.MAX_ACTIVATIONS, "activations"),
        ):
            if value > most:
                cause = f"the network reaches {value:,} {name} here: at most {most:,} are allowed"
                valid = trace.rows[:end]
                return Trace(valid, total(valid)), _located(row.node, (), cause)
    return trace, error


def _is_within_caps(sums: Totals) -> bool:
    return (
        sums.params <= limits.MAX_PARAMS and sums.macs <= limits.MAX_MACS and sums.activations <= limits.MAX_ACTIVATIONS
    )


def total(rows: Iterable[NodeTrace]) -> Totals:
    """Sums of some rows; the image itself is no activation."""
    rows = tuple(rows)
    if not rows:
        return NONE
    _, _, _, params, statistics, macs, activations, _, _, auxiliary = zip(*rows, strict=True)
    of_heads = sum(compress(params, auxiliary)) if True in auxiliary else 0
    return Totals(sum(params), sum(statistics), sum(macs), sum(activations), of_heads)


def _visit(node: Node, in_rows: list[NodeTrace], cost: _Cost, auxiliary: bool) -> NodeTrace:
    op = node.op
    out_shape, params, statistics, macs, activations = cost
    if op.elementwise:
        field, whole_image = in_rows[0].field, in_rows[0].whole_image
    else:
        field = _field(op, in_rows)
        whole_image = op.whole_image or True in [row.whole_image for row in in_rows]
    in_shapes = tuple([row.out_shape for row in in_rows])
    # By position, for each is called as its field: keywords would make a whole trace slower by a sixth.
    return NodeTrace(node, in_shapes, out_shape, params, statistics, macs, activations, field, whole_image, auxiliary)


def _field(op: Op, in_rows: list[NodeTrace]) -> Field | None:
    if op.whole_image:
        return None
    if len(in_rows) == 1:
        field = in_rows[0].field
        window = op.window(in_rows[0].out_shape)
        return field if window is None or field is None else slide(field, window)
    if not in_rows:
        return _PIXEL
    fields = [row.field for row in in_rows if row.field is not None]
    return _union(fields) if fields else None


def slide(field: Field, window: Window) -> Field:
    """What a window sees that slides over a map whose elements see `field`."""
    (kh, kw), (sh, sw), (top, left), _, (dh, dw), _ = window
    if kh == kw == sh == sw == 1 and not top and not left:
        return field
    rows, columns = field
    down = _slide_axis(rows, kh, sh, top, dh)
    # Square windows on square images, the common case, need one axis only.
    if rows is columns and kh == kw and sh == sw and top == left and dh == dw:
        return down, down
    return down, _slide_axis(columns, kw, sw, left, dw)


def _slide_axis(lanes: Lanes, kernel: int, stride: int, before: int, dilation: int) -> Lanes:
    reach = (kernel - 1) * dilation - before
    if len(lanes) == 1:
        ((first, last, jump),) = lanes
        return ((first - before * jump, last + reach * jump, jump * stride),)
    return tuple([(first - before * jump, last + reach * jump, jump * stride) for first, last, jump in lanes])


def _union(fields: list[Field]) -> Field:
    downs, acrosses = zip(*fields, strict=True)
    down = _union_axis(downs)
    return (down, down) if acrosses == downs else (down, _union_axis(acrosses))


def _union_axis(axes: tuple[Lanes, ...]) -> Lanes:
    """Lanes of one jump merge for good; lanes of different jumps drift apart and stay separate."""
    merged: dict[int, Lane] = {}
    for lanes in axes:
        for first, last, jump in lanes:
            if jump in merged:
                lowest, highest, _ = merged[jump]
                first = lowest if lowest < first else first
                last = highest if highest > last else last
            merged[jump] = (first, last, jump)
    return tuple(merged.values())


def _extent(lanes: Lanes, size: int) -> int:
    # The union of lanes that drift apart is largest at one end of the map.
    return max(
        max(last + i * jump for _, last, jump in lanes) - min(first + i * jump for first, _, jump in lanes) + 1
        for i in (0, size - 1)
    )
