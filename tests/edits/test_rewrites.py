from __future__ import annotations

import re
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from explorer.common.errors import ExplorerError
from explorer.edits.rewrites import REWRITES, AppliedRewrite, apply, in_order
from explorer.graph.graph import Builder, Graph, module_of, under
from explorer.graph.ops import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    Linear,
    MaxPool2d,
    Op,
    Pair,
    ReLU,
    Shape,
    Sigmoid,
    Tanh,
    pair,
)
from explorer.graph.trace import NodeTrace, partial_trace, trace
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.strategies import node_prefixes, rewrites, rewritten, small_inputs, specs, verbs

Line = tuple[str, Op, str | tuple[str, ...]]
MODULES = ("inception_block", "googlenet", "inception10")
SMALL = ("inception_block", "inception10", "inceptionnet", "dilated_cnn", "mnist_mlp", "lenet", "resnet18")


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_all_verbs_at_once(id: str) -> None:
    """Nothing but a cap keeps every verb from being applied to every network."""
    _, error = partial_trace(build(Spec.make(id, rewrites=list(REWRITES))))
    assert error is None or str(error).endswith("are allowed")


@pytest.mark.slow
@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("verb", REWRITES)
def test_every_verb_leaves_every_network_valid(id: str, verb: str) -> None:
    assert answer(Spec.make(id, rewrites=[verb])) == answer(Spec.make(id))


def answer(spec: Spec) -> Shape:
    """What a network's first output must keep: its classes, or of a map without them height and width."""
    graph = build(spec)
    shape = trace(graph).by_name[graph.outputs[0]].out_shape
    return shape[1:] or shape


def misfits(id: str) -> list[Graph]:
    """An architecture on images that are too small for it: nothing behind the node that fails has a shape."""
    channels = ARCHITECTURES[id].input_shape[0]
    graphs = [build(Spec.make(id, input=(channels, side, side))) for side in (1, 8, 20, 28, 32, 48, 64, 70)]
    return [graph for graph in graphs if partial_trace(graph)[1] is not None]


@pytest.mark.slow
@pytest.mark.parametrize("id", [id for id in ARCHITECTURES if misfits(id)])
def test_every_verb_takes_a_network_that_does_not_fit_its_image(id: str) -> None:
    for graph in misfits(id):
        after = {apply(graph, [AppliedRewrite(verb)]) for verb in REWRITES}
        for changed in after if graph == misfits(id)[-1] else ():
            for verb in REWRITES:
                again = apply(changed, [AppliedRewrite(verb)])
                rows, error = partial_trace(again)
                assert error is None or error.node in again.by_name.keys() - rows.by_name.keys()


@given(specs(small_inputs))
def test_edits_of_a_network_on_a_small_image_end_in_a_network_or_a_sentence(spec: Spec) -> None:
    graph = build(spec)
    traced, error = partial_trace(graph)
    assert (error is None) == (len(traced.rows) == len(graph.nodes))


def network(*lines: Line) -> Graph:
    """A graph written out, fed by an image of 8 channels."""
    b = Builder((8, 16, 16))
    for name, op, inputs in lines:
        b.add(name, op, *([inputs] if isinstance(inputs, str) else inputs))
    return b.graph()


def after(verb: str, *lines: Line) -> Graph:
    return apply(network(*lines), [AppliedRewrite(verb)])


# Given and Result of each verb, written out


def test_stack_5x5() -> None:
    given_ = ("conv", Conv2d(6, pair(5), pair(2), pair(2)), "input"), ("relu", ReLU(), "conv")
    assert after("stack_5x5", *given_) == network(
        ("conv_1", Conv2d(6, pair(3), pair(1), pair(1)), "input"),
        ("conv_1_relu", ReLU(), "conv_1"),
        ("conv", Conv2d(6, pair(3), pair(2), pair(1)), "conv_1_relu"),
        ("relu", ReLU(), "conv"),
    )


@pytest.mark.parametrize(
    ("whole", "first", "second"),
    [("same", "same", "same"), ((0, 0), (0, 0), (0, 0)), ((1, 2), (1, 1), (0, 1)), ((3, 4), (2, 2), (1, 2))],
)
def test_stack_5x5_shares_the_padding_out(whole: object, first: object, second: object) -> None:
    conv = Conv2d(6, pair(5), padding=whole, dilation=(1, 2), bias=False)  # type: ignore[arg-type]
    graph = after("stack_5x5", ("conv", conv, "input"))
    assert [node.op for node in graph.nodes[1:]] == [
        Conv2d(6, pair(3), padding=first, dilation=(1, 2), bias=False),  # type: ignore[arg-type]
        ReLU(),
        Conv2d(6, pair(3), padding=second, dilation=(1, 2), bias=False),  # type: ignore[arg-type]
    ]


def test_factorize() -> None:
    given_ = ("conv", Conv2d(6, pair(3), (2, 1), (1, 2), (1, 2)), "input"), ("relu", ReLU(), "conv")
    assert after("factorize", *given_) == network(
        ("conv_1x3", Conv2d(6, (1, 3), (1, 1), (0, 2), (1, 2)), "input"),
        ("conv_1x3_relu", ReLU(), "conv_1x3"),
        ("conv", Conv2d(6, (3, 1), (2, 1), (1, 0), (1, 1)), "conv_1x3_relu"),
        ("relu", ReLU(), "conv"),
    )


def test_batch_norm() -> None:
    given_ = ("conv", Conv2d(6, pair(3)), "input"), ("relu", ReLU(), "conv"), ("dw", DepthwiseConv2d(pair(3)), "relu")
    assert after("batch_norm", *given_) == network(
        ("conv", Conv2d(6, pair(3), bias=False), "input"),
        ("conv_bn", BatchNorm2d(), "conv"),
        ("relu", ReLU(), "conv_bn"),
        ("dw", DepthwiseConv2d(pair(3), bias=False), "relu"),
        ("dw_bn", BatchNorm2d(), "dw"),
    )


def test_batch_norm_only_takes_the_bias_where_there_is_one_already() -> None:
    given_ = ("conv", Conv2d(6, pair(3)), "input"), ("norm", BatchNorm2d(1e-3), "conv")
    assert after("batch_norm", *given_) == network(
        ("conv", Conv2d(6, pair(3), bias=False), "input"), ("norm", BatchNorm2d(1e-3), "conv")
    )


def test_no_batch_norm() -> None:
    given_ = (
        ("conv", Conv2d(6, pair(3), bias=False), "input"),
        ("conv_bn", BatchNorm2d(), "conv"),
        ("pool", MaxPool2d(pair(3)), "conv_bn"),
        ("pool_bn", BatchNorm2d(), "pool"),
        ("relu", ReLU(), "pool_bn"),
    )
    assert after("no_batch_norm", *given_) == network(
        ("conv", Conv2d(6, pair(3)), "input"), ("pool", MaxPool2d(pair(3)), "conv"), ("relu", ReLU(), "pool")
    )


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_batch_norm_taken_out_again_leaves_a_network_that_had_none_as_it_was(id: str) -> None:
    bare = apply(build(Spec.make(id)), [AppliedRewrite("no_batch_norm")])
    assert not any(isinstance(node.op, BatchNorm1d | BatchNorm2d) for node in bare.nodes)
    assert apply(apply(bare, [AppliedRewrite("batch_norm")]), [AppliedRewrite("no_batch_norm")]).names == bare.names


def test_batch_norm_on_a_convolution_that_feeds_two() -> None:
    given_: tuple[Line, ...] = (
        ("conv", Conv2d(6, pair(1)), "input"),
        ("norm", BatchNorm2d(), "conv"),
        ("join", Concat(), ("conv", "norm")),
    )
    graph = after("batch_norm", *given_)
    assert graph.by_name["norm"].inputs == ("conv_bn",)
    assert graph.by_name["join"].inputs == ("conv_bn", "norm")


def test_separable() -> None:
    given_ = ("conv", Conv2d(6, (1, 7), (1, 2), "same", (1, 1)), "input"), ("relu", ReLU(), "conv")
    assert after("separable", *given_) == network(
        ("conv_depthwise", DepthwiseConv2d((1, 7), (1, 2), "same", bias=False), "input"),
        ("conv", Conv2d(6, pair(1)), "conv_depthwise"),
        ("relu", ReLU(), "conv"),
    )


def test_no_reduction() -> None:
    given_: tuple[Line, ...] = (
        ("one", Conv2d(2, pair(1)), "input"),
        ("three.reduce", Conv2d(3, pair(1)), "input"),
        ("three.reduce_bn", BatchNorm2d(), "three.reduce"),
        ("three.reduce_relu", ReLU(), "three.reduce_bn"),
        ("three.conv", Conv2d(4, pair(3), padding=pair(1)), "three.reduce_relu"),
        ("pool.pool", MaxPool2d(pair(3), padding=pair(1)), "input"),
        ("pool.conv", Conv2d(5, pair(1)), "pool.pool"),
        ("pool.relu", ReLU(), "pool.conv"),
        ("concat", Concat(), ("one", "three.conv", "pool.relu")),
    )
    assert after("no_reduction", *given_) == network(
        ("one", Conv2d(2, pair(1)), "input"),
        ("three.conv", Conv2d(4, pair(3), padding=pair(1)), "input"),
        ("pool.pool", MaxPool2d(pair(3), padding=pair(1)), "input"),
        ("concat", Concat(), ("one", "three.conv", "pool.pool")),
    )


def test_no_reduction_hands_a_stride_on() -> None:
    given_: tuple[Line, ...] = (
        ("one", Conv2d(2, pair(1), pair(2)), "input"),
        ("three.reduce", Conv2d(3, pair(1), (2, 2)), "input"),
        ("three.conv", Conv2d(4, pair(3), (1, 2), "same"), "three.reduce"),
        ("pool.pool", AvgPool2d(pair(3), padding="same"), "input"),
        ("pool.conv", Conv2d(5, pair(1), pair(2)), "pool.pool"),
        ("concat", Concat(), ("one", "pool.conv")),
    )
    graph = after("no_reduction", *given_)
    assert graph.by_name["three.conv"].op == Conv2d(4, pair(3), (2, 4), "same")
    assert graph.by_name["pool.pool"].op == AvgPool2d(pair(3), pair(2), "same")
    assert graph.by_name["concat"].inputs == ("one", "pool.pool")


def test_no_reduction_keeps_the_1x1_branch_of_a_module_behind_a_pool() -> None:
    given_: tuple[Line, ...] = (
        ("pool", MaxPool2d(pair(2), pair(2)), "input"),
        ("one", Conv2d(2, pair(1)), "pool"),
        ("three", Conv2d(4, pair(3), padding=pair(1)), "pool"),
        ("concat", Concat(), ("one", "three")),
    )
    assert after("no_reduction", *given_) == network(*given_)


def test_no_reduction_leaves_a_1x1_in_the_stem_alone() -> None:
    stem = ("reduce", Conv2d(3, pair(1)), "input"), ("conv", Conv2d(4, pair(3)), "reduce")
    assert after("no_reduction", *stem) == network(*stem)


def test_sigmoid() -> None:
    given_ = ("relu", ReLU(), "input"), ("tanh", Tanh(), "relu"), ("conv", Conv2d(6, pair(1)), "tanh")
    assert after("sigmoid", *given_) == network(("relu", Sigmoid(), "input"), *given_[1:])


def test_sigmoids_leave_the_gates_that_other_verbs_put_in_alone() -> None:
    graph = build(Spec.make("inception_block", rewrites=["sigmoid", "squeeze_excite"]))
    assert [node.name for node in graph.nodes if isinstance(node.op, ReLU)] == ["concat_se_reduce_relu"]


@pytest.mark.parametrize("verb", REWRITES)
def test_an_absent_pattern_returns_an_equal_graph(verb: str) -> None:
    lines: tuple[Line, ...] = (
        ("pool", MaxPool2d(pair(3)), "input"),
        ("tanh", Tanh(), "pool"),
        ("grouped", Conv2d(4, (3, 1), groups=2, bias=False), "tanh"),
        ("bn", BatchNorm2d(), "grouped"),
        ("point", Conv2d(4, pair(1), bias=False), "bn"),
        ("point_bn", BatchNorm2d(), "point"),
    )
    lines = lines[:3] if verb == "no_batch_norm" else lines
    assert after(verb, *lines) == network(*lines)


# What holds of every verb on every network


LOCAL = ("dilate", "stack_5x5", "factorize", "grouped", "no_batch_norm", "batch_norm", "separable")
"""Verbs whose cost follows from each layer by itself."""


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_parameters_of_local_verbs(id: str) -> None:
    """The change that each verb makes, counted from the rows of the network before it."""
    rows = trace(build(Spec.make(id))).rows
    params = {verb: trace(build(Spec.make(id, rewrites=[verb]))).totals.params for verb in LOCAL}
    expected = dict.fromkeys(LOCAL, sum(row.params for row in rows))
    for row in rows:
        for verb, difference in by_hand(row, [other.op for other in rows if row.name in other.inputs]).items():
            expected[verb] += difference
    assert params == expected


def by_hand(row: NodeTrace, followers: list[Op]) -> dict[str, int]:
    """What each local verb changes in a layer's parameters, its new BN included."""
    op, norms = row.op, BatchNorm1d | BatchNorm2d
    alone = followers[0] if len(followers) == 1 else None

    def without_norm(width: int) -> dict[str, int]:
        return {"no_batch_norm": width} if isinstance(alone, norms) and not getattr(op, "bias", True) else {}

    if isinstance(op, Linear):
        hidden = isinstance(alone, norms | ReLU | Sigmoid | Tanh)
        o = op.out_features
        added = {"batch_norm": (0 if isinstance(alone, norms) else 2 * o) - op.bias * o} if hidden else {}
        return {**added, **without_norm(o)}
    if isinstance(op, DepthwiseConv2d):
        o = row.out_shape[0]
        separable = isinstance(alone, Conv2d) and alone.kernel_size == (1, 1) and alone.groups == 1
        added = {} if separable else {"batch_norm": (0 if isinstance(alone, norms) else 2 * o) - op.bias * o}
        return {**added, **without_norm(o)}
    if isinstance(op, norms):
        return {"no_batch_norm": -row.params}
    if not isinstance(op, Conv2d):
        return {}
    (kh, kw), o, bias = op.kernel_size, op.out_channels, op.bias
    c, g, before = row.in_shapes[0][0], op.groups, row.params
    found = {"batch_norm": (0 if isinstance(alone, norms) else 2 * o) - bias * o, **without_norm(o)}
    if (kh, kw) == (5, 5):
        found["dilate"] = (9 * c // g + bias) * o - before
        found["stack_5x5"] = (9 * c // g + bias) * o + (9 * o // g + bias) * o - before
    if kh == kw > 1:
        found["factorize"] = (kh * c // g + bias) * o + (kh * o // g + bias) * o - before
    if kh * kw > 1 and g == 1:
        found["separable"] = kh * kw * c + (c + bias) * o - before
        most = max(n for n in range(1, 33) if c % n == 0 and o % n == 0)
        found["grouped"] = (kh * kw * c // most + bias) * o - before
    return found


@given(specs())
def test_rewriting_leaves_the_given_graph_alone(spec: Spec) -> None:
    plain = spec.with_(rewrites=[])
    graph = plain.entry.build(plain.build_config)
    apply(graph, spec.rewrites)
    assert graph == plain.entry.build(plain.build_config)


@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("verb", REWRITES)
def test_a_verb_twice_is_the_verb_once(id: str, verb: str) -> None:
    once = apply(build(Spec.make(id)), [AppliedRewrite(verb)])
    assert apply(once, [AppliedRewrite(verb)]) == once


@given(st.sampled_from(list(ARCHITECTURES)), st.data())
def test_any_rewrites_in_any_order_give_one_network(id: str, data: st.DataObject) -> None:
    graph = build(Spec.make(id))
    chosen = data.draw(rewrites(graph))
    expected = apply(graph, chosen)
    for order in list(permutations(chosen))[:6]:
        assert apply(graph, order) == expected
    assert apply(graph, chosen + chosen) == expected


@given(st.lists(rewritten(["", "a", "b"])))
def test_order_is_that_of_the_table_then_of_the_prefix(chosen: list[AppliedRewrite]) -> None:
    ordered = in_order(chosen)
    last = {(verb, prefix): value for verb, prefix, value in chosen}
    assert {(verb, prefix): value for verb, prefix, value in ordered} == last
    places = [(list(REWRITES).index(verb), prefix) for verb, prefix, _ in ordered]
    assert places == sorted(set(places))


@pytest.mark.slow
@given(st.sets(verbs))
def test_all_verbs_compose(subset: set[str]) -> None:
    for id in SMALL:
        assert answer(Spec.make(id, rewrites=sorted(subset))) == answer(Spec.make(id))


@given(st.sampled_from(list(ARCHITECTURES)), verbs, st.data())
def test_a_prefix_keeps_the_rest_untouched(id: str, verb: str, data: st.DataObject) -> None:
    graph = build(Spec.make(id))
    # What works on modules reaches into their branches, so a module is the least that can be told apart there.
    modules = {module_of(node.name) for node in graph.nodes}
    prefix = data.draw(st.sampled_from(node_prefixes(graph) if verb in LOCAL else sorted(modules)))
    result = apply(graph, [AppliedRewrite(verb, prefix)])
    before, now = graph.by_name, result.by_name
    for name, node in before.items():
        if not under(prefix, name) and not isinstance(node.op, Linear | Dropout | ReLU):
            assert now[name].op == node.op
            assert len(now[name].inputs) == len(node.inputs)
    for name in now.keys() - before.keys():
        assert name.startswith("aux") or any(under(prefix, old) and name.startswith(f"{old}_") for old in before)


@pytest.mark.parametrize("verb", [verb for verb in REWRITES if verb != "aux_heads"])
def test_every_part_rewritten_is_the_whole_rewritten(verb: str) -> None:
    graph = build(Spec.make("googlenet"))
    parts = {node.name.split(".")[0] for node in graph.nodes}
    assert apply(graph, [AppliedRewrite(verb, part) for part in parts]) == apply(graph, [AppliedRewrite(verb)])


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["stack_5x5", "factorize", "batch_norm", "separable"])
@given(specs())
def test_shapes_and_fields_stay_where_nodes_stay(verb: str, spec: Spec) -> None:
    graph = build(spec.with_(rewrites=[]))
    before, error = partial_trace(graph)
    assume(error is None)
    rows = partial_trace(apply(graph, [AppliedRewrite(verb)]))[0].by_name
    assume(len(rows) >= len(before.rows))  # not so large as to be cut off
    for row in before.rows:
        assert rows[row.name].out_shape == row.out_shape
        assert rows[row.name].receptive_field == row.receptive_field
        assert rows[row.name].jump == row.jump


@given(
    st.sampled_from([(5, "stack_5x5"), (5, "factorize"), (3, "factorize"), (7, "factorize"), (3, "separable")]),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.just("same") | st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.integers(13, 24),
    st.integers(13, 24),
)
def test_one_convolution_keeps_shape_and_field(
    kind: tuple[int, str], stride: Pair, padding: object, dilation: Pair, height: int, width: int
) -> None:
    kernel, verb = kind
    b = Builder((2, height, width))
    b.add("conv", Conv2d(3, pair(kernel), stride, padding, dilation))  # type: ignore[arg-type]
    row = trace(b.graph()).rows[-1]
    new = trace(apply(b.graph(), [AppliedRewrite(verb)])).rows[-1]
    assert new.name == "conv"
    assert (new.out_shape, new.receptive_field, new.jump) == (row.out_shape, row.receptive_field, row.jump)
    assert new.field == row.field


@pytest.mark.parametrize("id", MODULES)
def test_no_reduction_leaves_no_reduction(id: str) -> None:
    spec = Spec.make(id, rewrites=["no_reduction"])
    names = {node.name for node in build(spec).nodes}
    plain = {node.name for node in build(spec.unedited).nodes}
    gone = {name for name in plain if re.search(r"branch.*\.reduce|branch_pool\.conv", name)}
    assert gone
    assert names == plain - gone


def test_no_reduction_costs_what_the_naive_module_costs() -> None:
    spec = Spec.make("inception_block", rewrites=["no_reduction"])
    rows = trace(build(spec)).by_name
    assert rows["branch3x3.conv"].params == (3 * 3 * 192 + 1) * 128
    assert rows["branch5x5.conv"].params == (5 * 5 * 192 + 1) * 32
    assert rows["concat"].out_shape == (64 + 128 + 32 + 192, 28, 28)


# Bad rewrites


def test_unknown_verbs_and_prefixes() -> None:
    graph = build(Spec.make("googlenet"))
    with pytest.raises(
        ExplorerError, match=r"^there is no rewrite 'seperable' \(did you mean separable\?\); there is: "
    ):
        apply(graph, [AppliedRewrite("seperable")])
    with pytest.raises(
        ExplorerError, match=r"^there is no module 'inception_3' .*; there is: conv1, conv2, inception_3a"
    ):
        apply(graph, [AppliedRewrite("separable", "inception_3")])


def test_a_prefix_is_one_of_the_network_before_any_rewrite() -> None:
    graph = build(Spec.make("googlenet"))
    made_by_stacking = "inception_3a.branch5x5.conv_1"
    assert made_by_stacking in apply(graph, [AppliedRewrite("stack_5x5")]).by_name
    with pytest.raises(ExplorerError, match=r"^there is no module "):
        apply(graph, [AppliedRewrite("stack_5x5"), AppliedRewrite("batch_norm", made_by_stacking)])


def test_a_result_too_large_is_refused() -> None:
    b = Builder((1, 1, 1))
    for i in range(2_200):
        b.add(f"conv_{i}", Conv2d(1, pair(1)))
    with pytest.raises(ExplorerError, match=r"^the network has 4,401 nodes: at most 4,000 are allowed$"):
        apply(b.graph(), [AppliedRewrite("batch_norm")])


def test_a_helper_whose_name_is_taken_gets_a_number() -> None:
    graph = network(("conv", Conv2d(2, pair(1)), "input"), ("conv_bn", ReLU(), "conv"))
    result = apply(graph, [AppliedRewrite("batch_norm")])
    assert [node.name for node in result.nodes] == ["input", "conv", "conv_bn_2", "conv_bn"]
    assert result.by_name["conv_bn"].inputs == ("conv_bn_2",)
