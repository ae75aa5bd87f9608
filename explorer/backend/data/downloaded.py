"""torchvision's data sets, downloaded at their first use.

CIFAR-10's files are pickles, which could run code as they are read: torchvision holds each against an MD5 sum
in its own source first, at the download and at every reading.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch

from explorer.backend.data.split import Split
from explorer.common.errors import ExplorerError
from explorer.common.files import replacing
from explorer.runs import datasets, own_images

_PATIENCE = 30.0
"""Seconds that a server may say nothing."""
_MB = 1_000_000


def read(id: str, name: str) -> tuple[Split, Split]:
    """The training and the held-out images of a set, as they are published.

    Args:
        id: of the set.
        name: of its class in `torchvision.datasets`.

    Raises:
        ExplorerError: it cannot be downloaded, or what was downloaded is damaged.
    """
    from torchvision import datasets as published

    kind = getattr(published, name)
    folder, title = own_images.root() / id, datasets.info(id).title
    if not folder.exists():
        _download(kind, folder, title)
    try:
        return _split(kind(folder, train=True)), _split(kind(folder, train=False))
    except Exception as error:  # whatever torn files lead torchvision to
        raise ExplorerError(
            f"{title} on this machine is damaged ({_cause(error)}): remove the folder {folder}, "
            "and the next run downloads it again"
        ) from None


def _download(kind: Any, folder: Path, title: str) -> None:
    """Downloads beside the folder and moves it into place whole, so a broken try leaves nothing."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with replacing(folder) as whole, _told(title):
            whole.mkdir()
            kind(whole, train=True, download=True)
            kind(whole, train=False, download=True)
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        if not folder.exists():  # else another run was faster
            others = ", ".join(id for id, entry in datasets.SETS.items() if not entry.info.needs_internet)
            raise ExplorerError(
                f"{title} is not on this machine and could not be downloaded ({_cause(error)}): "
                f"the data sets {others} need no internet"
            ) from None


@contextmanager
def _told(title: str) -> Iterator[None]:
    """Says how far a download has come in lines, in place of torchvision's bar, and gives up on a silent server."""
    from torchvision.datasets import utils

    bar, patience = utils.tqdm, socket.getdefaulttimeout()
    utils.tqdm = partial(_Lines, title)
    socket.setdefaulttimeout(_PATIENCE)
    try:
        yield
    finally:
        utils.tqdm = bar
        socket.setdefaulttimeout(patience)


class _Lines:
    """A line on stderr for every further megabyte of a file: `CIFAR-10: 45 of 170 MB`.

    Args:
        title: of the data set.
        total: bytes of the file, where the server tells.
    """

    def __init__(self, title: str, total: int | None = None, **_: object) -> None:
        self._title, self._done, self._said = title, 0, 0
        self._of = f" of {round(total / _MB)}" if total else ""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, bytes_: int) -> None:
        """So many more have come."""
        self._done += bytes_
        if round(self._done / _MB) > self._said:
            self._said = round(self._done / _MB)
            with suppress(OSError):  # the log may stand on a disk that is full, which the download will say
                print(f"{self._title}: {self._said}{self._of} MB", file=sys.stderr, flush=True)


def _cause(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(":") or type(error).__name__


def _split(source: Any) -> Split:
    images = torch.as_tensor(source.data)
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return Split(images.contiguous(), torch.as_tensor(source.targets).long())
