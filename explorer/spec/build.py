"""From what a person chose to the network itself: its graph, its trace, and what would mend it."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.memory import remembered
from explorer.edits.layers import with_changes, with_values
from explorer.edits.rewrites import REWRITES, AppliedRewrite, apply
from explorer.graph.graph import Graph, graph_bytes
from explorer.graph.trace import Trace, partial_trace
from explorer.spec.spec import Spec


@remembered(graph_bytes)
def build(spec: Spec) -> Graph:
    """The network of a spec: the zoo's graph, its layers edited, then rewritten.

    Raises:
        ExplorerError: a layer that is edited, or a rewrite's prefix, is not in the network.
    """
    return apply(edited(spec), spec.rewrites)


@remembered(graph_bytes)
def edited(spec: Spec) -> Graph:
    """The network of a spec before its rewrites: what a layer's value is changed in.

    Raises:
        ExplorerError: a layer that is edited is not in the network.
    """
    return with_values(with_changes(spec.start, spec.layers), spec.values)


@remembered(len)
def changing(spec: Spec, prefix: str = "") -> frozenset[str]:
    """The rewrites that change a spec's network when each is kept to a prefix."""
    graph = build(spec)
    return frozenset(rewrite for rewrite in REWRITES if apply(graph, [AppliedRewrite(rewrite, prefix)]) != graph)


class Analysis(NamedTuple):
    """A network's rows, as far as it is valid, and what is wrong with it, if anything."""

    trace: Trace
    error: ExplorerError | None


@remembered(lambda found: 100 * len(found.trace.rows))
def analyse(spec: Spec) -> Analysis:
    """The trace of a spec's network, up to the node that fails where one does.

    Raises:
        ExplorerError: there is no network at all, as with an unknown prefix.
    """
    trace, error = partial_trace(build(spec))
    if error is not None:
        error = ExplorerError(f"{error}{_advice(spec)}", node=error.node)
    return Analysis(trace, error)


def valid(spec: Spec) -> Trace:
    """The trace of a spec's whole network.

    Raises:
        ExplorerError: the network is not valid; the sentence says what input would do.
    """
    trace, error = analyse(spec)
    if error is not None:
        raise error.with_traceback(None)  # a cached error would collect a traceback each time
    return trace


def _advice(spec: Spec) -> str:
    """What input would do, for a network that does not fit its own; empty where no size mends it."""
    channels, height, width = spec.build_config.input_shape
    side = _fitting_side(spec, min(height, width))
    return f"; an input of {channels}x{side}x{side} fits" if side else ""


def _fits(spec: Spec) -> bool:
    return partial_trace(build(spec))[1] is None


def _fitting_side(spec: Spec, side: int) -> int | None:
    """The smallest square image from `side` up that the network fits; None where there is none."""
    channels = spec.build_config.input_shape[0]

    def fits(side: int) -> bool:
        return _fits(spec.with_(input=(channels, side, side)))

    if fits(side):
        return side
    # Doubled, for far too large an input fails as well, at the caps.
    small, large = side, 2 * side
    while large <= limits.MAX_SIDE and not fits(large):
        small, large = large, 2 * large
    return None if large > limits.MAX_SIDE else small + bisect_left(range(small, large), True, key=fits)


def at_size(spec: Spec, side: int) -> Spec:
    """The spec on images of `side` x `side` pixels, or as little more as it needs, with each window that
    is a setting shrunk to the largest that still fits.
    """
    windows = [key for key in spec.base.settings if key.endswith("kernel_size")]
    # From the smallest up, so that of two windows that are too large neither stands in the other's way.
    fit = spec.with_(settings={**dict(spec.settings), **dict.fromkeys(windows, 1)})
    side = _fitting_side(fit, side) or side
    fit = fit.with_(input=(spec.build_config.input_shape[0], side, side))
    for key in windows:
        sizes = range(spec.build_config.settings[key], 0, -1)
        larger = (fit.with_setting(key, size) for size in sizes)
        fit = next((candidate for candidate in larger if _fits(candidate)), fit)
    return fit
