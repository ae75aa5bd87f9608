"""What the steps of a run leave on the device, read now and then."""

from __future__ import annotations

import time
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from explorer.errors import ExplorerError


class Clock:
    """Seconds of a run, those before it was stopped and resumed included.

    It stands still between two looks, so that all who ask how late it is hear the same.
    """

    def __init__(self, before: float = 0.0) -> None:
        self._zero = time.perf_counter() - before
        self.seconds = before

    def look(self) -> None:
        """Takes in the time that has passed."""
        self.seconds = time.perf_counter() - self._zero


class Meter:
    """Collects losses and right answers without waiting for them, and reads them when it is asked.

    Args:
        lr: the highest learning rate, for the sentence about a loss that is not finite.
    """

    def __init__(self, lr: float) -> None:
        self._lr = lr
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        self._images = 0
        self._last = self._first = time.perf_counter()
        self._all_images = 0
        self.step = 0

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
        right, images, now = int(_together(self._right).sum()), self._images, time.perf_counter()
        rate, self._last = images / (now - self._last), now
        self._all_images += images
        self._images, self._losses, self._right = 0, [], []
        return sum(losses) / len(losses), right / images, rate

    @property
    def rate(self) -> float:
        """Images a second over all that has been read."""
        return self._all_images / (self._last - self._first) if self._all_images else 0.0

    def state(self) -> dict[str, Any]:
        """What has not been read, and how far the run has come."""
        pending = [_together(values).cpu() if values else torch.zeros(0) for values in (self._losses, self._right)]
        return {"step": self.step, "images": self._images, "losses": pending[0], "right": pending[1]}

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes back to what `state` was."""
        self.step, self._images = state["step"], state["images"]
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
            f"a lower one, such as {lr / 10:g}, usually helps"
        )
