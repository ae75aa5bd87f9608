"""Every experiment can run, asks what it says, and pairs its arms."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.backend.torch_module import GraphModule
from explorer.backend.train.initialise import initialise
from explorer.common.errors import ExplorerError
from explorer.graph.graph import Graph
from explorer.graph.ops import BatchNorm2d, Concat, ReLU, Sigmoid
from explorer.graph.trace import Totals
from explorer.runs.preflight import ready
from explorer.spec.build import build
from explorer.studies.claims import CLAIMS
from explorer.studies.experiments import EXPERIMENTS, Experiment, experiment, parse_seeds, results, study
from explorer.studies.experiments.makespan import STARTING, Job, makespan

LONGEST = 180
"""Seconds that an experiment may take at its default size."""


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("one", EXPERIMENTS.values(), ids=lambda one: one.id)


def totals(one: Experiment) -> dict[str, Totals]:
    return {arm.name: results.cost(results.network(one, arm)) for arm in one.arms}


@each()
def test_every_arm_can_be_trained(one: Experiment) -> None:
    assert 2 <= len(one.arms) == len({arm.name for arm in one.arms})
    for arm in one.arms:
        ready(arm.spec, one.configuration(arm, seed=0))
        assert not one.data.needs_internet


@each()
def test_every_arm_differs_from_what_it_is_held_against(one: Experiment) -> None:
    for first, second in one.compared:
        assert (build(first.spec), first.changes) != (build(second.spec), second.changes)
    assert {arm.name for pair in one.compared for arm in pair} == {arm.name for arm in one.arms}


@each()
def test_an_experiment_is_expected_to_end_in_time(one: Experiment) -> None:
    assert study.expected_seconds(one, one.seeds) < LONGEST


@each()
def test_the_ledgers_entries_are_there(one: Experiment) -> None:
    assert set(one.claims) <= CLAIMS.keys()


@each()
def test_arms_share_their_first_weights_where_names_and_shapes_agree(one: Experiment) -> None:
    layers = [_layers(build(spec)) for _, spec in results.networks(one)]
    common = 0
    for first, second in combinations(layers, 2):
        for name in first.keys() & second.keys():
            if first[name].shape == second[name].shape:
                common += 1
                assert torch.equal(first[name], second[name]), name
    # The two Xceptions name no layer alike, as their page says; of a single network there is nothing to share.
    assert common > 0 or one.id == "source_004" or len(layers) == 1


def _layers(graph: Graph) -> dict[str, torch.Tensor]:
    """The first weights of every layer."""
    module = GraphModule(graph)
    initialise(module, seed=1)
    return {name: values for name, values in module.state_dict().items() if name.endswith("weight")}


def test_the_ladder_is_the_papers() -> None:
    one = EXPERIMENTS["learning_rates"]
    rates = {arm.name: one.configuration(arm, 0).lr for arm in one.arms}
    base = rates["Inception"]
    assert rates["BN-Baseline"] == base
    for factor in (5, 30):
        assert rates[f"BN-x{factor}"] == rates[f"x{factor} without BN"] == pytest.approx(factor * base)
    for arm in one.arms:
        ops = [node.op for node in build(arm.spec).nodes]
        assert any(isinstance(op, BatchNorm2d) for op in ops) == arm.name.startswith("BN-")
        assert any(isinstance(op, Sigmoid) for op in ops) == ("sigmoid" in arm.name)
        assert any(isinstance(op, ReLU) for op in ops) != ("sigmoid" in arm.name)


def test_the_wider_sum_costs_what_stacking_does() -> None:
    found = totals(EXPERIMENTS["joins"])
    assert found["add, wider"].params == pytest.approx(found["concat"].params, rel=0.05)
    assert found["add"].params == found["multiply"].params < found["concat"].params
    arm = EXPERIMENTS["joins"].arm("multiply")
    assert not any(isinstance(node.op, Concat) for node in build(arm.spec).nodes)


def test_only_the_5x5_is_replaced_and_the_cheaper_ones_are_cheaper() -> None:
    found = totals(EXPERIMENTS["windows"])
    params = [found[name].params for name in ("5x5", "two 3x3", "dilated 3x3", "separable 5x5")]
    assert params == sorted(params, reverse=True)
    fields = {
        arm.name: [row for row in build(arm.spec).nodes if row.name.endswith("branch3x3.conv")]
        for arm in EXPERIMENTS["windows"].arms
    }
    assert all(nodes == fields["5x5"] for nodes in fields.values())


def test_a_source_is_trained_as_it_prints() -> None:
    printed = {
        "source_000": ("adam", 0.001, "constant", 32, 5),
        "source_001": ("adam", 0.001, "constant", 16, 3),
        "source_002": ("adam", 0.001, "constant", 128, 5),
    }
    for id, expected in printed.items():
        config = EXPERIMENTS[id].configuration(EXPERIMENTS[id].arm("as printed"), 0)
        assert (config.optimizer, config.lr, config.schedule, config.batch, config.epochs) == expected
        assert config.weight_decay == 0


@pytest.mark.parametrize(
    ("id", "printed", "corrected", "mistake"),
    [
        ("source_000", "as printed", "corrected", "always_eval"),
        ("source_001", "as printed", "corrected", "always_train"),
        ("source_003", "as its code", "code corrected", "always_train"),
    ],
)
def test_a_mistake_is_all_that_is_corrected(id: str, printed: str, corrected: str, mistake: str) -> None:
    found = EXPERIMENTS[id]
    wrong, right = found.arm(printed), found.arm(corrected)
    assert found.compared[0] == (right, wrong)
    assert wrong.spec == right.spec
    one, other = (found.configuration(arm, 0) for arm in (wrong, right))
    assert (one.mode, one.with_(mode="usual")) == (mistake, other)


def test_holes_cost_nothing() -> None:
    printed, without = totals(EXPERIMENTS["source_002"]).values()
    assert (printed.params, printed.macs) == (without.params, without.macs)


def test_an_unknown_experiment_is_refused_with_those_there_are() -> None:
    with pytest.raises(ExplorerError, match=r"there is no experiment 'bn'.*batch_norm"):
        experiment("bn")
    with pytest.raises(ExplorerError, match="there is no arm 'x'"):
        EXPERIMENTS["batch_norm"].arm("x")


@pytest.mark.parametrize("seeds", [0, 6, -1, "two", None, True, 1.5])
def test_a_wrong_number_of_seeds_is_refused(seeds: object) -> None:
    with pytest.raises(ExplorerError, match=r"the number of seeds is .*: it must be a whole number from 1 to 5"):
        parse_seeds(seeds)


jobs = st.lists(st.builds(Job, st.floats(0, 100), st.booleans()), max_size=5)


@given(jobs, st.integers(1, 3))
def test_the_last_job_ends_between_what_no_order_and_what_any_order_can_do(found: list[Job], places: int) -> None:
    lengths = [job.seconds + (0 if job.started else STARTING) for job in found]
    time = makespan(found, places)
    assert max([sum(lengths) / places, *lengths]) - 1e-9 <= time <= sum(lengths) + 1e-9
    best = min((_ends(order, places) for order in permutations(lengths)), default=0.0)
    assert best - 1e-9 <= time <= 2 * best + 1e-9  # Graham 1966: any list is within 2 - 1/m of the best


def _ends(lengths: tuple[float, ...], places: int) -> float:
    free = [0.0] * places
    for length in lengths:
        free.sort()
        free[0] += length
    return max(free)
