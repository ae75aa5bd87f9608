"""torchvision's data sets: downloaded once, with progress, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision

from explorer.backend.data import load
from explorer.common.errors import ExplorerError
from explorer.runs import datasets

CPU = torch.device("cpu")
INSTEAD = "the data sets digits, mnist_5k, patterns need no internet"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder."""
    folder = tmp_path / "data"
    monkeypatch.setenv("EXPLORER_DATA", str(folder))
    return folder


class FakeSet:
    """A torchvision data set that writes to its root as the real ones do, or breaks half-way."""

    working = True
    downloads = 0

    def __init__(self, root: Path, train: bool, download: bool = False) -> None:
        file = Path(root) / ("train" if train else "test")
        if download:
            type(self).downloads += 1
            file.write_text("half")
            if not self.working:
                raise URLError("Name or service not known")
            file.write_text("whole")
        if file.read_text() != "whole":
            raise RuntimeError("Dataset not found or corrupted.")
        self.data = np.full((4, 6, 6, 3), 7 if train else 9, np.uint8)
        self.data[0] = 0
        self.targets = [0, 1, 2, 3]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeSet]:
    kind = type("Fake", (FakeSet,), {})
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", kind)
    return kind


def test_without_internet_it_says_what_works_and_leaves_nothing(fake: Any, place: Path) -> None:
    fake.working = False
    with pytest.raises(ExplorerError) as error:
        load("cifar10", CPU)
    assert str(error.value) == (
        "CIFAR-10 is not on this machine and could not be downloaded (<urlopen error Name or service not known>): "
        f"{INSTEAD}"
    )
    assert list(place.iterdir()) == []


def test_a_broken_try_does_not_break_the_next_and_once_is_enough(fake: Any) -> None:
    fake.working = False
    assert not datasets.is_here("cifar10")
    with pytest.raises(ExplorerError):
        load("cifar10", CPU)
    assert not datasets.is_here("cifar10")
    fake.working = True
    first = load("cifar10", CPU)
    assert datasets.is_here("cifar10")
    assert first.train.images.shape == (4, 3, 6, 6)
    assert first.train.labels.tolist() == [0, 1, 2, 3]
    assert first.mean.flatten().tolist() == [5.25] * 3
    downloads = fake.downloads
    load("cifar10", CPU)
    assert fake.downloads == downloads


def test_two_runs_may_download_at_once(fake: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one finds the folder in its way and uses it."""
    theirs = place / "cifar10"

    def meanwhile(root: Path, train: bool, download: bool = False) -> FakeSet:
        if download and not theirs.exists():
            theirs.mkdir()
            fake(theirs, train=True, download=True)
            fake(theirs, train=False, download=True)
        return fake(root, train, download)

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", meanwhile)
    assert load("cifar10", CPU).train.images.shape == (4, 3, 6, 6)
    assert [entry.name for entry in place.iterdir()] == ["cifar10"]


def test_a_damaged_download_is_named_with_its_folder(fake: Any, place: Path) -> None:
    load("cifar10", CPU)
    (place / "cifar10" / "test").write_text("torn")
    with pytest.raises(ExplorerError) as error:
        load("cifar10", CPU)
    assert str(error.value) == (
        "CIFAR-10 on this machine is damaged (Dataset not found or corrupted.): "
        f"remove the folder {place / 'cifar10'}, and the next run downloads it again"
    )


def test_a_reason_of_many_lines_is_cut_to_its_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> SimpleNamespace:
        raise RuntimeError("Error downloading train-images:\nTried http://here, got:\nnothing")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", broken)
    with pytest.raises(ExplorerError, match=rf"downloaded \(Error downloading train-images\): {INSTEAD}$"):
        load("fashion_mnist", CPU)


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that has closed early is no news."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine: its address, and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/", folder
        running.shutdown()
        thread.join()


def idx(values: np.ndarray) -> bytes:
    """An array as MNIST's files hold it, packed."""
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return gzip.compress((0x800 + values.ndim).to_bytes(4, "big") + sizes + values.tobytes(), compresslevel=0)


@pytest.mark.parametrize(("id", "kind"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_a_download_by_torchvision_tells_how_far_it_is(
    id: str,
    kind: str,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The real class, on files in its own format."""
    address, folder = server
    images = np.random.default_rng(0).integers(0, 256, (3_200, 28, 28), np.uint8)
    labels = np.arange(3_200, dtype=np.uint8) % 10
    sums = []
    for part, count in (("train", 3_200), ("t10k", 800)):
        for name, values in ((f"{part}-images-idx3", images), (f"{part}-labels-idx1", labels)):
            packed = idx(values[:count])
            (folder / f"{name}-ubyte.gz").write_bytes(packed)
            sums.append((f"{name}-ubyte.gz", hashlib.md5(packed).hexdigest()))
    source = getattr(torchvision.datasets, kind)
    monkeypatch.setattr(source, "mirrors", [address])
    monkeypatch.setattr(source, "resources", sums)
    loaded = load(id, CPU)
    assert torch.equal(loaded.train.images, torch.from_numpy(images)[:, None])
    assert torch.equal(loaded.held_out.labels, torch.from_numpy(labels[:800]).long())
    title = datasets.info(id).title
    assert capfd.readouterr().err.splitlines() == [
        *(f"{title}: {done} of 3 MB" for done in (1, 2, 3)),
        f"{title}: 1 of 1 MB",
    ]


def test_a_download_that_is_not_what_was_published_is_refused(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    address, folder = server
    (folder / "cifar-10-python.tar.gz").write_bytes(b"something else")
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", f"{address}cifar-10-python.tar.gz")
    with pytest.raises(ExplorerError, match=rf"could not be downloaded \(File not found or corrupted\.\): {INSTEAD}$"):
        load("cifar10", CPU)
    assert list(place.iterdir()) == []
