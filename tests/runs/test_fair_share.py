import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.backend import worker
from explorer.common.errors import ExplorerError
from explorer.runs import devices
from explorer.runs.fair_share import Waiting, order

owners = st.sampled_from("abc")
queues = st.lists(owners, max_size=12).map(lambda found: [Waiting(f"{n:03}", owner) for n, owner in enumerate(found)])
served = st.dictionaries(owners, st.floats(0, 100))


def test_ten_runs_of_one_keep_nobody_else_waiting() -> None:
    crowd = [Waiting(f"{n:03}", "busy") for n in range(10)]
    late = Waiting("999", "late")
    assert order([*crowd, late], [], {})[1] == late
    assert order([*crowd, late], ["busy"], {"busy": 5.0})[0] == late


@given(queues, st.lists(owners, max_size=3), served)
def test_everybody_comes_once_and_each_owner_in_the_order_asked(
    waiting: list[Waiting], under_way: list[str], served: dict[str, float]
) -> None:
    found = order(waiting, under_way, served)
    assert sorted(found) == sorted(waiting)
    for owner in "abc":
        own = [run for run in found if run.owner == owner]
        assert own == sorted(own)


@given(queues, st.lists(owners, max_size=3), served)
def test_nobody_gets_two_places_more_than_another_who_waits(
    waiting: list[Waiting], under_way: list[str], served: dict[str, float]
) -> None:
    """Counted with what is under way, at every point of the queue."""
    has = {owner: under_way.count(owner) for owner in "abc"}
    left = list(waiting)
    for run in order(waiting, under_way, served):
        assert has[run.owner] == min(has[other.owner] for other in left)
        has[run.owner] += 1
        left.remove(run)


@given(queues, st.permutations(range(12)), served)
def test_the_order_in_which_the_queue_is_read_does_not_matter(
    waiting: list[Waiting], places: list[int], served: dict[str, float]
) -> None:
    shuffled = [waiting[place] for place in places if place < len(waiting)]
    assert order(shuffled, [], served) == order(waiting, [], served)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts an `nvidia-smi` that does this in the place of the machine's."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv(devices.ALLOWED, raising=False)

    def write(script: str) -> None:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
        devices.gpus.cache_clear()

    monkeypatch.setattr(devices, "_PATIENCE", 0.3)
    return write


FOUR = (
    "for n in 0 1 2 3; do echo \"GPU $n: NVIDIA X (UUID: GPU-$n)\"; echo '  MIG 1g.5gb Device 0: (UUID: MIG-0)'; done"
)


@pytest.mark.parametrize(
    ("allowed", "slots"),
    [
        (None, ["0", "1", "2", "3"]), ("2,0", ["2", "0"]), (" 3 ", ["3"]), ("", []), ("-1", []), ("1,9,2", ["1"]),
        ("GPU-5f, 1", ["GPU-5f", "1"]), ("none", []),
    ],
)  # fmt: skip
def test_each_gpu_that_may_be_used_is_a_place(
    driver: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, allowed: str | None, slots: list[str]
) -> None:
    driver(FOUR)
    if allowed is not None:
        monkeypatch.setenv(devices.ALLOWED, allowed)
    assert devices.slots(devices.CUDA, at_once=2) == [f"cuda:{slot}" for slot in slots]
    assert devices.kind("auto") == (devices.CUDA if slots else devices.CPU)
    devices.gpus.cache_clear()


@pytest.mark.parametrize(
    "script", ["exit 9", "echo 'NVIDIA-SMI has failed because it could not talk to the driver'", "printf '\\377\\0'",
               "exec sleep 60"],
)  # fmt: skip
def test_a_driver_that_does_not_answer_well_has_no_gpu(driver: Callable[[str], None], script: str) -> None:
    driver(script)
    assert devices.slots(devices.CUDA, at_once=2) == []
    assert devices.required("auto") == devices.CPU
    with pytest.raises(ExplorerError, match="this machine has no GPU that CUDA can use: choose the device auto or cpu"):
        devices.required("cuda")
    devices.gpus.cache_clear()


def test_what_a_worker_starts_may_use_every_gpu_again(
    driver: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver(FOUR)
    for before in (None, "2,0"):
        if before:
            monkeypatch.setenv(devices.ALLOWED, before)
        for slot, seen in (("cuda:2", "2"), ("cpu:1", "")):
            with worker._only(slot):
                assert os.environ[devices.ALLOWED] == seen
                assert len(devices.gpus()) == (2 if before else 4)
            assert os.environ.get(devices.ALLOWED) == before
        devices.gpus.cache_clear()
