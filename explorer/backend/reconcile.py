"""This project's counts beside those of other counters, every difference explained term by term.

Each counter has a convention. The terms between it and ours are computed from the trace's rows,
none by subtraction, so whatever is left over is a difference that nobody has explained. Imports
torch: runs in a worker or on the command line only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from math import prod
from typing import NamedTuple

import torch
import torchinfo
from torch.utils.flop_counter import FlopCounterMode

from explorer.backend.torch_module import GraphModule
from explorer.graph.graph import Graph
from explorer.graph.ops import Conv2d, DepthwiseConv2d, Family, GlobalAvgPool2d, Linear, is_norm
from explorer.graph.trace import NodeTrace, Trace, trace

CONVENTION = (
    "params are trainable values, MACs the multiply-adds of convolutions and linear layers without bias, "
    "activations the values in the output of every node but the image"
)
"""Ours."""


class Term(NamedTuple):
    """A part of a difference.

    Args:
        what: is counted here and not there, or the other way round.
        value: what it adds to our count, negative where it takes away.
    """

    what: str
    value: int


class Count(NamedTuple):
    """One number of one counter.

    Args:
        counter: who counts, with its version.
        measure: what is counted, as the counter calls it.
        convention: what the counter takes it to be, in a sentence.
        what: our own measure that it is held against: `params`, `macs` or `activations`.
        ours: our count.
        terms: what lies between, none of them zero.
        theirs: the counter's own count.
    """

    counter: str
    measure: str
    convention: str
    what: str
    ours: int
    terms: tuple[Term, ...]
    theirs: int

    @property
    def leftover(self) -> int:
        """What the terms do not explain."""
        return self.theirs - self.ours - sum(term.value for term in self.terms)


class Reconciliation(NamedTuple):
    """All counts of one network, and a line for each counter that is not there."""

    counts: tuple[Count, ...]
    missing: tuple[str, ...]


def reconcile(graph: Graph) -> Reconciliation:
    """Counts a network with torchinfo, torch's `FlopCounterMode` and, where installed, fvcore.

    Raises:
        ExplorerError: the graph is not valid.
    """
    rows = trace(graph)
    with torch.device("meta"):
        module = GraphModule(graph).eval()
    counts = [*_torchinfo(module, rows), _flop_counter(module, rows)]
    if find_spec("fvcore") is None:
        return Reconciliation(tuple(counts), ("fvcore is not installed",))
    return Reconciliation((*counts, *_fvcore(module, rows)), ())


_CONVOLUTIONS: tuple[Family, ...] = ("convolution", "depthwise")


def _of(*families: Family) -> Callable[[NodeTrace], bool]:
    return lambda row: row.op.family in families


def _is_biased(row: NodeTrace) -> bool:
    return isinstance(row.op, Conv2d | DepthwiseConv2d | Linear) and row.op.bias


def _terms(*terms: Term) -> tuple[Term, ...]:
    return tuple(term for term in terms if term.value)


def _without(rows: Trace, kept: Callable[[NodeTrace], bool], what: str) -> Term:
    """Outputs that a counter of activations leaves out."""
    return Term(what, -sum(row.activations for row in rows.rows if not kept(row)))


def _torchinfo(module: GraphModule, rows: Trace) -> Iterator[Count]:
    image = torch.empty(1, *module.graph.input_shape, device="meta")
    summary = torchinfo.summary(module, input_data=image, device="meta", mode="eval", verbose=0)
    name, ours = f"torchinfo {torchinfo.__version__}", rows.totals
    yield Count(
        counter=name,
        measure="params",
        convention="params are all trainable values, each module's once",
        what="params",
        ours=ours.params,
        terms=(),
        theirs=summary.total_params,
    )
    biased = [row for row in rows.rows if _is_biased(row)]
    terms = _terms(
        # A bias is added once for every value that the layer makes.
        Term("biases of convolutions, at every position", sum(r.activations for r in biased if _of(*_CONVOLUTIONS)(r))),
        Term("biases of linear layers", sum(r.activations for r in biased if _of("linear")(r))),
        Term("BN scale and shift, once a channel", sum(r.params for r in rows.rows if is_norm(r.op))),
    )
    convention = (
        "mult-adds are the values of each weight and bias, times the positions of the map for convolutions "
        "and once for every other layer, BN included"
    )
    yield Count(
        counter=name,
        measure="mult-adds",
        convention=convention,
        what="macs",
        ours=ours.macs,
        terms=terms,
        theirs=summary.total_mult_adds,
    )
    weighted = _without(rows, lambda row: row.params > 0, "outputs of nodes without parameters")
    yield Count(
        counter=name,
        measure="forward pass",
        convention="the forward pass holds the outputs of layers that have parameters, which it doubles for the "
        "gradient (undone here) and gives in bytes (here values)",
        what="activations",
        ours=ours.activations,
        terms=_terms(weighted),
        theirs=summary.total_output_bytes // (2 * torch.float32.itemsize),
    )


def _flop_counter(module: GraphModule, rows: Trace) -> Count:
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, *module.graph.input_shape, device="meta"))
    macs = rows.totals.macs
    return Count(
        counter=f"torch {version('torch')} FlopCounterMode",
        measure="flops",
        convention="flops are two for each multiply-add of a convolution or a matrix product, bias and all else "
        "left out",
        what="macs",
        ours=macs,
        terms=_terms(Term("the addition beside each multiplication", macs)),
        theirs=counter.get_total_flops(),
    )


def _fvcore(module: GraphModule, rows: Trace) -> Iterator[Count]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is built on torch.jit, which torch has deprecated
        flops, activations, params = _count_by_fvcore(module)
    name, ours = f"fvcore {version('fvcore')}", rows.totals
    yield Count(
        counter=name,
        measure="params",
        convention="params are all trainable values",
        what="params",
        ours=ours.params,
        terms=(),
        theirs=params,
    )
    used = module.graph.ancestors(module.graph.outputs)
    unused = [row for row in rows.rows if row.name not in used]
    live = [row for row in rows.rows if row.name in used]
    terms = _terms(
        Term("nodes that no output needs, which its tracer drops", -sum(row.macs for row in unused)),
        Term("BN, two a value", sum(2 * row.activations for row in live if is_norm(row.op))),
        Term(
            "global average pools, one a value that goes in",
            sum(prod(row.in_shapes[0]) for row in live if isinstance(row.op, GlobalAvgPool2d)),
        ),
    )
    convention = (
        "flops are one for each multiply-add without bias, two for each value that BN normalises, and one for "
        "each value that an adaptive average pool reads"
    )
    yield Count(
        counter=name, measure="flops", convention=convention, what="macs", ours=ours.macs, terms=terms, theirs=flops
    )
    counted = _of(*_CONVOLUTIONS, "linear")
    terms = _terms(
        _without(rows, counted, "outputs of nodes that are neither convolution nor linear layer"),
        Term(
            "nodes that no output needs, which its tracer drops",
            -sum(row.activations for row in unused if counted(row)),
        ),
    )
    convention = "activations are the outputs of convolutions and linear layers only"
    yield Count(
        counter=name,
        measure="activations",
        convention=convention,
        what="activations",
        ours=ours.activations,
        terms=terms,
        theirs=activations,
    )


def _count_by_fvcore(module: GraphModule) -> tuple[int, int, int]:
    """(flops, activations, params). Its tracer needs tensors that hold values; zeros will do."""
    from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis, parameter_count

    module = module.to_empty(device="cpu")
    for values in (*module.parameters(), *module.buffers()):
        values.data.zero_()
    image = torch.zeros(1, *module.graph.input_shape)
    counters = [kind(module, image) for kind in (FlopCountAnalysis, ActivationCountAnalysis)]
    for counter in counters:
        counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    flops, activations = (int(counter.total()) for counter in counters)
    return flops, activations, int(parameter_count(module)[""])
