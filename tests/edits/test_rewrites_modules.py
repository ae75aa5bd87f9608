"""Given and Result of the verbs on modules, gates and heads, written out, and what they cost."""

from __future__ import annotations

import pytest
import torch

from explorer.backend.torch_module import GraphModule
from explorer.common.errors import ExplorerError
from explorer.edits.rewrites import REWRITES, AppliedRewrite, apply
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import (
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    ChannelMax,
    ChannelMean,
    Concat,
    ConcatColumns,
    Conv2d,
    Dropout,
    Flatten,
    Gate,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Linear,
    MaxPool2d,
    Multiply,
    Op,
    ReLU,
    Sigmoid,
    SumColumns,
    pair,
)
from explorer.graph.trace import Trace, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.torch_tools import image_for, randomized

Line = tuple[str, Op, str | tuple[str, ...]]
ONE, THREE, FIVE = Conv2d(6, pair(1)), Conv2d(6, pair(3), padding=pair(1)), Conv2d(6, pair(5), padding=pair(2))


def network(*lines: Line) -> Graph:
    """A graph written out, fed by an image of 8 channels."""
    b = Builder((8, 16, 16))
    for name, op, inputs in lines:
        b.add(name, op, *([inputs] if isinstance(inputs, str) else inputs))
    return b.graph()


def after(rewrite: str, *lines: Line) -> Graph:
    verb, _, value = rewrite.partition(":")
    told = None if not value else int(value) if value.isdigit() else value
    return apply(network(*lines), [AppliedRewrite(verb, "", told)])


MODULE: tuple[Line, ...] = (
    ("a", ONE, "input"),
    ("a_relu", ReLU(), "a"),
    ("b.reduce", Conv2d(2, pair(1)), "input"),
    ("b.reduce_relu", ReLU(), "b.reduce"),
    ("b.conv", THREE, "b.reduce_relu"),
    ("b.conv_relu", ReLU(), "b.conv"),
    ("join", Concat(), ("a_relu", "b.conv_relu")),
)


def test_dilate() -> None:
    conv = Conv2d(6, pair(5), pair(2), (2, 1), (1, 3), bias=False)
    graph = after("dilate", ("conv", conv, "input"))
    assert graph == network(("conv", Conv2d(6, pair(3), pair(2), (2, 1), (2, 6), bias=False), "input"))
    (_, old), (_, new) = trace(network(("conv", conv, "input"))).rows, trace(graph).rows
    assert (new.out_shape, new.field) == (old.out_shape, old.field)
    assert new.params * 25 == old.params * 9


def test_pool_project_3x3() -> None:
    given: tuple[Line, ...] = (
        ("one", ONE, "input"),
        ("pool", MaxPool2d(pair(3), padding=pair(1)), "input"),
        ("conv", ONE, "pool"),
        ("relu", ReLU(), "conv"),
        ("join", Concat(), ("one", "relu")),
    )
    assert after("pool_project_3x3", *given) == network(*given[:2], ("conv", THREE, "pool"), *given[3:])


def test_fuse_needs_equal_shapes() -> None:
    given: tuple[Line, ...] = (("a", ONE, "input"), ("b", THREE, "input"), ("join", Concat(), ("a", "b")))
    assert after("fuse", *given) == network(*given[:2], ("join", Add(), ("a", "b")))
    assert after("fuse:multiply", *given) == network(*given[:2], ("join", Multiply(), ("a", "b")))
    wider: tuple[Line, ...] = (("a", Conv2d(7, pair(1)), "input"), *given[1:])
    assert after("fuse", *wider) == network(*wider)


def test_fuse_leaves_out_what_would_break_the_network() -> None:
    lines: tuple[Line, ...] = (
        ("a", ONE, "input"),
        ("b", ONE, "input"),
        ("join", Concat(), ("a", "b")),
        ("wide", Conv2d(12, pair(1)), "input"),
        ("sum", Add(), ("join", "wide")),
    )
    assert after("fuse", *lines) == network(*lines)


def test_residual_around_a_module_of_the_same_shape() -> None:
    lines: tuple[Line, ...] = (
        ("a", Conv2d(3, pair(1)), "input"),
        ("b", Conv2d(5, pair(3), padding=pair(1)), "input"),
        ("join", Concat(), ("a", "b")),
    )
    assert after("residual", *lines, ("next", ReLU(), "join")) == network(
        *lines, ("join_add", Add(), ("join", "input")), ("next", ReLU(), "join_add")
    )


@pytest.mark.parametrize("norm", [False, True])
def test_residual_projects_where_shapes_differ(norm: bool) -> None:
    norms: tuple[Line, ...] = (("a_bn", BatchNorm2d(1e-3), "a"),) if norm else ()
    lines: tuple[Line, ...] = (
        ("a", Conv2d(3, pair(3), (2, 2), pair(1)), "input"),
        *norms,
        ("b", MaxPool2d(pair(3), pair(2), pair(1)), "input"),
        ("join", Concat(), ("a_bn" if norm else "a", "b")),
    )
    projected: tuple[Line, ...] = (("join_shortcut", Conv2d(11, pair(1), pair(2), bias=not norm), "input"),)
    if norm:
        projected += (("join_shortcut_bn", BatchNorm2d(1e-3), "join_shortcut"),)
    assert after("residual", *lines) == network(*lines, *projected, ("join_add", Add(), ("join", projected[-1][0])))


def test_residual_needs_a_stride_that_fits() -> None:
    # 16 to 7 without padding: a 1x1 of stride 2 makes 8, of stride 3 makes 6.
    lines: tuple[Line, ...] = (
        ("a", Conv2d(3, pair(3), pair(2)), "input"),
        ("b", MaxPool2d(pair(3), pair(2)), "input"),
        ("join", Concat(), ("a", "b")),
    )
    assert after("residual", *lines) == network(*lines)


def test_residual_adds_no_second_shortcut() -> None:
    graph = build(Spec.make("resnet18"))
    assert apply(graph, [AppliedRewrite("residual")]) == graph


def test_squeeze_excite() -> None:
    assert after("squeeze_excite:4", *MODULE, ("next", ReLU(), "join")) == network(
        *MODULE,
        ("join_se_pool", GlobalAvgPool2d(), "join"),
        ("join_se_reduce", Conv2d(3, pair(1), bias=False), "join_se_pool"),
        ("join_se_reduce_relu", ReLU(), "join_se_reduce"),
        ("join_se_expand", Conv2d(12, pair(1), bias=False), "join_se_reduce_relu"),
        ("join_se_sigmoid", Sigmoid(), "join_se_expand"),
        ("join_se", Gate(), ("join", "join_se_sigmoid")),
        ("next", ReLU(), "join_se"),
    )


def test_cbam() -> None:
    assert after("cbam:4", *MODULE) == network(
        *MODULE,
        ("join_channel_avg", GlobalAvgPool2d(), "join"),
        ("join_channel_max", GlobalMaxPool2d(), "join"),
        ("join_channel_both", ConcatColumns(), ("join_channel_avg", "join_channel_max")),
        ("join_channel_reduce", Conv2d(3, pair(1), bias=False), "join_channel_both"),
        ("join_channel_reduce_relu", ReLU(), "join_channel_reduce"),
        ("join_channel_expand", Conv2d(12, pair(1), bias=False), "join_channel_reduce_relu"),
        ("join_channel_sum", SumColumns(), "join_channel_expand"),
        ("join_channel_sigmoid", Sigmoid(), "join_channel_sum"),
        ("join_channel", Gate(), ("join", "join_channel_sigmoid")),
        ("join_spatial_mean", ChannelMean(), "join_channel"),
        ("join_spatial_max", ChannelMax(), "join_channel"),
        ("join_spatial_both", Concat(), ("join_spatial_mean", "join_spatial_max")),
        ("join_spatial_conv", Conv2d(1, pair(7), padding=pair(3), bias=False), "join_spatial_both"),
        ("join_spatial_sigmoid", Sigmoid(), "join_spatial_conv"),
        ("join_spatial", Gate(), ("join_channel", "join_spatial_sigmoid")),
    )


def test_cbam_is_the_module_of_the_paper() -> None:
    """Against the equations of Woo et al. 2018, section 3, with one perceptron for both vectors."""
    module = randomized(after("cbam:4", *MODULE)).double()
    values = module.run(image_for(module.graph, dtype=torch.float64))
    x = values["join"]
    first, second = (values_of(module, f"join_channel_{part}").flatten(1) for part in ("reduce", "expand"))

    def perceptron(vector: torch.Tensor) -> torch.Tensor:
        return torch.relu(vector @ first.T) @ second.T

    gate = torch.sigmoid(perceptron(x.mean((2, 3))) + perceptron(x.amax((2, 3))))
    gated = x * gate[:, :, None, None]
    torch.testing.assert_close(values["join_channel"], gated)
    maps = torch.stack([gated.mean(1), gated.max(1).values], 1)
    places = torch.sigmoid(torch.conv2d(maps, values_of(module, "join_spatial_conv"), padding=3))
    torch.testing.assert_close(values["join_spatial"], gated * places)


def values_of(module: GraphModule, name: str) -> torch.Tensor:
    weight = dict(module.steps())[name].weight
    assert isinstance(weight, torch.Tensor)
    return weight


def test_the_shared_perceptron_counts_once_and_works_twice() -> None:
    rows = trace(after("cbam:4", *MODULE)).by_name
    one = rows["join_channel_reduce"]
    assert (one.params, one.macs) == (12 * 3, 2 * 12 * 3)
    assert one.macs_formula == "1*1*12*3*1*2"


@pytest.mark.parametrize("verb", ["squeeze_excite", "cbam"])
def test_behind_a_gate_the_field_is_the_image_and_the_local_one_is_told(verb: str) -> None:
    plain, gated = trace(network(*MODULE)).rows[-1], trace(after(verb, *MODULE)).rows[-1]
    assert plain.receptive_field == plain.local_field == (3, 3)
    assert gated.receptive_field is None
    # CBAM's gate of places looks at 7x7 around each.
    assert gated.local_field == ((9, 9) if verb == "cbam" else (3, 3))


@pytest.mark.parametrize("verb", ["squeeze_excite", "cbam"])
def test_a_residual_module_is_gated_before_the_shortcut(verb: str) -> None:
    graph = apply(build(Spec.make("resnet18")), [AppliedRewrite(verb)])
    gates = [node for node in graph.nodes if isinstance(node.op, Gate)]
    adds = [node for node in graph.nodes if isinstance(node.op, Add) and len(node.inputs) == 2]
    blocks = [add for add in adds if any(graph.by_name[name].op == Gate() for name in add.inputs)]
    assert len(blocks) == 8
    assert len(gates) == 8 * (2 if verb == "cbam" else 1)


@pytest.mark.parametrize("id", ["resnet50", "googlenet"])
def test_squeeze_excite_costs_what_the_paper_says(id: str) -> None:
    """Hu et al. 2018, equation 5: 2/r times the sum of c^2 over the modules."""
    plain, gated = (trace(build(Spec.make(id, rewrites=verbs))) for verbs in ([], ["squeeze_excite"]))
    widths = [row.out_shape[0] for row in plain.rows if isinstance(row.op, Concat | Add)]
    assert gated.totals.params - plain.totals.params == sum(2 * c * c // 16 for c in widths)


def test_global_pool_and_back() -> None:
    given: tuple[Line, ...] = (
        ("map", ONE, "input"),
        ("flatten", Flatten(), "map"),
        ("fc1", Linear(20, bias=False), "flatten"),
        ("fc1_bn", BatchNorm1d(), "fc1"),
        ("relu", ReLU(), "fc1_bn"),
        ("drop", Dropout(), "relu"),
        ("fc2", Linear(5), "drop"),
    )
    pooled: tuple[Line, ...] = (
        ("map", ONE, "input"),
        ("flatten_pool", GlobalAvgPool2d(), "map"),
        ("flatten", Flatten(), "flatten_pool"),
        ("fc2", Linear(5), "flatten"),
    )
    assert after("global_pool", *given) == network(*pooled)
    flat: tuple[Line, ...] = ("map", ONE, "input"), ("flatten", Flatten(), "map"), ("fc2", Linear(5), "flatten")
    assert after("fully_connected", *pooled) == network(*flat)
    assert after("global_pool", *flat) == network(*pooled)


def test_fully_connected_takes_out_a_window_over_the_whole_map_only() -> None:
    behind: tuple[Line, ...] = ("drop", Dropout(), "pool"), ("flatten", Flatten(), "drop"), ("fc", Linear(5), "flatten")
    whole: tuple[Line, ...] = (("pool", AvgPool2d(pair(16)), "input"), *behind)
    assert after("fully_connected", *whole) == network(("drop", Dropout(), "input"), *behind[1:])
    part: tuple[Line, ...] = (("pool", AvgPool2d(pair(8)), "input"), *behind)
    assert after("fully_connected", *part) == network(*part)


def test_a_network_of_linear_layers_keeps_its_head() -> None:
    graph = build(Spec.make("mnist_mlp"))
    assert apply(graph, [AppliedRewrite("global_pool")]) == graph


@pytest.mark.parametrize(("id", "places"), [("googlenet", ("4a", "4d")), ("bn_inception", ("4a", "4d"))])
def test_aux_heads_stand_where_the_papers_have_them(id: str, places: tuple[str, str]) -> None:
    graph = apply(build(Spec.make(id)), [AppliedRewrite("aux_heads")])
    assert len(graph.outputs) == 3
    for number, place in enumerate(places, start=1):
        assert graph.by_name[f"aux{number}.pool"].inputs == (f"inception_{place}.concat",)


def test_aux_heads_by_verb_cost_what_they_cost_by_setting() -> None:
    by_verb = trace(build(Spec.make("googlenet", rewrites=["aux_heads"]))).totals
    by_setting = trace(build(Spec.make("googlenet_paper"))).totals
    assert by_verb.auxiliary_params == by_setting.auxiliary_params == 13_378_280 - 6_998_552
    assert by_verb.params == by_setting.params


def test_aux_heads_on_a_chosen_module() -> None:
    graph = apply(build(Spec.make("googlenet")), [AppliedRewrite("aux_heads", "inception_4b")])
    assert graph.outputs == ("fc", "aux1.fc2")
    assert graph.by_name["aux1.pool"].inputs == ("inception_4b.concat",)


# The way from Inception to Xception


def test_simplify() -> None:
    lines: tuple[Line, ...] = (
        *MODULE[:6],
        ("c.reduce", Conv2d(2, pair(1)), "input"),
        ("c.reduce_relu", ReLU(), "c.reduce"),
        ("c.conv_1", THREE, "c.reduce_relu"),
        ("c.conv_1_relu", ReLU(), "c.conv_1"),
        ("c.conv", FIVE, "c.conv_1_relu"),
        ("c.conv_relu", ReLU(), "c.conv"),
        ("pool", MaxPool2d(pair(3), padding=pair(1)), "input"),
        ("pool_conv", ONE, "pool"),
        ("join", Concat(), ("a_relu", "b.conv_relu", "c.conv_relu", "pool_conv")),
    )
    assert after("simplify", *lines) == network(
        *MODULE[:2],
        ("a_3x3", THREE, "a_relu"),
        ("a_3x3_relu", ReLU(), "a_3x3"),
        *MODULE[2:6],
        *lines[6:8],
        ("c.conv", THREE, "c.reduce_relu"),
        ("c.conv_relu", ReLU(), "c.conv"),
        ("join", Concat(), ("a_3x3_relu", "b.conv_relu", "c.conv_relu")),
    )


PAIRS: tuple[Line, ...] = (
    ("a.reduce", Conv2d(2, pair(1)), "input"),
    ("a.reduce_relu", ReLU(), "a.reduce"),
    ("a.conv", THREE, "a.reduce_relu"),
    ("a.conv_relu", ReLU(), "a.conv"),
    ("b.reduce", Conv2d(3, pair(1)), "input"),
    ("b.reduce_relu", ReLU(), "b.reduce"),
    ("b.conv", Conv2d(4, pair(3), padding=pair(1)), "b.reduce_relu"),
    ("b.conv_relu", ReLU(), "b.conv"),
    ("join", Concat(), ("a.conv_relu", "b.conv_relu")),
)


def test_share_1x1_and_merge() -> None:
    shared = after("share_1x1", *PAIRS)
    assert shared == network(
        ("join_shared", Conv2d(10, pair(1)), "input"),
        ("join_shared_relu", ReLU(), "join_shared"),
        ("a.conv", THREE, "join_shared_relu"),
        ("a.conv_relu", ReLU(), "a.conv"),
        ("b.conv", Conv2d(4, pair(3), padding=pair(1)), "join_shared_relu"),
        ("b.conv_relu", ReLU(), "b.conv"),
        ("join", Concat(), ("a.conv_relu", "b.conv_relu")),
    )
    assert apply(shared, [AppliedRewrite("merge")]) == network(
        ("join_shared", Conv2d(10, pair(1)), "input"),
        ("join_shared_relu", ReLU(), "join_shared"),
        ("join_conv", Conv2d(10, pair(3), padding=pair(1)), "join_shared_relu"),
        ("join_conv_relu", ReLU(), "join_conv"),
    )


def test_merge_is_the_same_function() -> None:
    graph = apply(network(*PAIRS), [AppliedRewrite("share_1x1")])
    many, one = randomized(graph), randomized(apply(graph, [AppliedRewrite("merge")]))
    weights, merged = dict(many.steps()), dict(one.steps())
    with torch.no_grad():
        for name in ("weight", "bias"):
            stacked = torch.cat([getattr(weights[f"{branch}.conv"], name) for branch in "ab"])
            getattr(merged["join_conv"], name).copy_(stacked)
            getattr(merged["join_shared"], name).copy_(getattr(weights["join_shared"], name))
        image = image_for(graph)
        torch.testing.assert_close(one(image), many(image))
    assert cost(trace(graph)) == cost(trace(one.graph))


def cost(trace: Trace) -> tuple[int, int]:
    return trace.totals.params, trace.totals.macs


def test_branches_that_differ_are_not_merged() -> None:
    lines: tuple[Line, ...] = (("a", THREE, "input"), ("b", FIVE, "input"), ("join", Concat(), ("a", "b")))
    assert after("merge", *lines) == network(*lines)


@pytest.mark.parametrize(("asked", "groups"), [(1, 1), (2, 2), (3, 2), (4, 4), (7, 4), (8, 8), (500, 8)])
def test_grouped_takes_the_largest_number_that_divides(asked: int, groups: int) -> None:
    conv = Conv2d(16, pair(3))
    graph = after(f"grouped:{asked}", ("conv", conv, "input"))
    assert graph == network(("conv", Conv2d(16, pair(3), groups=groups), "input"))
    assert trace(graph).rows[-1].params == 9 * 8 * 16 // groups + 16


# What can be told to a verb


def test_the_longest_prefix_has_its_say() -> None:
    graph = build(Spec.make("googlenet", rewrites=["grouped:4", "grouped:16@inception_3a", "grouped:1@inception_3b"]))
    groups = {
        name: node.op.groups for name, node in graph.by_name.items() if isinstance(node.op, Conv2d) and "3x3.c" in name
    }
    assert groups.pop("inception_3a.branch3x3.conv") == 16
    assert groups.pop("inception_3b.branch3x3.conv") == 1
    assert set(groups.values()) == {4}


@pytest.mark.parametrize(
    ("rewrite", "sentence"),
    [
        ("grouped:0", "the number of groups is 0: it must be a whole number from 1 to 262,144"),
        ("grouped:two", "the number of groups is 'two': it must be a whole number from 1 to 262,144"),
        ("grouped:", "the number of groups is '': it must be a whole number from 1 to 262,144"),
        ("fuse:divide", "the fusion is 'divide': it must be one of add, multiply"),
        ("cbam:1000@inception_3a", "the reduction is 1000: it must be a whole number from 1 to 256"),
        ("batch_norm:3", "the rewrite batch_norm takes no value, and '3' was given"),
    ],
)
def test_what_cannot_be_told_is_one_sentence(rewrite: str, sentence: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        Spec.make("googlenet", rewrites=[rewrite])
    assert str(caught.value) == sentence


def test_a_default_that_is_spelled_out_is_the_default() -> None:
    assert Spec.make("googlenet", rewrites=["grouped:32"]) == Spec.make("googlenet", rewrites=["grouped"])


@pytest.mark.parametrize("verb", REWRITES)
def test_every_verb_says_what_is_given_and_what_results(verb: str) -> None:
    lines = REWRITES[verb].pattern.splitlines()
    assert lines[0].startswith("Given ")
    assert any(line.startswith("Result ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_inverses_name_each_other() -> None:
    for verb in REWRITES.values():
        assert not verb.inverse or REWRITES[verb.inverse].inverse == verb.id


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_every_architecture_has_verbs_that_change_it(id: str) -> None:
    plain = build(Spec.make(id))
    assert any(build(Spec.make(id, rewrites=[verb])) != plain for verb in REWRITES)


@pytest.mark.parametrize("verb", REWRITES)
def test_every_verb_changes_some_architecture(verb: str) -> None:
    applied = [id for id in ARCHITECTURES if build(Spec.make(id, rewrites=[verb])) != build(Spec.make(id))]
    # These two go on from what another verb has made, as in `explorer.lessons.inception_to_xception`.
    assert bool(applied) != (verb in {"share_1x1", "merge"})
