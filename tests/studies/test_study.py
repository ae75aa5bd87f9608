"""A study as it stands in the store: grouped, measured, stopped, found again."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.cli import main
from explorer.common.errors import ExplorerError
from explorer.draw.charts import experiment as charts
from explorer.runs import client, scheduler, store
from explorer.runs.events import Validation
from explorer.runs.measures import MEASURES
from explorer.studies.experiments import EXPERIMENTS, results, study
from explorer.studies.experiments.conclusion import BETTER, FAILED
from explorer.studies.experiments.makespan import STARTING
from tests.helpers.studies import NAN, ended, keep

BN, LADDER = EXPERIMENTS["batch_norm"], EXPERIMENTS["learning_rates"]
ACCURACIES = {"without BN": (0.90, 0.91, 0.92, 0.91, 0.91), "with BN": (0.95, 0.96, 0.97, 0.96, 0.96)}


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A store of its own, in which nothing is ever started."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    monkeypatch.setattr(scheduler, "schedule", lambda: None)


def finished() -> study.Study:
    return study.load(BN, keep(BN, 3, lambda arm, seed: ACCURACIES[arm][seed]))


def test_a_start_puts_every_arm_and_seed_into_the_queue_seed_by_seed() -> None:
    id = study.start(LADDER, 2, "someone")
    waiting = sorted(client.find(study=id), key=lambda run: run.id)
    wanted = [(arm, seed) for seed in (0, 1) for arm in LADDER.arms]
    assert [run.label for run in waiting] == [f"{arm.name} / seed {seed}" for arm, seed in wanted]
    for run, (arm, seed) in zip(waiting, wanted, strict=True):
        assert run.config == LADDER.configuration(arm, seed)
        assert (run.spec, run.owner, run.state) == (arm.spec, "someone", store.QUEUED)
    ((found, started),) = study.find(LADDER).items()
    first = datetime.fromtimestamp(min(run.submitted for run in waiting), UTC)
    assert (found, started) == (id, study.Started("someone", first))
    assert study.find(BN) == {}


def test_a_start_that_does_not_fit_the_queue_leaves_nothing_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.common.limits.MAX_QUEUED", 3)
    with pytest.raises(ExplorerError, match="3 runs wait"):
        study.start(LADDER, 1, "someone")
    assert client.find() == []


def test_arms_and_seeds_are_told_apart_and_measured() -> None:
    found = finished()
    assert (found.seeds, found.under_way, found.ended, found.share) == ((0, 1, 2), False, 6, 1.0)
    assert found.seconds_left == 0
    without, normalised = results.lines(found)
    assert without.accuracies == ACCURACIES["without BN"][:3]
    assert without.mean == pytest.approx(0.91)
    assert without.spread == pytest.approx(0.01)
    assert without.written == "91.0 ± 1.0 %"
    # Curves are straight lines over three epochs: 0.91 is reached in the last one by both.
    assert (without.reached, normalised.reached) == (None, 3.0)
    (said,) = results.conclusions(found)
    assert said.verdict == BETTER
    assert said.difference == pytest.approx(0.05)


def test_a_band_is_the_mean_and_the_deviation_after_each_epoch() -> None:
    band = results.curves(finished(), "accuracy")["without BN"]
    assert band.epochs == (1, 2, 3)
    assert band.mean == pytest.approx((0.91 / 3, 2 * 0.91 / 3, 0.91))
    assert [high - low for low, high in zip(band.low, band.high, strict=True)] == pytest.approx(
        (0.02 / 3, 0.04 / 3, 0.02)
    )


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5))
def test_a_band_stays_within_what_was_measured(values: list[float]) -> None:
    band = results.band([[Validation(1, 10, value, value, 1.0)] for value in values], "loss")
    assert min(values) <= band.low[0] <= band.mean[0] + 1e-12
    assert band.mean[0] - 1e-12 <= band.high[0] <= max(values)


def test_what_diverged_is_an_answer_and_what_was_lost_is_none() -> None:
    ends = {"x30 without BN": NAN, "BN-x30": "its process was killed by signal 9 (SIGKILL)"}
    found = study.load(LADDER, keep(LADDER, 1, lambda arm, seed: ends.get(arm, 0.95)))
    assert [cell.arm.name for cell in found.cells if cell.diverged] == ["x30 without BN"]
    assert [cell.arm.name for cell in found.cells if cell.broken] == ["BN-x30"]
    assert found.can_resume
    pairs = {(one.first, one.second): one for one in results.conclusions(found)}
    assert ("BN-x30", "x30 without BN") not in pairs
    assert results.lines(found)[4].each == ("diverged",)
    again = study.load(LADDER, keep(LADDER, 1, lambda arm, seed: NAN if arm == "x30 without BN" else 0.95))
    pairs = {(one.first, one.second): one for one in results.conclusions(again)}
    assert pairs["BN-x30", "x30 without BN"].verdict == FAILED
    assert not again.can_resume


def test_time_left_counts_what_waits_on_the_places_there_are() -> None:
    done = study.load(BN, keep(BN, 3, lambda arm, seed: 0.9 if seed == 0 else None))
    pace = 2 * 8.0 / sum(arm.seconds for arm in BN.arms)
    rest = sorted((arm.seconds * pace + STARTING for arm in BN.arms for _ in range(2)), reverse=True)
    assert sum(rest) / 2 <= done.seconds_left <= sum(rest)
    assert math.isclose(done.share, 1 / 3)
    assert (done.ended, done.under_way) == (2, True)


def test_a_study_is_stopped_and_goes_on() -> None:
    id = study.start(BN, 2, "someone")
    study.cancel(study.load(BN, id))
    stopped = study.load(BN, id)
    assert {cell.run.state for cell in stopped.cells} == {store.STOPPED}
    assert stopped.can_resume
    assert not results.conclusions(stopped)
    assert stopped.share == 0
    study.resume(stopped)
    assert {cell.run.state for cell in study.load(BN, id).cells} == {store.QUEUED}


def test_a_run_that_was_deleted_leaves_its_place_empty() -> None:
    id = keep(BN, 2, lambda arm, seed: 0.8 + seed / 10)
    client.delete(next(run.id for run in client.find(study=id) if run.label == f"{BN.arms[0].name} / seed 0"))
    first, other = results.lines(study.load(BN, id))
    assert (first.accuracies, other.accuracies) == ((None, 0.9), (0.8, 0.9))
    assert first.diverged == other.diverged == (False, False)
    assert first.each == ("–", "90.0 %")


def test_arms_of_another_version_are_left_out() -> None:
    id = keep(BN, 1, lambda arm, seed: 0.9)
    ended(BN.arms[0].spec, BN.config, "shell-test", id, "with something else", 0.5)
    ended(BN.arms[0].spec, BN.config, "shell-test", id, "", 0.5)
    assert [cell.arm for cell in study.load(BN, id).cells] == list(BN.arms)


@pytest.mark.parametrize(
    "id", ["", "batch_norm", "batch_norm-1", "learning_rates-20261122-122546-478145-63623831", "../x", "%"]
)
def test_an_id_of_no_study_is_refused(id: str) -> None:
    with pytest.raises(ExplorerError, match=r"there is no study|is none of the experiment"):
        study.load(BN, id)
    assert not study.is_of(BN, id)


def test_a_study_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(ExplorerError, match="is not here any more"):
        study.load(BN, "batch_norm-20261122-122546-478145-63623831")


def test_the_command_line_lists_every_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment"]) == 0
    out = capsys.readouterr().out
    assert all(id in out for id in EXPERIMENTS)
    assert main(["experiment", "list", "--json"]) == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == list(EXPERIMENTS)


def test_the_command_line_runs_one_and_concludes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(spec, config, owner, study, arm):  # type: ignore[no-untyped-def]
        return ended(spec, config, owner, study, arm, ACCURACIES[arm][config.seed])

    monkeypatch.setattr(client, "submit", submit)
    assert main(["experiment", "run", "batch_norm"]) == 0
    out, err = capsys.readouterr()
    assert "“with BN” is better than “without BN” by" in out
    assert "95.0 %, 96.0 %, 97.0 %" in out
    assert err.startswith("study batch_norm-")
    assert main(["experiment", "run", "batch_norm", "--seeds", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [arm["accuracies"] for arm in found["arms"]] == [[0.90, 0.91], [0.95, 0.96]]
    assert found["conclusions"][0]["difference"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("run bn", "there is no experiment 'bn'"),
        ("run batch_norm --seeds 6", "the number of seeds is 6: it must be a whole number from 1 to 5"),
        ("stop batch_norm", "there is no action 'stop'"),
    ],
)
def test_the_command_line_refuses_in_a_sentence(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", *words.split()]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert (out, err.count("\n")) == ("", 1)
    assert not client.find()


def test_charts_draw_each_arm_in_a_style_of_its_own_with_its_band() -> None:
    found = study.load(LADDER, keep(LADDER, 2, lambda arm, seed: 0.9 + seed / 50))
    names = [arm.name for arm in LADDER.arms]
    for measure in MEASURES:
        bands = results.curves(found, measure)
        figure = charts.curves(bands, names, measure, epochs=5, chance=0.1).to_dict()
        lines = [trace for trace in figure["data"] if trace.get("name")]
        assert [trace["name"] for trace in lines] == names
        assert len({(trace["line"]["color"], trace["line"]["dash"]) for trace in lines}) == len(names)
        areas = [trace for trace in figure["data"] if trace.get("fill") == "toself"]
        assert len(areas) == len(names)
        assert all(value > 0 for trace in areas for value in trace["y"])
        empty = charts.curves({}, names, measure, epochs=5, chance=0.1).to_dict()["data"]
        look = [[(trace["name"], trace["line"], len(trace["x"]) > 0) for trace in drawn] for drawn in (lines, empty)]
        assert look[0] == look[1]


def test_the_chart_of_differences_has_an_interval_for_each_that_was_measured() -> None:
    found = study.load(LADDER, keep(LADDER, 3, lambda arm, seed: NAN if arm == "x30 without BN" else 0.9 + seed / 50))
    said = results.conclusions(found)
    (points,) = charts.differences(said).to_dict()["data"]
    measured = [one for one in said if one.verdict != FAILED]
    assert len(measured) == len(said) - 1
    assert list(points["x"]) == pytest.approx([100 * one.difference for one in measured])
    assert list(points["error_x"]["array"]) == pytest.approx([100 * one.margin for one in measured])


def test_one_wide_interval_does_not_squeeze_the_others() -> None:
    accuracies = {"x5 without BN": (0.9, 0.2, 0.9), "Inception": (0.93, 0.92, 0.93)}
    found = study.load(LADDER, keep(LADDER, 3, lambda arm, seed: accuracies.get(arm, (0.95, 0.95, 0.96))[seed]))
    said = results.conclusions(found)
    low, high = charts.differences(said).to_dict()["layout"]["xaxis"]["range"]
    assert max(one.margin for one in said) > 0.5
    assert all(low < 100 * one.difference < high for one in said)
    assert high - low < 100
