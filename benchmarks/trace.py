"""How fast is a full trace? This project's walk against `torchinfo.summary`, in one run.

    python benchmarks/trace.py [ARCHITECTURE]

Both look at the same network: the walk at the graph, torchinfo at the module built from it, on meta
tensors, so that no arithmetic on data is timed. Rounds alternate, so that a change of the machine's
speed meets both; medians and the ratio of each round are reported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
import torchinfo

from explorer.backend.torch_module import GraphModule
from explorer.graph.trace import trace
from explorer.spec.build import build
from explorer.spec.spec import Spec

ROUNDS = 25
TRACES = 40
"""Traces a round: one alone is too short for the clock."""


def seconds(call: Callable[[], object], times: int) -> float:
    """Mean duration of one call."""
    start = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - start) / times


def main(id: str) -> None:
    graph = build(Spec.make(id))
    with torch.device("meta"):
        module = GraphModule(graph).eval()
    image = (1, *graph.input_shape)

    def summary() -> object:
        return torchinfo.summary(module, image, device="meta", verbose=0)

    ours, theirs = trace(graph).totals.params, summary().total_params  # also warms both up
    assert ours == theirs, f"they disagree: {ours} and {theirs}"
    rounds = [(seconds(lambda: trace(graph), TRACES), seconds(summary, 1)) for _ in range(ROUNDS)]
    ratios = sorted(slow / fast for fast, slow in rounds)
    print(f"{id}: {len(graph.nodes)} nodes, {ours:,} params in both")
    print(f"trace              {1e3 * median(fast for fast, _ in rounds):8.3f} ms (median of {ROUNDS} rounds)")
    print(f"torchinfo.summary  {1e3 * median(slow for _, slow in rounds):8.3f} ms")
    print(f"ratio              {median(ratios):8.0f} x (from {ratios[0]:.0f} to {ratios[-1]:.0f})")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "googlenet")
