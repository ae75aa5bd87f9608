"""Claims that only training can decide, each by paired short runs on the digits."""

from __future__ import annotations

from typing import Any

from explorer.backend.claims.runs import accuracy, fresh, settings, train
from explorer.graph.graph import Graph
from explorer.spec.build import build
from explorer.studies import networks
from explorer.studies.claims.edits import pointwise_first

RATES = (0.03, 0.06)
FACTORS = (1, 5, 30)


def learning_rates(seeds: int = 3, epochs: int = 2) -> dict[str, Any]:
    """Claim 13: the better of two rates without BN; then 5 and 30 times it, without and with BN.

    Accuracies on the test images, one a seed.
    """
    plain, normalised = build(networks.INCEPTIONNET), build(networks.NORMALISED)
    tried = {rate: _accuracies(plain, rate, seeds, epochs) for rate in RATES}
    best = max(RATES, key=lambda rate: sum(tried[rate]))
    rows = {1: {"without": tried[best], "with": _accuracies(normalised, best, seeds, epochs)}}
    for factor in FACTORS[1:]:
        rows[factor] = {
            name: _accuracies(graph, factor * best, seeds, epochs)
            for name, graph in (("without", plain), ("with", normalised))
        }
    return {"rate": best, "accuracies": {str(factor): row for factor, row in rows.items()}}


def orders(seeds: int = 4, epochs: int = 3) -> dict[str, Any]:
    """Claim 15: accuracies with depthwise before pointwise and the other way round, seed by seed."""
    graph = build(networks.SEPARABLE)
    return {
        "depthwise first": _accuracies(graph, 0.1, seeds, epochs),
        "pointwise first": _accuracies(pointwise_first(graph), 0.1, seeds, epochs),
    }


def _accuracies(graph: Graph, lr: float, seeds: int, epochs: int) -> list[float]:
    return [accuracy(train(fresh(graph, seed), settings(lr, epochs, seed=seed))) for seed in range(seeds)]
