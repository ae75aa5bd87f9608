"""What the steps of a run leave on the device, read now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from explorer.common.errors import DIVERGED, ExplorerError


class Clock:
    """Seconds of a run, those before it was stopped and resumed included.

    It stands still between two looks, so that all who ask how late it is hear the same.
    """

    def __init__(self, before: float = 0.0) -> None:
        self._zero = time.perf_counter() - before
        self.seconds = before

    def tick(self) -> None:
        """Takes in the time that has passed."""
        self.seconds = time.perf_counter() - self._zero


class Meter:
    """Collects losses and right answers without waiting for them, and reads them when it is asked. Its rates are
    those of the steps: what else a run does, such as a test, is left out of their time.

    Args:
        lr: the highest learning rate, for the sentence about a loss that is not finite.
    """

    def __init__(self, lr: float) -> None:
        self._lr = lr
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        self._images = self._all_images = self.step = 0
        self._busy = self._all_busy = 0.0
        self._since = time.perf_counter()

    @property
    def pending(self) -> int:
        """Steps that have not been read."""
        return len(self._losses)

    def add(self, images: int, loss: Tensor, right: Tensor) -> None:
        """Takes in a step without waiting for it."""
        self.step += 1
        self._images += images
        self._losses.append(loss)
        self._right.append(right)

    def read(self) -> tuple[float, float, float]:
        """(mean loss, share of right answers, images a second) over the steps since the last reading.

        Raises:
            ExplorerError: a loss is not finite; the sentence names the step.
        """
        losses = _together(self._losses).tolist()
        for step, loss in enumerate(losses, start=self.step - len(losses) + 1):
            require_finite(loss, f"at step {step}", self._lr)
        right, images = int(_together(self._right).sum()), self._images
        self._stand()
        busy = self._busy
        self._all_images += images
        self._all_busy += busy
        self._images, self._losses, self._right, self._busy = 0, [], [], 0.0
        return sum(losses) / len(losses), right / images, images / busy

    @property
    def rate(self) -> float:
        """Images a second over all that has been read."""
        return self._all_images / self._all_busy if self._all_images else 0.0

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While the run does something else than its steps, which a GPU may still have to come to the end of."""
        for loss in self._losses[-1:]:
            loss.item()
        self._stand()
        yield
        self._since = time.perf_counter()

    def _stand(self) -> None:
        """Takes in the time that has passed since it was looked at."""
        now = time.perf_counter()
        self._busy, self._since = self._busy + now - self._since, now

    def state(self) -> dict[str, Any]:
        """What has not been read, and how far the run has come."""
        pending = [_together(values).cpu() if values else torch.zeros(0) for values in (self._losses, self._right)]
        counts = {"step": self.step, "images": self._images, "busy": self._busy}
        return {**counts, "losses": pending[0], "right": pending[1]}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes back to what `state` was."""
        self._since = time.perf_counter()
        self.step, self._images, self._busy = state["step"], state["images"], state["busy"]
        self._losses, self._right = list(state["losses"]), list(state["right"])


def _together(values: list[Tensor]) -> Tensor:
    """All of them on the device of the newest: those that come out of a checkpoint are on the CPU."""
    return torch.stack([value.to(values[-1].device) for value in values])


def require_finite(loss: float, where: str, lr: float) -> None:
    """Raises ExplorerError for a loss that is infinite or not a number, with what usually helps."""
    if not isfinite(loss):
        became = "NaN" if loss != loss else "infinite"
        raise ExplorerError(
            f"the loss became {became} {where} with a learning rate of {lr:g}: "
            f"a lower one, such as {lr / 10:g}, usually helps",
            kind=DIVERGED,
        )
