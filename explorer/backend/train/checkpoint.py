"""What a run leaves on disk of its network: the weights of a finished one, and all that one needs which goes
on later. Reading either runs no code of the file.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.files import by_age, replacing
from explorer.runs.paths import CHECKPOINT, WEIGHTS, RunPaths


def save_weights(model: nn.Module, folder: Path) -> None:
    """Keeps the weights and statistics of a network that is not too large; the oldest of other runs go.

    Raises:
        OSError: the disk does not take them.
    """
    if sum(parameter.numel() for parameter in model.parameters()) > limits.MAX_KEPT_PARAMS:
        return
    values = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    _put(RunPaths(folder).weights, lambda path: save_file(values, path))
    _keep_newest(folder.parent, WEIGHTS)


def load_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a file.

    Raises:
        ExplorerError: it cannot be read.
    """
    try:
        return load_file(path)
    except Exception as error:  # whatever a torn file leads the reader to
        raise ExplorerError(
            f"the weights of this run cannot be read ({type(error).__name__}): train it again"
        ) from None


def save(state: dict[str, Any], folder: Path) -> None:
    """Keeps all that a run needs to go on; the one before stays until this one is whole, and the oldest of
    other runs go, which then go on from their start.

    Raises:
        OSError: the disk does not take it.
    """
    _put(RunPaths(folder).checkpoint, lambda path: torch.save(state, path))
    _keep_newest(folder.parent, CHECKPOINT)


def load(folder: Path) -> dict[str, Any] | None:
    """What `save` kept; None where there is nothing.

    Raises:
        ExplorerError: it cannot be read.
    """
    path = RunPaths(folder).checkpoint
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a torn file leads the reader to
        raise ExplorerError(f"its checkpoint cannot be read ({type(error).__name__})") from None
    return state


def _keep_newest(store: Path, name: str) -> None:
    for old in by_age(store.glob(f"*/{name}"))[: -limits.MAX_WEIGHTS_KEPT]:
        with suppress(OSError):  # it is another run's, and says nothing of this one
            old.unlink(missing_ok=True)


def _put(path: Path, write: Any) -> None:
    try:
        with replacing(path) as whole:
            write(whole)
    except Exception as error:  # the writers raise errors of their own for a full disk
        raise OSError(f"{path.name} could not be written: {error}") from None
