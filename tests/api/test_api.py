"""Every question by GET: the answer is the command line's, and what cannot be used costs a sentence."""

from __future__ import annotations

import json
import os
import random
import time
from urllib.parse import quote, urlencode

import psutil
import pytest

from explorer.api import app as api
from explorer.api.questions import QUESTIONS
from explorer.api.version import version
from explorer.cli import answers, main
from explorer.common import limits
from explorer.edits.rewrites import REWRITES
from explorer.spec.build import valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.asgi import Reply, ask

APP = api.make(["https://friend.example"])
HOSTILE = int(os.environ.get("EXPLORER_HOSTILE", "300"))
"""Queries that are tried; asked for by name where more are wanted."""


def answer(question: str, query: dict[str, str] | str = "") -> bytes:
    reply = ask(APP, f"/{question}", query if isinstance(query, str) else urlencode(query))
    assert reply.status == 200, reply.body
    return reply.body


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> bytes:
    assert main([*argv, "--json"]) == 0
    return capsys.readouterr().out.encode()


def refused(reply: Reply) -> str:
    """The sentence of a refusal."""
    assert 400 <= reply.status < 500
    assert reply.headers["cache-control"] == "no-store"
    sentence = json.loads(reply.body)["error"]
    assert isinstance(sentence, str)
    return sentence


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_architecture_with_every_rewrite(id: str, capsys: pytest.CaptureFixture[str]) -> None:
    for rewrite in ("", *REWRITES):
        query = {"network": id, **({"rewrite": rewrite} if rewrite else {})}
        argv = [id, *(["--rewrite", rewrite] if rewrite else [])]
        assert answer("trace", query) == printed(capsys, "trace", *argv)
    for question in ("rewrites", "code"):
        assert answer(question, {"network": id}) == printed(capsys, question, id)


def test_edits_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    query = {
        "network": "googlenet",
        "module": "inception_3a",
        "input": "64x28x28",
        "classes": "7",
        "branch5x5.conv.kernel_size": "7",
        "layers": "-branch_pool,more.conv:conv3x3:8@branch1x1.conv",
        "rewrite": "batch_norm,grouped:4@branch3x3",
    }
    argv = [
        "trace", "googlenet", "--module", "inception_3a", "--input", "64x28x28", "--classes", "7",
        "--set", "branch5x5.conv.kernel_size=7", "--layer=-branch_pool", "--layer=more.conv:conv3x3:8@branch1x1.conv",
        "--rewrite", "batch_norm", "grouped:4@branch3x3",
    ]  # fmt: skip
    assert answer("trace", query) == printed(capsys, *argv)


def test_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("list") == printed(capsys, "list")
    assert answer("steps") == printed(capsys, "steps")
    assert answer("steps", {"input": "64x14x14"}) == printed(capsys, "steps", "--input", "64x14x14")
    assert answer("compare") == printed(capsys, "compare", "googlenet", "bn_inception")
    sides = {"a": "network=lenet", "b": "network=vgg16&name=ours", "c": "network=alexnet&rewrite=batch_norm"}
    assert answer("compare", sides) == printed(capsys, "compare", *sides.values())


def test_a_comparison_names_what_differs() -> None:
    edited = "network=googlenet&inception_3a.width_5x5=48"
    document = json.loads(answer("compare", {"a": "network=googlenet", "b": edited}))
    before, after = (valid(Spec.make("googlenet", settings=s)) for s in ({}, {"inception_3a.width_5x5": 48}))
    assert [side["params"] for side in document["networks"]] == [before.totals.params, after.totals.params]
    (difference,) = document["differences"]
    assert [module["after"] for module in difference["modules"]] == ["inception_3a", "inception_3b"]
    conv = next(node for node in difference["modules"][0]["nodes"] if node["name"] == "branch5x5.conv")
    assert conv == {
        "name": "branch5x5.conv",
        "kind": "changed",
        "fields": ["out_channels"],
        "before": "Conv 5x5, 32",
        "after": "Conv 5x5, 48",
        "params": 16 * (16 * 25 + 1),
        "macs": 16 * 16 * 25 * 28 * 28,
    }


def test_rows_are_written_as_json_writes_them() -> None:
    """A part at a time, and equal to the whole at once."""
    for id in ("inceptionnet", "mnist_mlp"):
        text = answers.trace(Spec.make(id))
        assert json.dumps(json.loads(text), indent=2) == text


@pytest.mark.parametrize(
    ("question", "query", "sentence"),
    [
        ("trace", "network=goglenet", "there is no architecture 'goglenet'"),
        ("trace", "network=googlenet&input=3x9x9", "an input of 3x193x193 fits"),
        ("trace", "network=googlenet&rewrite=nothing", "there is no rewrite 'nothing'"),
        ("code", "network=lenet&c1.width=0", "c1.width is 0: it must be a whole number from 1 to 1,024"),
        ("list", "network=lenet", "there is no value of this question called 'network'"),
        ("steps", "input=0x1x1", "the number of input channels is 0"),
        ("compare", "a=&b=", "the number of networks to compare is 0: it must be 2 to 4"),
        ("compare", "b=", "the number of networks to compare is 1: it must be 2 to 4"),
        ("compare", "a=lenet", "a network to compare is 'lenet'"),
        ("trace", "network=" + "x" * limits.MAX_TEXT, "the query is too long"),
    ],
)
def test_what_cannot_be_used_costs_a_sentence(question: str, query: str, sentence: str) -> None:
    reply = ask(APP, f"/{question}", query)
    assert reply.status == 422
    assert sentence in refused(reply)


def test_a_network_that_does_not_fit_names_the_node() -> None:
    reply = ask(APP, "/trace", "network=googlenet&input=3x64x64")
    assert json.loads(reply.body)["node"] == "avg_pool"


def test_an_answer_is_kept_as_long_as_the_program_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(APP, "/trace", "network=lenet")
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert first.headers["server-timing"].startswith("answer;dur=")
    assert "set-cookie" not in first.headers
    tag = first.headers["etag"]
    again = ask(APP, "/trace", "network=lenet", if_none_match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert ask(APP, "/trace", "network=vgg16", if_none_match=tag).status == 200
    monkeypatch.setattr(api, "version", lambda: "another")
    assert ask(APP, "/trace", "network=lenet", if_none_match=tag).status == 200
    assert len(version()) == 16


def test_pages_of_other_sites_are_shut_out() -> None:
    assert ask(APP, "/list", origin="http://testserver").status == 200
    assert refused(ask(APP, "/list", origin="https://evil.example")) == "pages of other sites are not answered here"
    assert ask(APP, "/list", sec_fetch_site="cross-site", sec_fetch_mode="no-cors").status == 403
    assert ask(APP, "/list", sec_fetch_site="cross-site", sec_fetch_mode="navigate").status == 200
    friend = ask(APP, "/list", origin="https://friend.example")
    assert friend.headers["access-control-allow-origin"] == "https://friend.example"
    assert "Origin" in friend.headers["vary"]
    assert ask(api.make(), "/list", origin="https://friend.example").status == 403


def test_nothing_else_is_answered() -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert refused(ask(APP, "/list", method=method)) == "only GET is answered here"
    for path in ("/nothing", "/", "/trace/more", "/docs"):
        assert "there is: list, trace, rewrites, compare, code, steps" in refused(ask(APP, path))


def test_the_questions_are_described() -> None:
    described = json.loads(ask(APP, "/openapi.json").body)["paths"]
    assert set(described) == {f"/{name}" for name in QUESTIONS}
    for name, question in QUESTIONS.items():
        get = described[f"/{name}"]["get"]
        assert get["summary"] == question.summary
        assert {*question.keys} <= {parameter["name"] for parameter in get["parameters"]}


PIECES = (
    "network", "googlenet", "inception_v3", "module", "inception_3a", "input", "3x224x224", "rewrite", "batch_norm",
    "layers", "-branch_pool", "conv1.conv.out_channels", "=", "&", ",", "@", ":", ";", ">", "-", "0", "9" * 40, "1e9",
    "%00", "%ff", "\x1f", "é", "\u202e", "a" * 300, "(((((", "aux_heads", "no_reduction", "grouped:32", "None", "{}",
    "../../etc/passwd", "<script>", "${7*7}", "a.b.c.d.e", "name", "nan", "-1", "true",
)  # fmt: skip


def hostile(draw: random.Random) -> tuple[str, str]:
    """A question and a query that nobody would type."""
    question = draw.choice([*QUESTIONS])
    pieces = "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 30)))
    start = draw.choice(["network=googlenet&", "network=inception_resnet_v2&rewrite=", "a=network%3Dgooglenet&b=", ""])
    return question, start + (quote(pieces, safe="=&,@:%") if draw.random() < 0.7 else pieces)


@pytest.mark.slow
def test_hostile_queries_cost_a_sentence_and_no_time(caplog: pytest.LogCaptureFixture) -> None:
    draw, process, slowest = random.Random(1), psutil.Process(), 0.0
    before = 0
    for number in range(HOSTILE):
        question, query = hostile(draw)
        began = time.process_time()
        reply = ask(APP, f"/{question}", query)
        slowest = max(slowest, time.process_time() - began)
        if reply.status != 200:
            assert refused(reply)
        if number == HOSTILE // 2:
            before = process.memory_info().rss
    grown = process.memory_info().rss - before
    print(f"slowest {slowest:.2f} s, grown {grown / 2**20:.0f} MiB")
    assert caplog.records == []
    assert grown < limits.MAX_REMEMBERED
