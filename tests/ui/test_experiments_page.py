"""The experiments page shows what stands in the store of runs, and starts and stops through it."""

import re

import pytest

from explorer.common import formats, limits
from explorer.common.articles import named
from explorer.runs import client, scheduler, store
from explorer.runs.executor import warm
from explorer.studies.experiments import EXPERIMENTS, results, study
from tests.helpers.pages import Open, says
from tests.helpers.studies import NAN, keep

PAGE = "pages/experiments.py"
BN, LADDER = EXPERIMENTS["batch_norm"], EXPERIMENTS["learning_rates"]


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for waits for ever."""
    monkeypatch.setattr(scheduler, "schedule", lambda: None)
    monkeypatch.setattr(warm, "prewarm", lambda: None)


def shown(page) -> str:  # type: ignore[no-untyped-def]
    """All text of the page's body, without the escapes."""
    return " ".join(element.value.replace("\\", "") for element in [*page.markdown, *page.caption, *page.info])


def pressed(page, label: str):  # type: ignore[no-untyped-def]
    return next(button for button in page.button if button.label == label).click().run()


@pytest.mark.parametrize("one", EXPERIMENTS.values(), ids=lambda one: one.id)
def test_every_experiment_opens_with_its_question_and_its_costs(open_page: Open, one) -> None:  # type: ignore[no-untyped-def]
    page = open_page(PAGE, experiment=one.id)
    assert not page.exception
    assert not page.error
    text = shown(page)
    assert named(one.question) in text
    assert not re.search(r"\bsource 00", text)
    assert "Not started yet" in text
    for arm in one.arms:
        totals = results.cost(results.network(one, arm))
        assert f"| {arm.name} | {formats.number(totals.params)} | {formats.short(totals.macs)} |" in text


def test_a_start_queues_its_runs_and_stands_in_the_link(open_page: Open) -> None:
    page = open_page(PAGE)
    page.slider[0].set_value(2).run()
    assert "4 runs, about" in shown(page)
    pressed(page, "Start")
    (id,) = study.find(BN)
    assert dict(page.query_params) == {"seeds": "2", "study": id}
    assert "0 of 4 runs have ended" in page.get("progress")[0].proto.text.replace("\\", "")
    assert len([run for run in client.find(study=id) if run.state == store.QUEUED]) == 4
    pressed(page, "Stop")
    assert {run.state for run in client.find(study=id)} == {store.STOPPED}
    pressed(page, "Resume")
    assert {run.state for run in client.find(study=id)} == {store.QUEUED}


def test_a_full_queue_is_said(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_QUEUED", 1)
    page = pressed(open_page(PAGE), "Start")
    assert not page.exception
    assert "1 runs wait" in page.warning[0].value
    assert not any(run.under_way for run in client.find())


def test_a_finished_study_shows_its_conclusion_charts_and_table(open_page: Open) -> None:
    page = open_page(PAGE)
    id = keep(LADDER, 2, lambda arm, seed: NAN if arm == "x30 without BN" else 0.95 + seed / 100)
    page = open_page(PAGE, experiment=LADDER.id)
    assert not page.exception
    text = shown(page)
    for one in results.conclusions(study.load(LADDER, id)):
        assert one.sentence in text
    assert "“x30 without BN” failed to train: it diverged with all 2 seeds. “BN-x30” reached 95.5 %" in text
    assert "| x30 without BN | 21,218 | 364 k | 0.6 | – | – | – | diverged | diverged |" in text
    assert len(page.get("plotly_chart")) == 2
    assert "Finished: 16 of 16 runs" in page.get("progress")[0].proto.text.replace("\\", "")
    assert not [button for button in page.button if button.label in ("Stop", "Resume")]


def test_a_run_that_was_lost_is_said_and_can_go_on(open_page: Open) -> None:
    page = open_page(PAGE)
    keep(BN, 1, lambda arm, seed: "its process was killed by signal 9 (SIGKILL)" if arm == "with BN" else 0.9)
    page = open_page(PAGE)
    assert "with BN / seed 0 was lost: its process was killed by signal 9 (SIGKILL)." in says(page)
    assert "Stopped: 1 of 2 runs" in page.get("progress")[0].proto.text.replace("\\", "")
    assert [button for button in page.button if button.label == "Resume"]


def test_an_earlier_study_is_chosen_by_the_link(open_page: Open) -> None:
    open_page(PAGE)
    ids = [keep(BN, 1, lambda arm, seed, value=value: value) for value in (0.8, 0.9)]  # type: ignore[misc]
    assert "80.0 %" in shown(open_page(PAGE, study=ids[0]))
    assert "90.0 %" in shown(open_page(PAGE))
    gone = open_page(PAGE, study=f"{ids[0][:-8]}00000000")
    assert "is not here any more" in shown(gone)
    assert "90.0 %" in shown(gone)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("experiment", "bn", "there is no experiment"),
        ("seeds", "6", "seeds is 6: it must be a whole number from 0 to 5"),
        ("measure", "speed", "there is no measure"),
        ("study", "x" * 81, "at most 80 printable characters"),
    ],
)
def test_a_wrong_link_is_answered_in_a_sentence(open_page: Open, key: str, value: str, words: str) -> None:
    page = open_page(PAGE, **{key: value})
    assert not page.exception
    assert words in says(page)


def test_a_presenter_hides_what_is_not_wanted(open_page: Open) -> None:
    open_page(PAGE)
    keep(BN, 1, lambda arm, seed: 0.9)
    page = open_page(PAGE, hide="text,arms,start,chart,table,conclusion")
    assert not page.exception
    assert not page.get("plotly_chart")
    assert not [button for button in page.button if button.label == "Start"]
    assert "|" not in shown(page)
    assert "No difference shown" not in shown(page)
