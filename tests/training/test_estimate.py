"""The estimate of a run follows from the pace of runs that have ended."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import theme
from explorer.network import analyse
from explorer.spec import Spec
from explorer.training import datasets
from explorer.training.checks import step_memory
from explorer.training.config import TrainConfig, training_spec
from explorer.training.estimate import GUESS, Pace, Reached, estimate, pace, reached
from explorer.training.records import Done
from explorer.training.run import Images, Run

NET = Spec.make("inception10")
TOTALS = analyse(training_spec(NET, "digits")).trace.totals
RUNS = st.lists(st.builds(Reached, st.integers(1, 10**12), st.floats(1, 1e13)), min_size=1, max_size=12)


def run(state: str = "done", device: str = "cpu", rate: float = 100.0, spec: Spec = NET) -> Run:
    end = Done(0.9, 0.3, 12.5, 1, rate, device, "float32") if state == "done" else None
    return Run("id", "me", "", "", state, spec, TrainConfig(), Images.of("digits"), 0.0, 0.0, None, device, end)


@given(RUNS, st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_larger_network_takes_longer_and_none_is_faster_than_the_best(
    runs: list[Reached], macs: int, more: int
) -> None:
    runs = runs[:5]  # more of them are not looked at
    found, larger = pace(macs, "cpu", runs), pace(macs + more, "cpu", runs)
    assert found.runs == len(runs)
    assert found.macs <= max(GUESS["cpu"], *(one.pace for one in runs)) * (1 + 1e-9)
    assert (macs + more) / larger.macs >= macs / found.macs * (1 - 1e-9)


@given(st.integers(1, 10**9), st.lists(st.floats(1, 1e13), min_size=5, max_size=9))
def test_runs_of_networks_of_this_size_count_before_all_others(macs: int, paces: list[float]) -> None:
    same = [Reached(macs, one) for one in paces[:5]]
    others = [Reached(1000 * macs, 1.0) for _ in paces]
    assert pace(macs, "cpu", [*others, *same]).macs == pytest.approx(median(paces[:5]))


@pytest.mark.parametrize("device", GUESS)
def test_without_a_run_it_is_a_guess(device: str) -> None:
    assert pace(10, device, []) == Pace(GUESS[device], 0)


@given(st.integers(1, 200), st.sampled_from(list(datasets.DATA)), st.floats(1e6, 1e13))
def test_time_is_work_by_pace(epochs: int, data: str, rate: float) -> None:
    config = TrainConfig.make(epochs=epochs, data=data)
    found = estimate(TOTALS, config, Pace(rate, 1))
    assert found.seconds == pytest.approx(TOTALS.macs * 3 * datasets.info(data).train * epochs / rate)
    assert found.epochs == epochs


@given(st.integers(1, 3600), st.floats(1e6, 1e13))
def test_a_time_budget_is_kept_and_comes_to_epochs(seconds: int, rate: float) -> None:
    found = estimate(TOTALS, TrainConfig.make(seconds=seconds), Pace(rate, 1))
    assert found.seconds == seconds
    whole = estimate(TOTALS, TrainConfig.make(epochs=100), Pace(rate, 1))
    assert found.epochs * whole.seconds == pytest.approx(100 * seconds)


def test_memory_is_that_of_a_step_of_no_more_images_than_there_are() -> None:
    assert estimate(TOTALS, TrainConfig.make(batch=64), Pace(1, 0)).memory == step_memory(TOTALS, 64)
    assert estimate(TOTALS, TrainConfig.make(batch=2048), Pace(1, 0)).memory == step_memory(TOTALS, 1438)


def test_only_what_has_ended_on_this_kind_of_device_counts() -> None:
    found = reached([run(), run("stopped"), run("failed"), run(device="cuda"), run(rate=0.0)], "cpu")
    assert found == [Reached(TOTALS.macs, 3 * TOTALS.macs * 100.0)]


def test_a_run_whose_network_is_not_valid_is_left_out() -> None:
    assert reached([run(spec=Spec.make("googlenet", input="3x32x32"))], "cpu") == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.24, "0.2 s"), (0.97, "1 s"), (40.3, "40 s"), (99.4, "99 s"), (150, "2 min"), (5369, "89 min"), (5400, "1.5 h")],
)
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert theme.duration(seconds) == words
