from __future__ import annotations

import argparse
import csv
import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given

from explorer import __version__
from explorer.analysis import tables
from explorer.cli import _parser, main
from explorer.common.errors import ExplorerError
from explorer.edits.layers import FIELDS
from explorer.edits.rewrites import REWRITES
from explorer.graph.graph import Graph
from explorer.graph.source import source
from explorer.graph.trace import partial_trace, trace
from explorer.lessons.inception_to_xception import steps
from explorer.runs.config import TrainConfig
from explorer.runs.events import Finished, Progress, Validation, kind
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.strategies import small_inputs, specs

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "list", "trace", "verify", "reconcile", "rewrites", "compare", "steps", "picture", "code", "onnx", "train", "data",
    "submit", "runs", "experiment", "field", "features", "batchnorm", "claims",
)  # fmt: skip
COLUMNS = [
    "name",
    "op",
    "inputs",
    "out_shape",
    "params",
    "statistics",
    "macs",
    "receptive_field",
    "jump",
    "formula",
    "local_field",
]


class Run:
    """Runs a command in this process and keeps what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, command: str) -> tuple[int, str, str]:
        try:
            status = main(command.split())
        except SystemExit as end:
            status = int(end.code or 0)
        output = self._capsys.readouterr()
        return status, output.out, output.err

    def good(self, command: str) -> str:
        status, out, err = self(command)
        assert (status, err) == (0, "")
        return out

    def json(self, command: str) -> Any:
        return json.loads(self.good(f"{command} --json"))

    def bad(self, command: str) -> str:
        status, out, err = self(command)
        assert (status, out) == (2, "")
        assert err.startswith("explorer: ")
        assert err.count("\n") == 1
        return err.removeprefix("explorer: ").strip()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Runs a shell command in a process of its own; `explorer` stands for the command line."""
    command = command.replace("explorer", f"{sys.executable} -m explorer", 1)
    return subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)


# list


def test_list_json(run: Run) -> None:
    entries = {entry["id"]: entry for entry in run.json("list")}
    assert list(entries) == list(ARCHITECTURES)
    assert entries["inception10"] == {
        "id": "inception10",
        "title": "Inception10",
        "family": "Inception",
        "year": 2020,
        "input": [3, 32, 32],
        "classes": 10,
        "source": "source 000",
        "params": 120_234,
        "statistics": 1_184,
        "macs": 12_240_128,
        "activations": 377_098,
        "auxiliary_params": 0,
        "receptive_field": [51, 51],
        "settings": {
            key: {"default": s.default, "minimum": s.minimum, "maximum": s.maximum, "help": s.help}
            for key, s in ARCHITECTURES["inception10"].settings.items()
        },
    }
    assert entries["inception_block"]["classes"] is None
    assert (entries["googlenet"]["params"], entries["googlenet"]["macs"]) == (6_998_552, 1_582_671_872)
    assert entries["googlenet"]["settings"]["inception_4b.width_5x5"]["default"] == 64


def test_list_names_networks_settings_and_rewrites(run: Run) -> None:
    text = run.good("list")
    assert re.search(r"^googlenet +GoogLeNet +2014 +3x224x224 +1000 +6,998,552 +0 +1\.58 G MACs +715x715$", text, re.M)
    for name in (*ARCHITECTURES, *REWRITES, "inception_4b", ".width_5x5", "num_blocks", "avg_pool", ".kernel_size"):
        assert name in text
    assert max(map(len, text.splitlines())) <= 120


# trace


def test_trace_json(run: Run) -> None:
    spec = Spec.make(
        "googlenet",
        input="1x224x224",
        classes=10,
        settings={"inception_4b.width_5x5": 96},
        rewrites=["batch_norm", "stack_5x5@inception_3a"],
    )
    document = run.json(
        "trace googlenet --input 1x224x224 --classes 10 --set inception_4b.width_5x5=96 "
        "--rewrite batch_norm --rewrite stack_5x5@inception_3a"
    )
    assert list(document) == ["architecture", "input", "rewrites", "rows", "totals"]
    assert document["architecture"] == "googlenet"
    assert document["input"] == [1, 224, 224]
    assert document["rewrites"] == ["stack_5x5@inception_3a", "batch_norm"]
    result = trace(build(spec))
    assert document["totals"] == result.totals._asdict()
    assert len(document["rows"]) == len(result.rows)
    for shown, row in zip(document["rows"], result.rows, strict=True):
        assert list(shown) == COLUMNS
        assert shown["name"] == row.name
        assert shown["op"] == type(row.op).__name__
        assert shown["inputs"] == list(row.inputs)
        assert shown["out_shape"] == list(row.out_shape)
        assert (shown["params"], shown["statistics"], shown["macs"]) == (row.params, row.statistics, row.macs)
        assert eval(shown["formula"]) == shown["params"]


def test_trace_json_where_there_is_no_single_field(run: Run) -> None:
    rows = {row["name"]: row for row in run.json("trace inception10")["rows"]}
    assert (rows["stem.conv"]["receptive_field"], rows["stem.conv"]["jump"]) == ([3, 3], [1, 1])
    assert (rows["fc"]["receptive_field"], rows["fc"]["jump"]) == (None, None)


def test_trace_text(run: Run) -> None:
    text = run.good("trace inception_block")
    lines = text.splitlines()
    assert lines[0].split() == ["name", "op", "output", "params", "MACs", "field", "jump", "params", "="]
    conv = r"^branch5x5\.conv +Conv 5x5, 32 +32x28x28 +12,832 +10,035,200 +5x5 +1x1 +\(5\*5\*16 \+ 1\)\*32$"
    assert re.search(conv, text, re.M)
    assert lines[-1] == "total: 163,696 params, 128 M MACs (128,049,152), 928,256 activations"
    assert "1.58 G MACs" in run.good("trace googlenet")
    assert "1,184 statistics" in run.good("trace inception10")
    assert re.search(r"^fc .* whole image", run.good("trace inception10"), re.M)


def test_trace_text_lines_its_columns_up(run: Run) -> None:
    header, rule, *body = run.good("trace googlenet --rewrite separable").split("\n\n")[0].splitlines()
    starts = [match.start() for match in re.finditer("-+", rule)]
    assert len(starts) == len(tables.record(trace(build(Spec.make("googlenet"))).rows[0])) - 3
    assert header.index("op") == starts[1]
    for line in body:
        for start in starts[1:]:
            assert line[start - 2 : start].strip() == ""


def test_trace_csv_has_the_columns_of_json(run: Run) -> None:
    text = run.good("trace inception10 --rewrite factorize --csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    expected = run.json("trace inception10 --rewrite factorize")["rows"]
    assert list(rows[0]) == COLUMNS
    assert [row["name"] for row in rows] == [row["name"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        assert row["inputs"].split() == other["inputs"]
        for key in ("out_shape", "receptive_field", "jump"):
            assert row[key] == ("" if other[key] is None else "x".join(map(str, other[key])))
        for key in ("params", "statistics", "macs"):
            assert int(row[key]) == other[key]
        assert row["formula"] == other["formula"]


def test_csv_lines_end_as_rfc_4180_has_it() -> None:
    text = tables.to_csv(trace(build(Spec.make("inception_block"))))
    assert text.count("\r\n") == text.count("\n") == 16


@given(specs(small_inputs))
def test_csv_reads_back(spec: Spec) -> None:
    result, _ = partial_trace(build(spec))
    header, *lines = csv.reader(io.StringIO(tables.to_csv(result), newline=""))
    assert header == COLUMNS
    assert [line[0] for line in lines] == [row.name for row in result.rows]
    assert [line[header.index("params")] for line in lines] == [str(row.params) for row in result.rows]


@pytest.mark.parametrize("options", ["--set init_ch=8 num_blocks=3", "--set init_ch=8 --set num_blocks=3"])
def test_several_settings_after_one_option_or_several(run: Run, options: str) -> None:
    expected = trace(build(Spec.make("inception10", settings={"init_ch": 8, "num_blocks": 3}))).totals
    assert run.json(f"trace inception10 {options}")["totals"] == expected._asdict()


def test_the_last_of_two_settings_counts(run: Run) -> None:
    once = run.json("trace inception10 --set init_ch=16")
    assert run.json("trace inception10 --set init_ch=8 init_ch=16") == once


CUT = "--module inception_3a --set branch5x5.conv.kernel_size=7 --layer=-branch_pool"
EDITED = Spec.make(
    "googlenet",
    module="inception_3a",
    settings={"branch5x5.conv.kernel_size": 7},
    layers=["-branch_pool", "new.conv:conv1x3:8>concat"],
)


def test_one_module_with_values_and_layers(run: Run) -> None:
    document = run.json(f"trace googlenet {CUT} --layer new.conv:conv1x3:8>concat")
    result = trace(build(EDITED))
    assert document["input"] == [192, 28, 28]
    assert document["totals"] == result.totals._asdict()
    assert [row["name"] for row in document["rows"]] == [row.name for row in result.rows]


def test_options_edit_a_network_given_as_json(run: Run) -> None:
    text = EDITED.to_json().replace(" ", "")
    assert run.json(f"trace {text}")["totals"] == trace(build(EDITED)).totals._asdict()
    more = EDITED.with_(layers=[*EDITED.layers, "-branch1x1"])
    assert run.json(f"trace {text} --layer=-branch1x1")["totals"] == trace(build(more)).totals._asdict()


def test_the_source_of_a_module_is_named_after_it(run: Run) -> None:
    text = run.good(f"code googlenet {CUT}")
    assert text == source(build(EDITED.with_(layers=["-branch_pool"])), title="GoogLeNet inception_3a")


def test_a_module_is_verified(run: Run) -> None:
    (entry,) = run.json(f"verify googlenet {CUT}")
    assert entry["differences"] == []
    assert entry["params"] == trace(build(EDITED.with_(layers=["-branch_pool"]))).totals.params


@pytest.mark.parametrize("command", ["list", "trace --help"])
def test_list_and_help_say_how_values_of_layers_are_set(run: Run, command: str) -> None:
    text = run.good(command)
    assert "NODE.FIELD" in text
    assert "as 'trace' prints it" in re.sub(r"\s+", " ", text)
    for name in FIELDS:
        assert name in text


# Bad input


WIDTH = "inception_4b.width_5x5"
CHANGE = "it must be -NAME, NAME:LAYER@AFTER or NAME:LAYER>JOIN, such as branch3x3.second:conv3x3:64@branch3x3.conv"
BAD = {
    "nope": f"there is no command 'nope'; there is: {', '.join(COMMANDS)}",
    "trac lenet": f"there is no command 'trac' (did you mean trace or train?); there is: {', '.join(COMMANDS)}",
    "data lists": "there is no action 'lists' (did you mean list?); there is: add, list, remove",
    "trace nope": f"there is no architecture 'nope'; there is: {', '.join(ARCHITECTURES)}",
    f"trace googlenet --set {WIDTH}=0": f"{WIDTH} is 0: it must be a whole number from 1 to 1,024",
    f"trace googlenet --set {WIDTH}=-1": f"{WIDTH} is -1: it must be a whole number from 1 to 1,024",
    f"trace googlenet --set {WIDTH}=1000000000": f"{WIDTH} is 1000000000: it must be a whole number from 1 to 1,024",
    f"trace googlenet --set {WIDTH}=x": f"{WIDTH} is 'x': it must be a whole number from 1 to 1,024",
    f"trace googlenet --set {WIDTH}": f"the setting is '{WIDTH}': it must be KEY=VALUE, such as {WIDTH}=64",
    "trace inception10 --set wide=3": "there is no setting of inception10 called 'wide'; there is: num_blocks, init_ch",
    "trace inception10 --rewrite bn": f"there is no rewrite 'bn'; there is: {', '.join(REWRITES)}",
    "trace inception10 --rewrite separable@stemm": "there is no module 'stemm' (did you mean stem?); "
    "there is: stem, block_1, block_2, avg_pool, flatten, fc",
    "trace inception10 --input 3x32": "the input is '3x32': it must be channels x height x width, such as 3x224x224",
    "trace inception10 --classes 0": "the number of classes is 0: it must be a whole number from 1 to 22,000",
    "trace googlenet --input 3x32x32": "avg_pool (AvgPool2d) on (1024, 1, 1): "
    "a 7x7 window without padding does not fit in 1x1; an input of 3x193x193 fits",
    "trace googlenet --module stem": "there is no module of googlenet called 'stem'; "
    "there is: inception_3a, inception_3b, inception_4a, inception_4b, inception_4c, inception_4d, inception_4e, "
    "inception_5a, inception_5b",
    "trace lenet --module c1": "there is no module of lenet called 'c1'; there is: none",
    "trace googlenet --module inception_3a --set inception_3a.width_1x1=3": "there is no setting of "
    "googlenet inception_3a called 'inception_3a.width_1x1'; there is: NODE.out_channels, NODE.out_features, "
    "NODE.kernel_size, NODE.stride, NODE.dilation, NODE.groups, NODE.depth_multiplier, NODE.kind",
    "trace googlenet --layer same": f"the change of layers is 'same': {CHANGE}",
    "trace googlenet --layer=": f"the change of layers is '': {CHANGE}",
    "trace googlenet --layer=x:conv3x3@fc": "the layer is 'conv3x3': it must be conv3x3:64, depthwise3x3, maxpool3x3 "
    "or avgpool3x3, with any window and number of filters",
    "trace lenet --layer=-input": "input (Input) cannot be taken out: only a layer that reads one map can",
    "trace lenet --set c1.conv.kernel_size=same": "c1.conv.kernel_size is 'same': it must be a whole number from 1 to "
    "64, or two such as 1x7",
    "verify googlenet nope": f"there is no architecture 'nope'; there is: {', '.join(ARCHITECTURES)}",
    "verify googlenet --input 3x32x32": "avg_pool (AvgPool2d) on (1024, 1, 1): "
    "a 7x7 window without padding does not fit in 1x1; an input of 3x193x193 fits",
    "code nope": f"there is no architecture 'nope'; there is: {', '.join(ARCHITECTURES)}",
    "train nope": f"there is no architecture 'nope'; there is: {', '.join(ARCHITECTURES)}",
    "train inception10 --data emnist": "there is no data set 'emnist' (did you mean mnist or mnist_5k?); there is: "
    "digits, mnist_5k, patterns, mnist, fashion_mnist, cifar10",
    "train inception10 --device gpu": "there is no device 'gpu' (did you mean cpu?); there is: auto, cpu, cuda",
    "train inception10 --epochs 0": "the number of epochs is 0: it must be a whole number from 1 to 200",
    "train inception10 --batch 1": "the batch size is 1: it must be a whole number from 2 to 2,048",
    "train inception10 --lr nan": "the learning rate is 'nan': it must be a number above 0 and at most 10",
    "train inception10 --seed -1": "the seed is -1: it must be a whole number from 0 to 2,147,483,647",
    "train googlenet --input 3x32x32": "avg_pool (AvgPool2d) on (1024, 1, 1): "
    "a 7x7 window without padding does not fit in 1x1; an input of 3x193x193 fits",
    "train inception10 --classes 3": "the network has 3 classes and Handwritten digits (scikit-learn) has 10: "
    "choose at least 10, or leave the number open",
}


@pytest.mark.parametrize("command", BAD)
def test_bad_input_is_one_sentence_and_status_2(run: Run, command: str) -> None:
    assert run.bad(command) == BAD[command]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "verify",
        "verify googlenet --all",
        "field lenet --run x --node y",
        "data",
        "trace",
        "trace googlenet --what",
        "trace googlenet --json --csv",
        "list googlenet",
        "trace a b",
    ],
)
def test_bad_arguments_show_the_usage_and_status_2(run: Run, command: str) -> None:
    status, out, err = run(command)
    assert (status, out) == (2, "")
    assert err.startswith("usage: python -m explorer")
    assert "Traceback" not in err


def test_bad_input_is_found_before_torch_is_loaded() -> None:
    code = f"""
import sys
from explorer.cli import main
for command in {list(BAD)!r}:
    assert main(command.split()) == 2, command
main(["list"])
main(["trace", "googlenet"])
assert not {{"torch", "sklearn", "streamlit"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"explorer: {sentence}" for sentence in BAD.values()]


# Help


def test_the_version_is_told(run: Run) -> None:
    assert run.good("--version") == f"Inception explorer {__version__}\n"


@pytest.mark.parametrize("word", ["true", "yes", "on", "1"])
def test_a_setting_that_is_on_or_off_takes_words(run: Run, word: str) -> None:
    command = f"trace googlenet_paper --set auxiliary_heads={word} --json"
    assert run.good(command) == run.good("trace googlenet_paper --json")
    off = run.good(command.replace(f"={word}", "=off"))
    assert off == run.good(command.replace(f"={word}", "=0")) != run.good(command)


def test_what_may_begin_with_a_dash_is_shown_with_its_sign(run: Run) -> None:
    usage = run.good("trace --help")
    assert "[--set KEY=VALUE ...] [--layer=CHANGE ...] [--rewrite VERB" in " ".join(usage.split())
    assert run.good("trace inception_block --layer=-branch_pool --json")


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command."""
    (commands,) = (action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(commands.choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_usage_names_every_argument(run: Run, command: str) -> None:
    usage = " ".join(run.good(f"{command} --help").partition("\n\n")[0].split())
    for action in parsers()[command]._actions:
        name = action.option_strings[0] if action.option_strings else str(action.metavar)
        assert name in usage
        if action.nargs != "*":  # which argparse calls required
            assert any(f"{before}{name}" in usage for before in ("[", "(", "| ")) == (not action.required)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_and_gives_examples_that_work(run: Run, command: str) -> None:
    text = run.good(f"{command} --help")
    assert text.startswith(f"usage: python -m explorer {command}")
    examples = re.findall(rf"^  python -m explorer ({command}.*)$", text, re.M)
    assert examples
    if command in ("list", "trace"):
        for example in examples:
            assert run.good(example)


def test_help_of_the_whole_names_every_command(run: Run) -> None:
    text = run.good("--help")
    for command in COMMANDS:
        assert re.search(rf"^ +{command} +[a-z]", text, re.M)


# As a process


def test_exit_status_and_streams_of_a_process() -> None:
    good = shell("explorer trace inception_block")
    assert (good.returncode, good.stderr) == (0, "")
    bad = shell("explorer trace inception_bloc")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == (
        "explorer: there is no architecture 'inception_bloc' "
        "(did you mean inception_block or inception_v4 or inception_v3?); "
        f"there is: {', '.join(ARCHITECTURES)}\n"
    )


def test_a_closed_pipe_is_no_error() -> None:
    done = shell("explorer trace googlenet --json --rewrite factorize batch_norm | head -1; echo ${PIPESTATUS[0]}")
    assert done.stdout == "{\n141\n"
    assert done.stderr == ""


def test_a_closed_stdout_is_no_error() -> None:
    done = shell("explorer list >&-")
    assert (done.returncode, done.stderr) == (0, "")


# code


def test_code_prints_the_source_of_the_network_asked_for(run: Run) -> None:
    spec = Spec.make("inception10", classes=7, rewrites=["separable@block_1"])
    text = run.good("code inception10 --classes 7 --rewrite separable@block_1")
    assert text == source(build(spec), title="Inception10")
    compile(text, "network.py", "exec")
    assert "class Inception10(nn.Module):" in text
    document = run.json("code inception10 --classes 7 --rewrite separable@block_1")
    assert document["source"] == text
    assert (document["architecture"], document["rewrites"]) == ("inception10", ["separable@block_1"])


# verify


class FakeVerification(NamedTuple):
    checks: int = 7
    differences: tuple[Any, ...] = ()


class Difference(NamedTuple):
    name: str
    what: str
    ours: Any
    theirs: Any
    by: str


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """The graphs that `verify` was asked to compare; the comparison itself finds one fault, in GoogLeNets."""
    seen: list[Graph] = []

    def fake(graph: Graph) -> FakeVerification:
        seen.append(graph)
        gap = Difference("fc", "params", 10, 12, "torch")
        return FakeVerification(differences=(gap,) if "inception_3a.concat" in graph.by_name else ())

    monkeypatch.setattr("explorer.backend.verify.verify", fake)
    return seen


def test_verify_all_covers_each_rewrite_that_changes_something(run: Run, verified: list[Graph]) -> None:
    status, out, _ = run("verify --all --json")
    networks = [(entry["architecture"], tuple(entry["rewrites"])) for entry in json.loads(out)]
    assert len(set(networks)) == len(networks) == len(verified)
    plain = {id: build(Spec.make(id)) for id in ARCHITECTURES}
    alone = {(id, (verb,)) for id in ARCHITECTURES for verb in REWRITES}
    changed = {(id, verbs) for id, verbs in alone if build(Spec.make(id, rewrites=verbs)) != plain[id]}
    assert {(id, ()) for id in ARCHITECTURES} | changed <= set(networks)
    assert {(spec.architecture, tuple(map(str, spec.rewrites))) for _, _, spec in steps()} <= set(networks)
    pairs = set(combinations(("stack_5x5", "batch_norm", "separable"), 2))
    assert {("inception_block", rewrites) for rewrites in pairs} <= set(networks)
    assert status == 1


def test_verify_takes_several_networks_and_rewrites(run: Run, verified: list[Graph]) -> None:
    entries = run.json("verify inception_block inception10 --rewrite separable batch_norm --classes 7")
    specs = [
        Spec.make(id, classes=7, rewrites=["separable", "batch_norm"]) for id in ("inception_block", "inception10")
    ]
    assert verified == [build(spec) for spec in specs]
    for entry, spec in zip(entries, specs, strict=True):
        totals = trace(build(spec)).totals
        assert entry == {
            "architecture": spec.architecture,
            "rewrites": ["batch_norm", "separable"],
            "nodes": len(build(spec).nodes),
            "params": totals.params,
            "macs": totals.macs,
            "comparisons": 7,
            "differences": [],
        }


def test_verify_all_with_a_rewrite_applies_just_that(run: Run, verified: list[Graph]) -> None:
    run("verify --all --rewrite factorize")
    assert verified == [build(Spec.make(id, rewrites=["factorize"])) for id in ARCHITECTURES]


def test_verify_lists_differences_and_exits_1(run: Run, verified: list[Graph]) -> None:
    status, out, err = run("verify inception10 googlenet")
    assert (status, err) == (1, "")
    header, first, second, gap, summary = out.splitlines()
    assert header.split() == ["id", "rewrites", "nodes", "params", "MACs", "comparisons", "differences"]
    nodes = [f"{len(build(Spec.make(id)).nodes)}" for id in ("inception10", "googlenet")]
    assert first.split() == ["inception10", "-", nodes[0], "120,234", "12,240,128", "7", "0"]
    assert second.split() == ["googlenet", "-", nodes[1], "6,998,552", "1,582,671,872", "7", "1"]
    assert gap == "googlenet: fc: params is 10 here and 12 by torch"
    assert summary == "2 networks, 14 comparisons, 1 difference"


def test_verify_against_torch_itself(run: Run) -> None:
    lines = run.good("verify inception_block inception10 --rewrite batch_norm").splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r"2 networks, [0-9,]+ comparisons, 0 differences", lines[-1])
    for line, id in zip(lines[1:3], ("inception_block", "inception10"), strict=True):
        nodes, params, macs, checks, differences = (int(part.replace(",", "")) for part in line.split()[2:])
        result = trace(build(Spec.make(id, rewrites=["batch_norm"])))
        assert (nodes, params, macs, differences) == (len(result.rows), result.totals.params, result.totals.macs, 0)
        assert checks >= 2 * nodes


# train


STEPS = [
    Progress(1, 2, 5, 0.25, 2.25, 0.25, 1234.5, 1.0, 0.01, 100),
    Progress(1, 2, 10, 0.5, 1.5, 0.5, 1300.0, 2.0, 0.01, 100),
    Validation(1, 10, 1.25, 0.625, 2.5),
    Progress(2, 2, 20, 1.0, 0.75, 0.875, 1310.0, 4.0, 0.01, 100),
    Validation(2, 20, 0.1, 0.972, 4.25),
]
DONE = Finished(0.972, 0.1, 4.5, 120_234, 1305.0, "cpu", "float32")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Spec, TrainConfig]]:
    """What `train` was asked to train; the training itself is only told."""
    asked: list[tuple[Spec, TrainConfig]] = []

    def fake(spec: Spec, config: TrainConfig) -> Iterator[Any]:
        asked.append((spec, config))
        yield from [*STEPS, DONE]

    monkeypatch.setattr("explorer.backend.train.loop.train", fake)
    return asked


def test_train_asks_for_what_was_asked(run: Run, trained: list[tuple[Spec, TrainConfig]]) -> None:
    run.good(
        "train inception10 --set init_ch=8 --rewrite separable "
        "--data cifar10 --epochs 3 --batch 32 --lr 0.01 --seed 7 --device cpu --optimizer sgd --schedule step "
        "--weight-decay 0.001 --label-smoothing 0.1 --dropout 0.2 --augmentation flip --precision bfloat16 "
        "--mode always_eval"
    )
    run.good("train inception_block --input 3x8x8")
    run.good("train inception10 --classes 12")
    (spec, config), (block, defaults), (wide, _) = trained
    assert spec == Spec.make("inception10", settings={"init_ch": 8}, rewrites=["separable"])
    assert config == TrainConfig(
        data="cifar10", epochs=3, batch=32, lr=0.01, seed=7, device="cpu", optimizer="sgd", schedule="step",
        weight_decay=0.001, label_smoothing=0.1, dropout=0.2, augmentation="flip", precision="bfloat16",
        mode="always_eval",
    )  # fmt: skip
    assert (block, defaults) == (Spec.make("inception_block", input="3x8x8", classes=10), TrainConfig())
    assert wide == Spec.make("inception10", classes=12)


def test_train_json_is_one_object_a_line(run: Run, trained: list[Any]) -> None:
    *steps, done = map(json.loads, run.good("train inception10 --json").splitlines())
    assert len(steps) == len(STEPS)
    for shown, step in zip(steps, STEPS, strict=True):
        for key in ("epoch", "step", "loss", "accuracy"):
            assert shown[key] == getattr(step, key)
        assert shown["record"] == kind(step)
    assert done["record"] == "done"
    assert (done["accuracy"], done["seconds"], done["params"]) == (0.972, 4.5, 120_234)


def test_train_prints_a_line_an_epoch_to_a_file(run: Run, trained: list[Any]) -> None:
    assert run.good("train inception10").splitlines() == [
        "epoch 1/2  loss 1.5000  accuracy 50.0%  1,300 images/s  held-out accuracy 62.5%",
        "epoch 2/2  loss 0.7500  accuracy 87.5%  1,310 images/s  held-out accuracy 97.2%",
        "held-out accuracy 97.2% after 4.5 s on cpu, 120,234 params",
    ]


def test_train_redraws_a_bar_on_a_terminal(run: Run, trained: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    text = run.good("train inception10")
    start, *bars = text.split("\n")[0].split("\r")
    assert start == ""
    assert [bar.count("#") for bar in bars] == [6, 12, 24]
    assert {len(bar) for bar in bars} == {59}
    assert bars[0].startswith("[######..................] epoch 1/2  loss 2.2500")
    assert text.endswith("\nheld-out accuracy 97.2% after 4.5 s on cpu, 120,234 params\n")


def test_a_run_that_fails_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(spec: Spec, config: TrainConfig) -> Iterator[Any]:
        yield STEPS[0]
        raise ExplorerError("the loss is not a number")

    monkeypatch.setattr("explorer.backend.train.loop.train", fake)
    status, out, err = run("train inception10 --json")
    assert (status, err) == (2, "explorer: the loss is not a number\n")
    assert len(out.splitlines()) == 1


TINY = "train inception10 --input 1x8x8 --set init_ch=4 num_blocks=1 --device cpu"


def test_train_trains(run: Run) -> None:
    *steps, done = map(json.loads, run.good(f"{TINY} --epochs 1 --seed 3 --json").splitlines())
    assert steps
    assert all(step["epoch"] == 1 for step in steps)
    assert 0 < done["accuracy"] <= 1
    small = Spec.make("inception10", input="1x8x8", settings={"init_ch": 4, "num_blocks": 1})
    assert done["params"] == trace(build(small)).totals.params


def test_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "explorer", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "explorer: reading or writing failed: No space left on device\n"


def test_ctrl_c_ends_quietly() -> None:
    command = [sys.executable, "-m", "explorer", *TINY.split(), "--epochs", "200", "--json"]
    pipe = subprocess.PIPE

    def listen() -> None:
        """A shell hands the signal down ignored to what it runs in the background, and so to these tests."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=listen) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["epoch"] == 1
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, err) == (130, "")
