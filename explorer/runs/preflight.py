"""What is held against a run before torch is imported or a tensor allocated."""

from __future__ import annotations

import psutil

from explorer.common.errors import ExplorerError
from explorer.graph.trace import Totals
from explorer.runs.config import TrainConfig, training_spec
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec

_BYTES = 4
_PARAM_COPIES = 4
"""Weight, gradient, and Adam's two moments."""
_GIB = 2**30


def image_memory(totals: Totals) -> int:
    """Bytes that a training step needs for each image of its batch.

    Every activation is kept until its gradient is known; gradients, pooling indices and work space
    come on top. The peak was measured at 1.3 to 1.5 times the activations over the zoo.
    """
    return totals.activations * _BYTES * 3 // 2


def step_memory(totals: Totals, batch: int) -> int:
    """Bytes that a training step needs, parameters and optimiser included."""
    return image_memory(totals) * batch + totals.params * _BYTES * _PARAM_COPIES


def check_memory(totals: Totals, batch: int, available: int | None = None) -> None:
    """Holds a training step against the memory there is.

    Args:
        totals: of the network.
        batch: images a step.
        available: bytes; what the machine has free where None.

    Raises:
        ExplorerError: it does not fit; the sentence says how much is needed and what to lower.
    """
    available = psutil.virtual_memory().available if available is None else available
    needed = step_memory(totals, batch)
    if needed <= available:
        return
    fits = (available - step_memory(totals, 0)) // image_memory(totals)
    advice = f"a batch of at most {fits:,}, a smaller input" if fits >= 2 else "a smaller input"
    raise ExplorerError(
        f"a training step with a batch of {batch:,} needs about {needed / _GIB:.1f} GiB of memory and "
        f"{available / _GIB:.1f} GiB is free: choose {advice} or a smaller network"
    )


def check_forward(totals: Totals, available: int | None = None) -> None:
    """Holds one pass of one image through a network against the memory there is.

    Args:
        totals: of the network.
        available: bytes; what the machine has free where None.

    Raises:
        ExplorerError: it does not fit; the sentence says how much is needed.
    """
    available = psutil.virtual_memory().available if available is None else available
    needed = (totals.params + totals.statistics + totals.activations) * _BYTES
    if needed > available:
        raise ExplorerError(
            f"one image through the network needs about {needed / _GIB:.1f} GiB of memory and "
            f"{available / _GIB:.1f} GiB is free: choose a smaller input or a smaller network"
        )


def ready(spec: Spec, config: TrainConfig) -> Spec:
    """The network as it will be trained, once everything about the run has been checked.

    Memory is checked for "cpu" and "auto" here; what a GPU has is known to the worker only.

    Raises:
        ExplorerError: the network is not valid, has no class scores or too few, or does not fit.
    """
    spec = training_spec(spec, config.data)
    trace = valid(spec)
    graph = build(spec)
    scores = graph.outputs[0]
    if len(graph.shapes[scores]) != 1:
        raise ExplorerError(
            f"{scores} makes a map {graph.shapes[scores]}: training needs a network that ends in classes"
        )
    if config.device != "cuda":
        check_memory(trace.totals, min(config.batch, config.info.train))
    return spec
