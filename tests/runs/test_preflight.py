from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.common.errors import ExplorerError
from explorer.graph.trace import Totals
from explorer.runs.config import TrainConfig
from explorer.runs.preflight import check_forward, check_memory, ready, step_memory
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from tests.helpers.networks import TINY

CPU = TrainConfig.make(device="cpu")
GIB = 2**30


def test_the_memory_of_a_step_by_hand() -> None:
    assert step_memory(Totals(1_000, 0, 0, 2_000, 0), 3) == 3 * 2_000 * 4 * 3 // 2 + 1_000 * 4 * 4


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(2, 2048), st.integers(0, 10**12))
def test_the_batch_that_is_advised_fits_and_the_next_does_not(params: int, values: int, batch: int, there: int) -> None:
    totals = Totals(params, 0, 0, values, 0)
    try:
        check_memory(totals, batch, there)
    except ExplorerError as error:
        assert step_memory(totals, batch) > there
        _, found, rest = str(error).partition("a batch of at most ")
        if found:
            advised = int(rest.partition(" a smaller")[0].rstrip(",").replace(",", ""))
            assert step_memory(totals, advised) <= there < step_memory(totals, advised + 1)
            assert 2 <= advised < batch
        else:
            assert step_memory(totals, 2) > there
    else:
        assert step_memory(totals, batch) <= there


def test_a_step_that_does_not_fit_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=GIB))
    spec, config = Spec.make("googlenet"), TrainConfig.make(batch=256, device="cpu")
    totals = analyse(Spec.make("googlenet", classes=10)).trace.totals
    with pytest.raises(ExplorerError) as error:
        ready(spec, config)
    needed, fits = step_memory(totals, 256) / GIB, (GIB - 16 * totals.params) // (6 * totals.activations)
    assert str(error.value) == (
        f"a training step with a batch of 256 needs about {needed:.1f} GiB of memory and 1.0 GiB is free: "
        f"choose a batch of at most {fits}, a smaller input or a smaller network"
    )


def test_no_more_images_are_reckoned_with_than_the_data_has(monkeypatch: pytest.MonkeyPatch) -> None:
    config = TrainConfig.make(batch=2_048, device="cpu")
    totals = analyse(TINY).trace.totals
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=step_memory(totals, 1_438)))
    assert ready(TINY, config).build_config.classes == 10


def test_an_invalid_network_is_refused_as_the_trace_refuses_it() -> None:
    spec = Spec.make("googlenet", input="3x64x64", classes=10)
    refused = []
    for _ in range(2):
        with pytest.raises(ExplorerError) as error:
            ready(spec, CPU)
        refused.append(str(error.value))
    assert set(refused) == {str(analyse(spec).error)}
    assert "avg_pool" in refused[0]


def test_a_network_without_classes_gets_some() -> None:
    assert ready(Spec.make("inception_block", input="3x16x16"), CPU).classes == 10


def test_one_image_is_held_against_the_memory() -> None:
    totals = Totals(2**28, 0, 0, 2**28, 0)
    check_forward(totals, 2 * 2**30)
    with pytest.raises(ExplorerError) as caught:
        check_forward(totals, 2 * 2**30 - 1)
    assert str(caught.value) == (
        "one image through the network needs about 2.0 GiB of memory and 2.0 GiB is free: "
        "choose a smaller input or a smaller network"
    )
