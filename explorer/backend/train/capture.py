"""The work of a step as one CUDA graph, where that is faster.

An Inception network is many small kernels, and to start each from Python can take longer than to run it. A
graph starts all of them at once, with the same arithmetic. Whether that pays depends on the network and the
GPU, so the first steps of a run are timed both ways, and the faster one does the rest.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

import torch
from torch import Tensor

Work = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""A step: images and labels in, its loss and the number of right answers out."""
UNTIMED, TIMED = 11, 20
"""Steps that only warm up what they use (as torch asks for before a capture), and steps that are timed."""


def capture(work: Work, images: Tensor, labels: Tensor) -> Work:
    """The work as a graph, recorded but not yet run, for tensors of these sizes.

    Raises:
        RuntimeError: something in it cannot be recorded.
    """
    images, labels = images.clone(), labels.clone()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work(images, labels)

    def replay(now: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
        images.copy_(now)
        labels.copy_(answers)
        graph.replay()
        loss, right = result
        return loss.clone(), right.clone()

    return replay


def clock() -> float:
    """Seconds, once the GPU has done all that it was asked to."""
    torch.cuda.synchronize()
    return time.perf_counter()


class Fastest:
    """Does the work as it is, then captured, and from then on the faster way. Every call is a step.

    Args:
        work: of a step.
        capture: makes the other way of doing it.
        clock: tells the time.
    """

    def __init__(
        self,
        work: Work,
        capture: Callable[[Work, Tensor, Tensor], Work] = capture,
        clock: Callable[[], float] = clock,
    ) -> None:
        self._plain = self._now = work
        self._capture, self._clock = capture, clock
        self._calls = 0
        self._began = self._seconds = 0.0

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """One step."""
        if self._calls in (UNTIMED, UNTIMED + 2 * TIMED):
            self._began = self._clock()
        if self._calls == UNTIMED + TIMED:
            self._seconds = self._clock() - self._began
            self._now = self._captured(images, labels)
        if self._calls == UNTIMED + 3 * TIMED and self._clock() - self._began >= self._seconds:
            self._now = self._plain
        self._calls += 1
        return self._now(images, labels)

    def _captured(self, images: Tensor, labels: Tensor) -> Work:
        try:
            return self._capture(self._plain, images, labels)
        except RuntimeError as error:
            with suppress(OSError):  # a full disk takes no log
                print(f"a CUDA graph was not possible: {error}", file=sys.stderr, flush=True)
            return self._plain
