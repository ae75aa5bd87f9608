"""Runs of the ledger in a process of their own: found again, kept, and never taken for more than they are."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from explorer.common.errors import ExplorerError
from explorer.runs import client
from explorer.runs.executor import processes
from explorer.studies.claims import CLAIMS, jobs, ledger
from tests.helpers.claims import QUICK, as_printed, keep


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_RUNS", str(tmp_path))
    return tmp_path


def wait() -> None:
    for _ in range(1200):
        job = jobs.latest()
        if job is not None and not job.running:
            return
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def line(id: str) -> ledger.LedgerRow:
    return next(line for line in ledger.lines() if line.claim.id == id)


def test_a_job_from_start_to_what_is_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert jobs.latest() is None
    assert line(QUICK).summary == "needs a short run"
    jobs.start([QUICK])
    (folder,) = (store / "tasks").iterdir()
    worker = psutil.Process(json.loads((folder / processes.PROCESS).read_text())["pid"])
    worker.suspend()
    assert worker.nice() == 19
    with pytest.raises(ExplorerError, match="under way already"):
        jobs.start([QUICK])
    worker.resume()
    monkeypatch.setattr(processes, "_children", {})  # another server finds it by its number
    worker.wait(120)
    wait()
    job = jobs.latest()
    assert job is not None
    assert (job.running, job.failed) == (False, None)
    kept = line(QUICK)
    assert kept.found is not None
    assert kept.when is not None
    assert str(kept.found.verdict).startswith("holds if the scale is positive")
    assert kept.summary == "holds if ..."
    assert client.find() == []  # the training page knows nothing of it


def test_what_was_found_is_shown_next_time(store: Path) -> None:
    keep(store, as_printed(QUICK, "holds"))
    assert line(QUICK).summary == "holds"


def test_another_version_computes_anew(store: Path) -> None:
    keep(store, as_printed(QUICK, "holds"), "000000000000")
    assert line(QUICK).found is None
    assert jobs.latest() is None


@pytest.mark.parametrize("text", ["", "[", '[{"id": "x"}]', "[1]", "{}", "\x00"])
def test_a_torn_file_is_no_finding(store: Path, text: str) -> None:
    keep(store, text)
    assert line(QUICK).found is None


def test_a_job_that_failed_says_why(store: Path) -> None:
    keep(store, "run 1 of 1: claim-12-invariances\nKeyError: 'x'\n", name=processes.LOG)
    job = jobs.latest()
    assert job is not None
    assert not job.running
    assert job.failed == "its process ended early; its last words were: KeyError: 'x'"


def test_an_unknown_claim_is_refused_before_anything_starts(store: Path) -> None:
    with pytest.raises(ExplorerError, match="no claim 'x'"):
        jobs.start(["x"])
    assert not list(store.iterdir())


def test_the_tally_counts_every_line(store: Path) -> None:
    shown = ledger.lines()
    counts = ledger.tally(shown)
    assert sum(counts.values()) == len(CLAIMS)
    assert counts["needs a short run"] == sum(one.needs_run for one in CLAIMS.values())
