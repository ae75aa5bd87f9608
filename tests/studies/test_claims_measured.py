"""What is measured: the runs say what they should, and the judges go by what they say."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
import torch

from explorer.backend.claims import code, normalisation, training
from explorer.backend.claims.measures import MEASURES, measure
from explorer.backend.verify import verify
from explorer.cli import main
from explorer.graph.ops import Add, Dropout
from explorer.graph.trace import trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.studies import networks
from explorer.studies.claims import CLAIMS, edits
from explorer.studies.claims.entry import Network

pytestmark = pytest.mark.usefixtures("one_thread")


def verdict(id: str, values: Any) -> str:
    return str(CLAIMS[id].find(values).verdict)


def changed(values: Any, **changes: Any) -> Any:
    return {**deepcopy(values), **changes}


def test_every_claim_that_needs_a_run_has_one() -> None:
    assert set(MEASURES) == {id for id, one in CLAIMS.items() if one.needs_run}


@pytest.fixture(scope="module")
def invariances() -> dict[str, Any]:
    return normalisation.invariances()


def test_the_invariances_of_batch_norm(invariances: dict[str, Any]) -> None:
    assert verdict("claim-12-invariances", invariances).startswith("holds if the scale is positive")
    assert invariances["bias moves"] < 1e-12
    moved = invariances["scaling moves"]
    assert max(moved[scale] for scale in ("0.5", "2", "100")) < 1e-4 < min(moved["-1"], moved["0.001"])
    # The gradient by weights twice as large is half as large.
    assert invariances["gradient ratio"] == pytest.approx(2, abs=1e-3)
    # E[biased variance] = (m - 1)/m of the true one; torch keeps the corrected one.
    assert invariances["batch variance"] == pytest.approx(4 * 4 / 5, rel=0.02)
    assert invariances["kept variance"] == pytest.approx(invariances["corrected variance"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"scaling moves": {"2": 0.0, "-1": 0.0}}, "holds"),
        ({"scaling moves": {"2": 1.0}}, "does not hold"),
        ({"bias moves": 0.1}, "does not hold"),
        ({"bias gradient": 0.1}, "does not hold"),
        ({"corrected variance": 3.2}, "does not hold"),
    ],
)
def test_the_invariances_decide(invariances: dict[str, Any], changes: dict[str, Any], expected: str) -> None:
    assert verdict("claim-12-invariances", changed(invariances, **changes)) == expected


def rates(plain: list[float], normalised: list[float]) -> dict[str, Any]:
    rows = zip(("1", "5", "30"), plain, normalised, strict=True)
    return {"rate": 0.03, "accuracies": {factor: {"without": [a], "with": [b]} for factor, a, b in rows}}


@pytest.mark.parametrize(
    ("plain", "normalised", "expected"),
    [
        ([0.9, 0.5, 0.1], [0.9, 0.95, 0.95], "holds"),
        ([0.9, 0.5, 0.1], [0.9, 0.95, 0.3], "holds if the factor is 5"),
        ([0.9, 0.5, 0.1], [0.9, 0.3, 0.3], "does not hold"),
        ([0.9, 0.95, 0.95], [0.9, 0.95, 0.95], "does not hold"),  # nothing for BN to permit
    ],
)
def test_learning_rates_decide(plain: list[float], normalised: list[float], expected: str) -> None:
    assert verdict("claim-13-learning-rates", rates(plain, normalised)) == expected


def test_a_rate_thirty_times_higher_trains_with_batch_norm_only() -> None:
    plain, normalised = build(networks.INCEPTIONNET), build(networks.NORMALISED)
    without, with_bn = (training._accuracies(graph, 30 * 0.03, 1, 2)[0] for graph in (plain, normalised))
    assert without < 0.2
    assert with_bn > 0.8


def test_learning_rates_give_an_accuracy_a_seed_and_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_accuracies", lambda graph, lr, seeds, epochs: [lr] * seeds)
    found = training.learning_rates(seeds=2)
    assert found["rate"] == max(training.RATES)
    assert set(found["accuracies"]) == {"1", "5", "30"}
    assert found["accuracies"]["30"]["with"] == pytest.approx([30 * found["rate"]] * 2)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0.95, 0.97, 0.96], [0.96, 0.96, 0.96], "holds"),
        ([0.95, 0.95, 0.95], [0.955, 0.955, 0.955], "holds"),
        ([0.95, 0.95, 0.95], [0.80, 0.81, 0.79], "does not hold"),
    ],
)
def test_the_order_is_decided_by_pairs(first: list[float], second: list[float], expected: str) -> None:
    assert verdict("claim-15-order", {"depthwise first": first, "pointwise first": second}) == expected


def test_the_orders_are_run_in_pairs() -> None:
    found = training.orders(seeds=1, epochs=1)
    assert [len(accuracies) for accuracies in found.values()] == [1, 1]
    assert found["depthwise first"] != found["pointwise first"]


def test_frozen_batch_norm_normalises_nothing() -> None:
    found = normalisation.frozen_while_training(epochs=1)
    assert verdict("mistake-000-bn-inference", found) == "does not hold"
    assert verdict("mistake-000-bn-inference", {**found, "as written": found["right"]}) == "holds"
    assert found["right"]["smallest variance"] > 0.9 > found["as written"]["smallest variance"]


def test_the_printed_loss_is_a_batch_size_too_small() -> None:
    found = code.printed_loss()
    assert found["right"] / found["as written"] == pytest.approx(16, rel=1e-4)
    assert verdict("mistake-001-loss", found) == "does not hold"
    assert verdict("mistake-001-loss", changed(found, **{"as written": found["right"]})) == "holds"


def test_dropout_at_test_scatters() -> None:
    found = code.dropout_at_test(epochs=1, passes=3)
    assert len(set(found["right"])) == 1
    assert len(set(found["as written"])) > 1
    assert found["bytes kept"]["right"] == 0
    # At least every map that a convolution reads, for 16 images.
    convolved = sum(row.activations for row in trace(build(networks.INCEPTIONNET)).rows if row.kind == "ReLU")
    assert found["bytes kept"]["as written"] >= 4 * 16 * convolved / 2
    assert verdict("mistake-001-dropout", found) == "does not hold"
    same = {**found, "as written": found["right"], "bytes kept": {"as written": 0, "right": 0}}
    assert verdict("mistake-001-dropout", same) == "holds"


def test_batch_mates_change_an_answer_in_training_mode_only() -> None:
    found = normalisation.batch_mates(epochs=1)
    assert found["as written"]["changed"] > 0
    assert found["right"]["changed"] == 0
    assert found["right"]["largest change"] < 1e-4
    assert verdict("mistake-003-batch-mates", found) == "does not hold"
    assert verdict("mistake-003-batch-mates", {**found, "as written": found["right"]}) == "holds"


def test_the_dropped_residual_is_missed() -> None:
    found = code.dropped_residual(side=32)
    assert verdict("mistake-004-residual", found) == "does not hold"
    assert verdict("mistake-004-residual", {**found, "outputs differ": 0.0, "gradient differs": 0.0}) == "holds"
    assert (
        "8,192 in the 1x1 and 256 in its BN, and 256 statistics" in CLAIMS["mistake-004-residual"].find(found).computed
    )


def test_the_same_run_finds_the_same() -> None:
    id = "mistake-001-loss"
    assert measure(id) == measure(id)


def test_a_measure_leaves_torch_its_threads() -> None:
    torch.set_num_threads(2)
    measure("claim-12-invariances")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert threads == 2


def test_what_is_measured_is_plain_json() -> None:
    for id in ("claim-12-invariances", "mistake-001-loss"):
        values = measure(id)
        assert json.loads(json.dumps(values)) == values


def test_the_command_runs_what_needs_it_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "--json", "--id", "claim-12-invariances", "claim-05-sizes"]) == 0
    output = capsys.readouterr()
    (one, _) = json.loads(output.out)
    assert one["computed"] == CLAIMS["claim-12-invariances"].find(measure("claim-12-invariances")).computed
    assert output.err == "run 1 of 1: claim-12-invariances\n"


# The edits


def edited() -> list[Network]:
    return [network for one in CLAIMS.values() for network in one.networks if network.edit]


@pytest.mark.parametrize("network", edited(), ids=lambda network: network.label)
def test_an_edited_network_is_sound(network: Network) -> None:
    assert network.graph != build(network.spec)
    assert verify(network.graph).differences == ()


def test_the_order_costs_the_same_where_channels_stay() -> None:
    same = Spec.make(
        "inception_block", input="32x8x8", settings={"width_3x3": 32}, rewrites=["no_reduction", "separable"]
    )
    graph = build(same)
    swapped = edits.pointwise_first(graph)
    before, after = ({row.name.removesuffix("_depthwise"): row for row in trace(g).rows} for g in (graph, swapped))
    assert before["branch3x3.conv"].out_shape == after["branch3x3.conv"].out_shape
    branch = [[row for row in trace(g).rows if row.name.startswith("branch3x3")] for g in (graph, swapped)]
    one, two = (sum(row.macs for row in rows) for rows in branch)
    assert one == two
    names = [node.name for node in swapped.nodes]
    assert names == [node.name for node in graph.nodes]


def test_dropout_and_residual_are_added_once() -> None:
    assert [type(n.op) for n in edits.with_dropout(build(networks.INCEPTIONNET)).nodes].count(Dropout) == 1
    printed = build(Spec.make("xception_as_printed"))
    restored = edits.with_first_residual(printed)
    adds = [[type(n.op) for n in graph.nodes].count(Add) for graph in (printed, restored)]
    assert adds[1] == adds[0] + 1
