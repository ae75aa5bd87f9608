"""The weights of a finished run: a state dict and nothing else, so that reading one runs no code."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from explorer import limits
from explorer.errors import ExplorerError
from explorer.training.runs import WEIGHTS


def save(model: nn.Module, path: Path) -> None:
    """Keeps the weights of a network that is not too large; the oldest of other runs go first. A full disk
    costs the weights, not the run.
    """
    if sum(parameter.numel() for parameter in model.parameters()) > limits.MAX_KEPT_PARAMS:
        return
    unnamed = path.with_suffix(".part")
    with suppress(OSError, RuntimeError):  # torch's own writer raises the latter
        torch.save({name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}, unnamed)
        unnamed.rename(path)
        kept = sorted(path.parent.parent.glob(f"*/{WEIGHTS}"), key=lambda file: file.stat().st_mtime)
        for old in kept[: -limits.MAX_WEIGHTS_KEPT]:
            old.unlink(missing_ok=True)


def load(path: Path) -> dict[str, Tensor]:
    """The weights in a file.

    Raises:
        ExplorerError: it cannot be read.
    """
    try:
        found: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a torn file leads the reader to
        raise ExplorerError(
            f"the weights of this run cannot be read ({type(error).__name__}): train it again"
        ) from None
    return found
