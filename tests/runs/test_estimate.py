"""The estimate of a run follows from the pace of runs that have ended."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.common import formats
from explorer.graph.trace import Totals
from explorer.runs import datasets
from explorer.runs.config import TrainConfig, training_spec
from explorer.runs.estimate import COSTS, Pace, Reached, Work, estimate, pace, reached, work
from explorer.runs.events import Finished
from explorer.runs.preflight import step_memory
from explorer.runs.run import Images, Run
from explorer.spec.spec import Spec

NET = Spec.make("inception10")
WORK = work(training_spec(NET, "digits"))
assert WORK is not None
RUNS = st.lists(st.builds(Reached, st.integers(0, 10**12), st.floats(1e-3, 1e3)), min_size=1, max_size=12)
SIZES = st.integers(0, 10**9)
WORKS = st.builds(Work, st.integers(1, 10_000), st.builds(Totals, SIZES, st.just(0), SIZES, SIZES, st.just(0)))


def run(state: str = "done", device: str = "cpu", rate: float = 100.0, spec: Spec = NET) -> Run:
    end = Finished(0.9, 0.3, 12.5, 1, rate, device, "float32") if state == "done" else None
    return Run("id", "me", "", "", state, spec, TrainConfig(), Images.of("digits"), 0.0, 0.0, None, device, end)


@given(WORKS, WORKS, st.integers(2, 2_048), st.sampled_from(list(COSTS)))
def test_what_asks_for_more_takes_longer_and_an_image_less_in_a_larger_batch(
    one: Work, more: Work, batch: int, device: str
) -> None:
    both = Work(one.nodes + more.nodes, Totals(*(a + b for a, b in zip(one.totals, more.totals, strict=True))))
    apart = one.seconds(batch, device) + more.seconds(batch, device)
    assert both.seconds(batch, device) == pytest.approx(apart)
    assert one.seconds(batch, device) <= one.seconds(batch + 1, device)
    assert one.seconds(batch, device) / batch >= one.seconds(batch + 1, device) / (batch + 1) * (1 - 1e-9)


@given(RUNS, st.integers(0, 10**12))
def test_a_pace_is_one_that_was_reached_or_between_two(runs: list[Reached], macs: int) -> None:
    found = pace(macs, runs)
    assert found.runs == min(len(runs), 5)
    assert min(one.times for one in runs) <= found.times <= max(one.times for one in runs)


@given(st.integers(1, 10**9), st.lists(st.floats(1e-3, 1e3), min_size=5, max_size=9))
def test_runs_of_networks_of_this_size_count_before_all_others(macs: int, times: list[float]) -> None:
    same = [Reached(macs, one) for one in times[:5]]
    others = [Reached(1000 * macs, 1.0) for _ in times]
    assert pace(macs, [*others, *same]).times == pytest.approx(median(times[:5]))


def test_without_a_run_it_is_a_guess() -> None:
    assert pace(10, []) == Pace(1.0, 0)


@given(st.floats(1, 1e4), st.integers(1, 200), st.sampled_from(list(datasets.SETS)), st.integers(2, 512))
def test_a_run_takes_what_one_like_it_has_taken(rate: float, epochs: int, data: str, batch: int) -> None:
    """Its steps at their rate, and a forward pass over the held-out images after each epoch."""
    config = TrainConfig.make(epochs=epochs, data=data, batch=batch)
    before = run(rate=rate)._replace(config=config, images=Images.of(data), spec=NET)
    (one,) = reached([before], "cpu")
    found = estimate(work(before.network), config, "cpu", pace(one.macs, [one]))
    info = datasets.info(data)
    images = config.batches * min(batch, info.train) + info.held_out / 3
    assert found.seconds == pytest.approx(epochs * images / rate)
    assert found.epochs == pytest.approx(epochs)
    assert found.pace.runs == 1


@given(st.integers(1, 3600), st.floats(1e-3, 1e3), st.sampled_from(list(COSTS)))
def test_a_time_budget_is_kept_and_comes_to_epochs(seconds: int, times: float, device: str) -> None:
    found = estimate(WORK, TrainConfig.make(seconds=seconds), device, Pace(times, 1))
    assert found.seconds == seconds
    whole = estimate(WORK, TrainConfig.make(epochs=100), device, Pace(times, 1))
    assert found.epochs * whole.seconds == pytest.approx(100 * seconds)


def test_memory_is_that_of_a_step_of_no_more_images_than_there_are() -> None:
    for batch, images in ((64, 64), (2_048, 1_438)):
        found = estimate(WORK, TrainConfig.make(batch=batch), "cpu", Pace(1, 0))
        assert found.memory == step_memory(WORK.totals, images)


def test_only_what_has_ended_on_this_kind_of_device_counts() -> None:
    found = reached([run(), run("stopped"), run("failed"), run(device="cuda"), run(rate=0.0)], "cpu")
    assert found == [Reached(WORK.totals.macs, 32 / 100.0 / WORK.seconds(32, "cpu"))]


def test_a_run_whose_network_is_not_valid_is_left_out() -> None:
    assert reached([run(spec=Spec.make("googlenet", input="3x32x32"))], "cpu") == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.24, "0.2 s"), (0.97, "1 s"), (40.3, "40 s"), (99.4, "99 s"), (150, "2 min"), (5369, "89 min"), (5400, "1.5 h")],
)
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert formats.duration(seconds) == words
