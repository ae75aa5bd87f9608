"""The claims page shows every entry at once, and what a link asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.common import formats
from explorer.studies.claims import CLAIMS, jobs
from explorer.studies.claims.ledger import costs
from tests.helpers.claims import as_printed, keep
from tests.helpers.pages import Open, says

PAGE = "pages/claims.py"
MEASURED = "mistake-001-loss"


def text(page: AppTest) -> str:
    return " ".join(block.value for block in (*page.markdown, *page.caption)).replace("\\", "")


def test_it_opens_on_every_entry_with_its_verdict(open_page: Open) -> None:
    page = open_page(PAGE)
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value
    assert list(table["claim"]) == [one.title for one in CLAIMS.values()]
    waiting = [one.needs_run for one in CLAIMS.values()]
    assert [verdict == "… needs a short run" for verdict in table["verdict"]] == waiting
    assert {verdict[0] for verdict in table["verdict"]} == {"✓", "◐", "✗", "…"}


@pytest.mark.parametrize("id", ["claim-05-sizes", "claim-07-small-kernels", "mistake-003-table-widths"])
def test_a_link_opens_a_claim_with_its_evidence_and_stays(open_page: Open, id: str) -> None:
    page = open_page(PAGE, claim=id)
    assert not page.exception
    found = CLAIMS[id].find()
    for words in (CLAIMS[id].text, found.stated, found.computed, found.why):
        assert words in text(page)
    for network, cost in zip(CLAIMS[id].networks, costs(id), strict=True):
        assert network.label in text(page)
        assert formats.number(cost.totals.params) in text(page)
    assert dict(page.query_params) == {"claim": id}


def test_what_is_no_value_of_the_page_is_said_to_be_none(open_page: Open) -> None:
    page = open_page(PAGE, claim="claim-05-sizes", network="inception10")
    assert "no value of this page called 'network'" in says(page)
    assert "claim" in says(page)


def test_an_unknown_claim_is_one_sentence(open_page: Open) -> None:
    page = open_page(PAGE, claim="claim-99")
    assert not page.exception
    assert "there is no claim 'claim-99'" in says(page)
    assert next(iter(CLAIMS.values())).text in text(page)


def test_what_needs_a_run_offers_it(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    page = open_page(PAGE, claim=MEASURED)
    next(button for button in page.button if button.label == "Run this").click().run()
    page.button(key="run all").click().run()
    assert asked == [[MEASURED], [id for id, one in CLAIMS.items() if one.needs_run]]


def test_what_was_measured_is_shown_with_its_date(open_page: Open, tmp_path: Path) -> None:
    keep(tmp_path, as_printed(MEASURED, "does not hold"))
    page = open_page(PAGE, claim=MEASURED)
    assert not page.exception
    assert "measured 20" in text(page)
    assert "Run this" not in [button.label for button in page.button]


def test_a_claim_in_the_link_of_another_page_is_no_setting_of_a_network(open_page: Open) -> None:
    assert "called 'claim'" in says(open_page("pages/build.py", claim="claim-05-sizes"))
