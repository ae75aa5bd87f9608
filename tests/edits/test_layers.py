"""Edits of single layers: what they keep, what they say where they cannot, and that torch agrees with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.backend.verify import verify
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.edits.layers import (
    FIELDS,
    Change,
    Value,
    fields,
    kinds,
    parse_change,
    parse_value,
    with_changes,
    with_values,
)
from explorer.graph.graph import Builder, Graph, Node, module_of
from explorer.graph.ops import (
    OPS,
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    Multiply,
    Op,
    pair,
)
from explorer.graph.trace import trace
from explorer.spec.base import modules
from explorer.spec.build import analyse, build, valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.complaint import complaint
from tests.helpers.strategies import node_prefixes, rewritten

BLOCK = build(Spec.make("inception_block"))
pytestmark = pytest.mark.usefixtures("one_thread")


def one(op: Op, side: int = 24) -> Graph:
    """A network of one layer."""
    b = Builder((4, side, side))
    b.add("layer", op)
    return b.graph()


def changed(op: Op, **values: Value) -> Op:
    """The op with values as they are written."""
    return with_values(one(op), [(f"layer.{name}", value) for name, value in values.items()]).by_name["layer"].op


odd = st.integers(0, 5).map(lambda half: 2 * half + 1)
odd_pairs = st.tuples(odd, odd)
small_pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


def written(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


# Values


@given(odd_pairs, small_pairs, odd_pairs, small_pairs, small_pairs, st.booleans())
def test_a_padded_convolution_keeps_the_size_of_the_map(old, dilation, kernel, new_dilation, stride, deep) -> None:
    padding = tuple(d * (k - 1) // 2 for k, d in zip(old, dilation, strict=True))
    op = DepthwiseConv2d(old, stride, padding, dilation) if deep else Conv2d(4, old, stride, padding, dilation)
    values = {"kernel_size": written(kernel), "dilation": written(new_dilation)}
    for some in (values, {"kernel_size": values["kernel_size"]}, {"dilation": values["dilation"]}):
        after = changed(op, **some)
        assert after.out_shape((4, 24, 24)) == op.out_shape((4, 24, 24))


@given(st.tuples(st.integers(2, 5), st.integers(2, 5)), odd_pairs, small_pairs)
def test_a_window_without_padding_goes_on_without(old, kernel, dilation) -> None:
    after = changed(Conv2d(4, old), kernel_size=written(kernel), dilation=written(dilation))
    assert (after.padding, after.kernel_size, after.dilation) == ((0, 0), kernel, dilation)
    assert changed(MaxPool2d(old, old), kernel_size=written(kernel)) == MaxPool2d(kernel, old)


@given(odd_pairs, small_pairs, small_pairs)
def test_padding_of_tensorflow_stays(kernel, dilation, stride) -> None:
    values = {"kernel_size": written(kernel), "stride": written(stride)}
    after = changed(Conv2d(4, (3, 3), padding="same"), **values, dilation=written(dilation))
    assert after == Conv2d(4, kernel, stride, "same", dilation)
    assert changed(AvgPool2d((3, 3), padding="same"), **values) == AvgPool2d(kernel, stride, "same")


@given(st.permutations(["kernel_size", "dilation", "stride"]), st.integers(1, 6), st.integers(1, 6))
def test_the_order_of_values_does_not_matter(order: list[str], old: int, new: int) -> None:
    op = Conv2d(4, pair(old), padding=pair(old // 2))
    values: dict[str, Value] = {"kernel_size": new, "dilation": 2, "stride": 3}
    assert changed(op, **{name: values[name] for name in order}) == changed(op, **values)


@given(st.integers(1, 5))
def test_another_stride_leaves_the_padding(stride: int) -> None:
    op = MaxPool2d(pair(4), padding=pair(2))
    assert changed(op, stride=stride) == replace(op, stride=pair(stride))


@pytest.mark.parametrize("op", [MaxPool2d(pair(3), pair(2), pair(1)), AvgPool2d((3, 5), pair(1), "same")])
def test_a_pool_of_another_kind_keeps_window_stride_and_padding(op: MaxPool2d | AvgPool2d) -> None:
    for word, kind in (("max", MaxPool2d), ("avg", AvgPool2d)):
        assert changed(op, kind=word) == kind(op.kernel_size, op.stride, op.padding)
    assert kinds(op) == ("max", "avg")
    with pytest.raises(ExplorerError, match=r"layer \(\w+\): it can be max or avg, not add"):
        changed(op, kind="add")


@pytest.mark.parametrize("op", [Concat(), Add(), Add(0.17), Multiply()])
def test_a_join_of_its_own_kind_is_left_as_it_is(op: Op) -> None:
    b = Builder((4, 8, 8))
    b.add("layer", op, "input", "input")
    words = {"concat": Concat(), "add": Add(), "multiply": Multiply()}
    assert kinds(op) == tuple(words)
    for word, other in words.items():
        after = with_values(b.graph(), [("layer.kind", word)])
        assert after.by_name["layer"].op == (op if isinstance(op, type(other)) else other)


@pytest.mark.parametrize("id", ["inception_resnet_v2", "googlenet_paper", "xception_as_printed", "mobilenet_v1"])
def test_every_value_set_to_what_it_is_changes_nothing(id: str) -> None:
    graph = build(Spec.make(id))
    values = [(f"{node.name}.{name}", value) for node in graph.nodes for name, value in fields(node.op).items()]
    assert values
    assert with_values(graph, values) == graph
    # As text, and read back.
    assert [(key, parse_value(key, str(value))) for key, value in values] == values


def test_every_op_with_values_has_those_that_it_is_said_to_have() -> None:
    ops = [
        Conv2d(4, pair(3)),
        DepthwiseConv2d((1, 3)),
        Linear(4),
        MaxPool2d(pair(2)),
        AvgPool2d(pair(2)),
        *KINDS_OF_JOIN,
    ]
    assert {type(op) for op in ops} == {kind for kind in OPS if any(kind in field.ops for field in FIELDS.values())}
    assert fields(DepthwiseConv2d((1, 3))) == {"kernel_size": "1x3", "stride": 1, "dilation": 1, "depth_multiplier": 1}
    assert fields(Flatten()) == fields(Input((1, 2, 3))) == {}
    for op in ops:
        for name, value in fields(op).items():
            assert FIELDS[name].parse(name, value) == value


KINDS_OF_JOIN = (Concat(), Add(), Multiply())


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("branch3x3.conv.kernel_size", "same", "is 'same': it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", 0, "is 0: it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", "1x65", "is 65: it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", "3x3x3", "is '3x3x3': it must be a whole number from 1 to 64, or two such"),
        ("branch3x3.conv.kernel_size", "x", "is 'x': it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", "٣x٣", "is '٣': it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", "3×3", "is '3×3': it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", (3, 3), "is (3, 3): it must be a whole number from 1 to 64, or two such as"),
        ("branch3x3.conv.kernel_size", True, "is True: it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.kernel_size", 10**12, "is 1000000000000: it must be a whole number from 1 to 64, or"),
        ("branch3x3.conv.stride", "", "is '': it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.dilation", 1.5, "is 1.5: it must be a whole number from 1 to 64, or two such as 1x7"),
        ("branch3x3.conv.groups", -1, "is -1: it must be a whole number from 1 to 262,144"),
        ("branch3x3.conv_2.out_channels", "8193", "is 8193: it must be a whole number from 1 to 8,192"),
        ("fc.out_features", None, "is None: it must be a whole number from 1 to 8,192"),
        ("x.depth_multiplier", 65, "is 65: it must be a whole number from 1 to 64"),
        ("concat.kind", "<b>add</b>", "is '<b>add</b>': it must be one of max, avg, concat, add, multiply"),
        ("concat.kind", "Add", "is 'Add': it must be one of max, avg, concat, add, multiply"),
        ("concat.kind", [], "is []: it must be one of max, avg, concat, add, multiply"),
        ("concat.kind", 1, "is 1: it must be one of max, avg, concat, add, multiply"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(key: str, value: object, message: str) -> None:
    assert complaint(lambda: Spec.make("inception_block", settings={key: value})).startswith(f"{key} {message}")


@pytest.mark.parametrize(
    "key", ["", ".", "kernel_size", ".kernel_size", "a.b", "branch3x3.conv.padding", "x.bias", "é.ü"]
)
def test_a_key_that_is_no_value_of_a_layer_is_no_setting(key: str) -> None:
    assert parse_value(key, 3) is None
    message = complaint(lambda: Spec.make("inception_block", settings={key: 3}))
    assert message.startswith(f"there is no setting of inception_block called {key!r}")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "branch9x9.conv.stride",
            "there is no layer 'branch9x9.conv' (did you mean branch5x5.conv or branch3x3.conv or branch1x1.conv?); ",
        ),
        ("<b>.stride", "there is no layer '<b>'; there is: branch1x1.conv, branch3x3.reduce"),
        (
            "branch3x3.conv_relu.stride",
            "there is no value of branch3x3.conv_relu (ReLU) called 'stride'; there is: none",
        ),
        ("branch3x3.conv.kind", "there is no value of branch3x3.conv (Conv2d) called 'kind'; there is: out_channels, "),
        ("input.stride", "there is no value of input (Input) called 'stride'; there is: none"),
    ],
)
def test_a_value_of_no_layer_is_named(key: str, message: str) -> None:
    value = "add" if key.endswith("kind") else 2
    assert complaint(lambda: build(Spec.make("inception_block", settings={key: value}))).startswith(message)


# Structure


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def after(*changes: str, graph: Graph = BLOCK) -> Graph:
    return with_changes(graph, map(parse_change, changes))


def test_a_layer_put_in_brings_what_stands_behind_the_others() -> None:
    graph = after("branch3x3.second:conv3x3:8@branch3x3.conv")
    second, relu = graph.by_name["branch3x3.second"], graph.by_name["branch3x3.second_relu"]
    assert second == Node("branch3x3.second", Conv2d(8, pair(3), padding=pair(1)), ("branch3x3.conv_relu",))
    assert relu.inputs == ("branch3x3.second",)
    assert graph.by_name["concat"].inputs[1] == "branch3x3.second_relu"
    residual = build(Spec.make("resnet18", module="layer1_block1", layers=["new:depthwise5x5@conv1"]))
    assert [name for name in names(residual) if name.startswith("new")] == ["new", "new_bn", "new_relu"]
    assert residual.by_name["new"].op == DepthwiseConv2d(pair(5), padding=pair(2), bias=False)
    pool = after("branch1x1.pool:avgpool1x3@branch1x1.conv").by_name["branch1x1.pool"]
    assert pool.op == AvgPool2d((1, 3), padding=(0, 1))


def test_a_branch_put_in_reads_what_the_others_read() -> None:
    graph = after("branch_new.conv:conv1x1:8>concat")
    assert graph.by_name["branch_new.conv"].inputs == ("input",)
    assert graph.by_name["concat"].inputs[-1] == "branch_new.conv_relu"
    whole = Spec.make("googlenet", layers=["inception_3b.branch_new.conv:maxpool3x3>inception_3b.concat"])
    assert build(whole).by_name["inception_3b.branch_new.conv"].inputs == ("inception_3a.concat",)


@pytest.mark.parametrize("prefix", ["", "inception_3b."])
def test_a_branch_beside_a_single_one_begins_where_that_begins(prefix: str) -> None:
    graph = build(Spec.make("googlenet")) if prefix else BLOCK
    gone = [f"-{prefix}{name}" for name in ("branch1x1", "branch3x3", "branch_pool")]
    grown = after(*gone, f"{prefix}new.conv:conv1x1:8>{prefix}concat", graph=graph)
    assert grown.by_name[f"{prefix}concat"].inputs == (f"{prefix}branch5x5.conv_relu", f"{prefix}new.conv_relu")
    assert grown.by_name[f"{prefix}new.conv"].inputs == graph.by_name[f"{prefix}branch5x5.reduce"].inputs


def test_a_layer_taken_out_goes_with_what_stands_behind_it() -> None:
    graph = after("-branch3x3.reduce")
    assert set(names(BLOCK)) - set(names(graph)) == {"branch3x3.reduce", "branch3x3.reduce_relu"}
    assert graph.by_name["branch3x3.conv"].inputs == ("input",)


@pytest.mark.parametrize("branch", ["branch1x1", "branch3x3", "branch5x5", "branch_pool"])
def test_a_branch_taken_out_is_gone_and_nothing_else(branch: str) -> None:
    graph = after(f"-{branch}")
    assert names(graph) == [name for name in names(BLOCK) if not name.startswith(f"{branch}.")]
    left_out = trace(BLOCK).totals.params - trace(graph).totals.params
    assert left_out == sum(row.params for row in trace(BLOCK).rows if row.name.startswith(branch))


@given(
    st.sampled_from([node.name for node in BLOCK.nodes]), st.sampled_from(["conv3x3:4", "depthwise3x3", "maxpool3x3"])
)
def test_what_is_put_in_and_taken_out_again_leaves_the_network(name: str, layer: str) -> None:
    assert after(f"new:{layer}@{name}", "-new") == BLOCK
    assert after(f"new.conv:{layer}>concat", "-new") == BLOCK


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            ["-branch9"],
            "there is no layer or branch 'branch9' (did you mean branch5x5 or branch3x3 or branch1x1?); ",
        ),
        (["-branch1x1", "-branch1x1"], "there is no layer or branch 'branch1x1'"),
        (["-input"], "input (Input) cannot be taken out: only a layer that reads one map can"),
        (["-concat"], "concat (Concat) cannot be taken out: only a layer that reads one map can"),
        (["x:conv1x1:4@nowhere"], "there is no layer 'nowhere'; there is: "),
        (["x:conv1x1:4>nowhere"], "there is no layer 'nowhere'; there is: "),
        (["x:conv1x1:4>branch1x1.conv"], "branch1x1.conv (Conv2d) joins no branches: a branch ends in a join"),
        (["concat:conv1x1:4@input"], "there is a layer concat already: a new one needs another name than concat"),
        (["branch1x1:conv1x1:4@input"], "there is a layer branch1x1.conv already: a new one needs another name than "),
        (["concat.x:conv1x1:4@input"], "there is a layer concat already: a new one needs another name than concat.x"),
        (
            [f"-{name}" for name in ("branch1x1", "branch3x3", "branch5x5", "branch_pool")],
            "branch_pool cannot be taken out: nothing else feeds concat",
        ),
    ],
)
def test_a_change_that_cannot_be_made_says_why(changes: list[str], message: str) -> None:
    assert complaint(lambda: build(Spec.make("inception_block", layers=changes))).startswith(message)


CHANGE = "it must be -NAME, NAME:LAYER@AFTER or NAME:LAYER>JOIN, such as branch3x3.second:conv3x3:64@branch3x3.conv"
LAYER = "it must be conv3x3:64, depthwise3x3, maxpool3x3 or avgpool3x3, with any window and number of filters"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *(
            (text, f"the change of layers is {text!r}: {CHANGE}")
            for text in (
                "",
                "-",
                "--a",
                "-a.",
                "-.a",
                "-1",
                "-é",
                "-<b>",
                "- a",
                "-a\n",
                "a",
                ":@",
                "a:@b",
                ":conv1x1:4@b",
                "a:conv1x1:4@",
                "a:conv1x1:4>",
                "a:conv1x1:4@b>c",
                "a@b",
                "1:conv1x1:4@b",
                "<i>a</i>:conv1x1:4@b",
                "same",
                7,
                None,
                [],
                "-" + "a" * 57,
            )
        ),
        ("a:same@b", f"the layer is 'same': {LAYER}"),
        ("a:conv3x3@b", f"the layer is 'conv3x3': {LAYER}"),
        ("a:conv3:64@b", f"the layer is 'conv3:64': {LAYER}"),
        ("a:conv3x3:@b", f"the layer is 'conv3x3:': {LAYER}"),
        ("a:conv3x3:-4@b", f"the layer is 'conv3x3:-4': {LAYER}"),
        ("a:conv3x3:9999999999@b", f"the layer is 'conv3x3:9999999999': {LAYER}"),
        ("a:maxpool3x3:64@b", f"the layer is 'maxpool3x3:64': {LAYER}"),
        ("a:depthwise3x3:2>b", f"the layer is 'depthwise3x3:2': {LAYER}"),
        ("a:linear:64@b", f"the layer is 'linear:64': {LAYER}"),
        ("a:conv3x3:0@b", "the number of filters is 0: it must be a whole number from 1 to 8,192"),
        ("a:conv3x3:8193@b", "the number of filters is 8193: it must be a whole number from 1 to 8,192"),
        ("a:conv0x3:4@b", "the side of the window is 0: it must be a whole number from 1 to 64"),
        ("a:conv3x65:4@b", "the side of the window is 65: it must be a whole number from 1 to 64"),
        ("a:maxpool٣x٣@b", "the side of the window is '٣': it must be a whole number from 1 to 64"),
    ],
)
def test_a_bad_change_is_named_with_what_is_allowed(text: object, message: str) -> None:
    wanted = message.replace(f"{text!r}:", f"{repr(text)[:40]}...:") if len(repr(text)) > 40 else message
    assert complaint(lambda: Spec.make("inception_block", layers=[text])) == wanted


def test_too_many_changes() -> None:
    message = complaint(lambda: Spec.make("lenet", layers=["-a"] * 65))
    assert message == "there are 65 changes of layers: at most 64 are allowed"
    assert complaint(lambda: Spec.make("lenet", layers="-a")) == "the layers are '-a': they must be a list of changes"


part = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,6}", fullmatch=True)
dotted = st.lists(part, min_size=1, max_size=3).map(".".join)
sides = st.integers(1, limits.MAX_WINDOW)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """Any change that can be written."""
    name, kind = draw(dotted), draw(st.sampled_from(["", "conv", "depthwise", "maxpool", "avgpool"]))
    if not kind:
        return Change(name)
    width = draw(st.integers(1, limits.MAX_LAYER_WIDTH)) if kind == "conv" else None
    ends = {draw(st.sampled_from(["after", "join"])): draw(dotted)}
    return Change(name, f"{kind}{draw(sides)}x{draw(sides)}", width, **ends)


@given(changes())
def test_a_change_reads_back(change: Change) -> None:
    assert parse_change(str(change)) == change
    assert parse_change(change) is change


@given(st.text(alphabet="-:@>.abx123 conv", max_size=24))
def test_any_text_is_a_change_or_an_explanation(text: str) -> None:
    try:
        assert parse_change(str(parse_change(text))) == parse_change(text)
    except ExplorerError as error:
        assert "\n" not in str(error)


# All of it together, against torch

CUT = [(id, module) for id in ARCHITECTURES for module in modules(id)[::4]]


@st.composite
def edits(draw: st.DrawFn) -> Spec:
    """A module with random values, layers, branches, and a verb; it need not be valid."""
    id, module = draw(st.sampled_from([*CUT, ("inception_block", "")]))
    spec = Spec.make(id, module=module)
    for place in range(draw(st.integers(0, 3))):
        spec = spec.with_(layers=[*spec.layers, draw(change_of(build(spec), place))])
    graph = build(spec)
    values = draw(st.lists(value_of(graph), max_size=4))
    spec = spec.with_(settings=values)
    if draw(st.booleans()):
        spec = spec.with_(rewrites=[draw(rewritten(node_prefixes(graph)))])
    return spec


@st.composite
def change_of(draw: st.DrawFn, graph: Graph, place: int) -> Change:
    shapes = trace(graph).rows if len(graph.shapes) == len(graph.nodes) else ()
    outs = sorted({row.out_shape[0] for row in shapes}) or [4]
    maps = [node.name for node in graph.nodes]
    joins = [node.name for node in graph.nodes if isinstance(node.op, Concat | Add | Multiply)]
    branches = {module_of(node.name) for node in graph.nodes if node.inputs} - {*maps}
    chains = [node.name for node in graph.nodes if len(node.inputs) == 1]
    kind = draw(st.sampled_from(["out", "branch out", "in", "branch in"]))
    if kind == "out" and chains:
        return Change(draw(st.sampled_from(chains)))
    if kind == "branch out" and len(branches) > 1 and _feeds_on(graph, gone := draw(st.sampled_from(sorted(branches)))):
        return Change(gone)
    layer = draw(st.sampled_from(["conv", "depthwise", "maxpool", "avgpool"]))
    width = draw(st.sampled_from(outs)) if layer == "conv" else None
    window = draw(st.sampled_from(["1x1", "3x3", "1x3", "5x5", "2x2"]))
    if kind == "branch in" and joins:
        return Change(f"new{place}.layer", f"{layer}{window}", width, join=draw(st.sampled_from(joins)))
    return Change(f"new{place}", f"{layer}{window}", width, after=draw(st.sampled_from(maps)))


def _feeds_on(graph: Graph, branch: str) -> bool:
    try:
        with_changes(graph, [Change(branch)])
    except ExplorerError:
        return False
    return True


@st.composite
def value_of(draw: st.DrawFn, graph: Graph) -> tuple[str, Value]:
    nodes = [node for node in graph.nodes if fields(node.op)]
    node = draw(st.sampled_from(nodes))
    name = draw(st.sampled_from(list(fields(node.op))))
    if name == "kind":
        return f"{node.name}.kind", draw(st.sampled_from(kinds(node.op)))
    few = {"groups": (1, 2, 4), "depth_multiplier": (1, 2), "stride": (1, 2)}
    value = draw(st.sampled_from(few.get(name, (1, 3, 5, "1x3"))) if "out_" not in name else st.integers(1, 96))
    return f"{node.name}.{name}", value


@settings(max_examples=40)
@given(edits())
def test_an_edited_module_is_what_torch_makes_of_it_or_names_the_node(spec: Spec) -> None:
    again = Spec.from_json(spec.to_json())
    assert again == spec == Spec.from_query({key: [value] for key, value in spec.to_query().items()})
    try:
        rows, error = analyse(spec)
    except ExplorerError as refused:  # such as an Add with one branch left, which is no network at all
        assert refused.node in spec.start.by_name
        return
    if error is not None:
        assert error.node in build(spec).by_name
        assert "\n" not in str(error)
        assert len(rows.rows) < len(build(spec).nodes)
        return
    assume(rows.totals.activations < 20_000_000)
    assert verify(build(spec)).differences == ()


def test_a_setting_named_like_a_layers_value_stays_beside_one() -> None:
    """`avg_pool.kernel_size` is a setting of GoogLeNet and a value of its layer as well."""
    both = {"avg_pool.kernel_size": 2, "conv1.conv.out_channels": 32}
    spec = Spec.make("googlenet", input="3x64x64", settings=both)
    assert dict(spec.settings) == both
    assert valid(spec).totals.params < valid(Spec.make("googlenet")).totals.params
