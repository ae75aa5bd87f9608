"""What all tests share."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# As many processes run tests as there are cores: more threads, here or in what tests start, would only spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Machines differ in speed, and no test may fail for it.
settings.register_profile("explorer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("explorer")
# For the loop of contributors, which asks for it by name.
settings.register_profile("quick", settings.get_profile("explorer"), max_examples=25)


_LONGEST = ("browser", "backend", "runs")
"""The rooms whose files take the longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that at the end no core waits for one of them."""
    items.sort(key=lambda item: item.path.parent.name not in _LONGEST)


def pytest_collection_finish() -> None:
    """What has been imported stays: the garbage collector, which would walk it again and again, leaves it out."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)  # a network is thousands of objects


def pytest_unconfigure() -> None:
    """Some libraries count at exit what is left."""
    gc.unfreeze()


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keeps torch to one thread: on tiny maps several only wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def own_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remembers nothing of other tests, and leaves nothing to them: for a test that changes the rules."""
    from explorer.common import limits, memory

    monkeypatch.setattr(memory, "MEMORY", memory.Memory(limits.MAX_REMEMBERED))
