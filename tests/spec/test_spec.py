from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.edits.layers import Change, fields, kinds
from explorer.edits.rewrites import REWRITES, AppliedRewrite
from explorer.spec.base import base_of, modules
from explorer.spec.build import analyse, at_size, build
from explorer.spec.parse import parse_setting
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES
from tests.helpers.complaint import complaint
from tests.helpers.strategies import settings_of, specs

WIDTH = "inception_4b.width_5x5"
WIDTH_RULE = "it must be a whole number from 1 to 1,024"


@given(specs())
def test_json_brings_back_the_same_spec(spec: Spec) -> None:
    assert Spec.from_json(spec.to_json()) == spec


@given(specs())
def test_a_link_brings_back_the_same_spec(spec: Spec) -> None:
    assert Spec.from_query({key: [value] for key, value in spec.to_query().items()}) == spec


@given(specs(), st.randoms(use_true_random=False))
def test_equal_choices_are_equal_values_however_they_are_written(spec: Spec, random: Any) -> None:
    choice = spec.build_config
    settings = [(key, str(value)) for key, value in choice.settings.items()]
    rewrites = [str(rewrite) for rewrite in spec.rewrites] * 2
    random.shuffle(settings)
    random.shuffle(rewrites)
    again = Spec.make(
        spec.architecture,
        input="x".join(map(str, choice.input_shape)),
        classes=None if choice.classes is None else f" {choice.classes} ",
        settings=dict(settings),
        rewrites=rewrites,
    )
    assert again == spec
    assert hash(again) == hash(spec)
    assert again.to_json() == spec.to_json()


@given(specs())
def test_unedited_keeps_architecture_input_and_classes_only(spec: Spec) -> None:
    assert spec.unedited == Spec.make(spec.architecture, input=spec.input, classes=spec.classes)


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_defaults_stay_out_of_what_is_written(id: str) -> None:
    entry = ARCHITECTURES[id]
    spec = Spec.make(
        id, input=entry.input_shape, classes=entry.classes, settings={k: s.default for k, s in entry.settings.items()}
    )
    assert json.loads(spec.to_json()) == {"architecture": id}
    assert spec.to_query() == {"network": id}


def test_every_field_in_json_and_in_a_link() -> None:
    spec = Spec.make(
        "googlenet",
        input="1x96x64",
        classes="10",
        settings={WIDTH: "96", "inception_3a.width_1x1": 32},
        rewrites=["batch_norm", "stack_5x5@inception_3a"],
    )
    assert json.loads(spec.to_json()) == {
        "architecture": "googlenet",
        "input": [1, 96, 64],
        "classes": 10,
        "settings": {"inception_3a.width_1x1": 32, WIDTH: 96},
        "rewrites": ["stack_5x5@inception_3a", "batch_norm"],
    }
    assert spec.to_query() == {
        "network": "googlenet",
        "input": "1x96x64",
        "classes": "10",
        "inception_3a.width_1x1": "32",
        WIDTH: "96",
        "rewrite": "stack_5x5@inception_3a,batch_norm",
    }


def test_the_last_of_two_values_counts() -> None:
    assert Spec.make("googlenet", settings=[(WIDTH, 32), (WIDTH, 64)]) == Spec.make("googlenet")
    assert Spec.from_query({"network": ["googlenet", "inception10"], "classes": []}) == Spec.make("inception10")


def test_an_empty_link_is_the_default_network() -> None:
    assert Spec.from_query({}) == Spec.make("googlenet")


def test_one_setting_is_changed_and_the_rest_kept() -> None:
    spec = Spec.make("googlenet", settings={WIDTH: 96}, rewrites=["batch_norm"])
    changed = spec.with_setting("inception_3a.width_1x1", 32)
    assert changed.settings == (("inception_3a.width_1x1", 32), (WIDTH, 96))
    assert changed.rewrites == spec.rewrites
    assert changed.with_setting("inception_3a.width_1x1", 64) == spec


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (-1, "-1"),
        (10**9, "1000000000"),
        ("0", "0"),
        ("x", "'x'"),
        (1.5, "1.5"),
        ("1.5", "'1.5'"),
        ("1e3", "'1e3'"),
        (64.0, "64.0"),
        (float("nan"), "nan"),
        (True, "True"),
        (None, "None"),
        ("", "''"),
        ("-", "'-'"),
        ("--5", "'--5'"),
        ("+5", "'+5'"),
        ("1_0", "'1_0'"),
        ("٣٢", "'٣٢'"),  # Arabic-Indic digits
        ("³", "'³'"),
        ("5\n6", r"'5\n6'"),
        ([64], "[64]"),
        ("9" * 10_000, f"'{'9' * 39}..."),
    ],
)
def test_a_bad_width_is_named_with_what_is_allowed(value: object, shown: str) -> None:
    assert complaint(lambda: Spec.make("googlenet", settings={WIDTH: value})) == f"{WIDTH} is {shown}: {WIDTH_RULE}"


def test_a_number_that_python_refuses_to_write_out() -> None:
    message = complaint(lambda: Spec.make("googlenet", settings={WIDTH: 10**10_000}))
    assert message == f"{WIDTH} is too large to show: {WIDTH_RULE}"


@pytest.mark.parametrize("id", [id for id, entry in ARCHITECTURES.items() if entry.settings])
def test_every_setting_is_held_to_its_bounds(id: str) -> None:
    for key, setting in ARCHITECTURES[id].settings.items():
        for value in (setting.minimum, setting.maximum):
            assert Spec.make(id, settings={key: value}).build_config.settings[key] == value
        for value in (setting.minimum - 1, setting.maximum + 1):
            bounds = f"a whole number from {setting.minimum:,} to {setting.maximum:,}"
            allowed = "one of yes, true, on, 1, no, false, off, 0" if setting.is_switch else bounds
            told = complaint(lambda key=key, value=value: Spec.make(id, settings={key: value}))
            assert told == f"{key} is {value}: it must be {allowed}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("3x224", "the input is '3x224': it must be channels x height x width, such as 3x224x224"),
        ("1x2x3x4", "the input is '1x2x3x4': it must be channels x height x width, such as 3x224x224"),
        ("", "the input is '': it must be channels x height x width, such as 3x224x224"),
        (7, "the input is 7: it must be channels x height x width, such as 3x224x224"),
        ([3, 224], "the input is [3, 224]: it must be channels x height x width, such as 3x224x224"),
        ("0x9x9", "the number of input channels is 0: it must be a whole number from 1 to 8,192"),
        ("3x-1x9", "the input height is -1: it must be a whole number from 1 to 1,024"),
        ("3x9x1025", "the input width is 1025: it must be a whole number from 1 to 1,024"),
        ("3x9xa", "the input width is 'a': it must be a whole number from 1 to 1,024"),
        ([3, 9.5, 9], "the input height is 9.5: it must be a whole number from 1 to 1,024"),
    ],
)
def test_a_bad_input_is_named_with_what_is_allowed(value: object, message: str) -> None:
    assert complaint(lambda: Spec.make("googlenet", input=value)) == message


@pytest.mark.parametrize("value", [0, 22_001, "ten", 1.5, True, [10]])
def test_a_bad_number_of_classes(value: object) -> None:
    message = complaint(lambda: Spec.make("googlenet", classes=value))
    assert message == f"the number of classes is {value!r}: it must be a whole number from 1 to 22,000"


def test_unknown_names_list_what_there_is() -> None:
    assert complaint(lambda: Spec.make("googlenett")) == (
        "there is no architecture 'googlenett' (did you mean googlenet or googlenet_paper or lenet?); "
        f"there is: {', '.join(ARCHITECTURES)}"
    )
    assert complaint(lambda: Spec.make("googlenet", rewrites=["batchnorm"])) == (
        f"there is no rewrite 'batchnorm' (did you mean batch_norm or no_batch_norm?); there is: {', '.join(REWRITES)}"
    )
    assert complaint(lambda: Spec.make("inception10", settings={"init_chs": 8})) == (
        "there is no setting of inception10 called 'init_chs' (did you mean init_ch?); there is: num_blocks, init_ch"
    )
    assert complaint(lambda: build(Spec.make("inception10", rewrites=["separable@block_9"]))) == (
        "there is no module 'block_9' (did you mean block_2 or block_1?); "
        "there is: stem, block_1, block_2, avg_pool, flatten, fc"
    )


def test_every_window_that_is_too_large_shrinks() -> None:
    spec = at_size(Spec.make("googlenet_paper"), 64)
    assert dict(spec.settings) == {"avg_pool.kernel_size": 2, "auxiliary_kernel_size": 4}
    assert analyse(spec).error is None
    assert analyse(spec.with_setting("auxiliary_kernel_size", 5)).error is not None


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_a_small_size_is_as_little_more_as_the_network_needs(id: str) -> None:
    spec = at_size(Spec.make(id), 20)
    _, height, width = spec.build_config.input_shape
    assert analyse(spec).error is None
    assert height == width >= 20
    assert height == 20 or analyse(spec.with_(input=(spec.build_config.input_shape[0], height - 1, width - 1))).error


def test_long_unknown_names_are_cut() -> None:
    assert "x" * 81 not in complaint(lambda: Spec.make("x" * 10_000))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{",
            "the specification is not valid JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)",
        ),
        ("", "the specification is not valid JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "the specification must be a JSON object with an architecture"),
        ('"googlenet"', "the specification must be a JSON object with an architecture"),
        ("{}", f"there is no architecture ''; there is: {', '.join(ARCHITECTURES)}"),
        (
            '{"architecture": "googlenet", "widths": {}}',
            "there is no field 'widths' in a specification; "
            "there is: architecture, input, classes, settings, rewrites, module, layers",
        ),
        (
            '{"architecture": "googlenet", "cls": 1}',
            "there is no field 'cls' in a specification; "
            "there is: architecture, input, classes, settings, rewrites, module, layers",
        ),
        (
            '{"architecture": "googlenet", "settings": [1]}',
            "the settings must be an object of names and whole numbers",
        ),
        (
            '{"architecture": "googlenet", "rewrites": "batch_norm"}',
            "the rewrites are 'batch_norm': they must be a list of VERB or VERB@PREFIX",
        ),
        (
            '{"architecture": "googlenet", "rewrites": [7]}',
            "the rewrite is 7: it must be VERB, VERB@PREFIX or VERB:VALUE@PREFIX",
        ),
        ("[" * 9_000, "the specification nests too deeply or holds a number of too many digits"),
        ("1" * 9_000, "the specification nests too deeply or holds a number of too many digits"),
        ("x" * 20_000, "the specification has 20,000 characters: at most 16,384 are allowed"),
    ],
)
def test_bad_json_is_named(text: str, message: str) -> None:
    assert complaint(lambda: Spec.from_json(text)) == message


@pytest.mark.parametrize("data", [{}, {"classes": 3}, {"architecture": 3}, [], None, "googlenet"])
def test_a_spec_is_an_object_with_an_architecture(data: object) -> None:
    with pytest.raises(ValidationError, match="a network is an object with an architecture"):
        Spec.model_validate(data)


def test_a_key_that_is_no_text_is_unknown() -> None:
    text = '{"architecture": "inception10", "settings": [[["init_ch"], 8]]}'
    assert complaint(lambda: Spec.from_json(text)).startswith("there is no setting of inception10 called")


def test_bad_links_are_named() -> None:
    assert complaint(lambda: Spec.from_query({"colour": ["red"]})).startswith(
        "there is no setting of googlenet called 'colour'"
    )
    assert complaint(lambda: Spec.from_query({WIDTH: ["0"]})) == f"{WIDTH} is 0: {WIDTH_RULE}"
    assert complaint(lambda: Spec.from_query({"rewrite": ["x" * 20_000]})) == (
        "the link is too long: at most 16,384 characters are allowed"
    )


def test_too_many_rewrites() -> None:
    many = [AppliedRewrite("batch_norm", f"m{i}") for i in range(limits.MAX_REWRITES + 1)]
    assert complaint(lambda: Spec.make("googlenet", rewrites=many)) == "there are 65 rewrites: at most 64 are allowed"


@pytest.mark.parametrize("text", ["init_ch", "=8", ""])
def test_a_setting_needs_key_and_value(text: str) -> None:
    message = complaint(lambda: parse_setting(text))
    assert message == f"the setting is {text!r}: it must be KEY=VALUE, such as inception_4b.width_5x5=64"


# Modules, layers and their values


@st.composite
def edited_specs(draw: st.DrawFn) -> Spec:
    """A spec with values of layers, and maybe a module and changes of layers; its network need not be valid."""
    id = draw(st.sampled_from(list(ARCHITECTURES)))
    module = draw(st.sampled_from(("", *modules(id))))
    base = base_of(id, module)
    nodes = [node for node in base.graph(base.input_shape, base.classes).nodes if fields(node.op)]
    values: dict[str, Any] = {}
    for node in draw(st.lists(st.sampled_from(nodes), max_size=4)):
        name = draw(st.sampled_from(list(fields(node.op))))
        sizes = st.just(3)
        if name in ("kernel_size", "stride", "dilation"):
            # What a setting of the architecture stands for is a whole number, as the setting is.
            is_setting = f"{node.name}.{name}" in {setting.layer for setting in base.settings.values()}
            sizes = st.sampled_from([1, 2, 3] if is_setting else [1, 2, 3, "1x7", "5x5"])
        values[f"{node.name}.{name}"] = draw(st.sampled_from(kinds(node.op)) if name == "kind" else sizes)
    names = st.sampled_from([node.name for node in nodes])
    change = names.map("-{}".format) | names.map("new.x:conv3x3:4@{}".format) | names.map("new:maxpool2x2>{}".format)
    own = draw(settings_of(base.entry)) if not module else {}
    return Spec.make(id, module=module, settings={**values, **own}, layers=draw(st.lists(change, max_size=3)))


@given(edited_specs())
def test_edited_specs_come_back_from_json_and_from_a_link(spec: Spec) -> None:
    assert Spec.from_json(spec.to_json()) == spec
    assert Spec.from_query({key: [value] for key, value in spec.to_query().items()}) == spec
    assert spec.with_() == spec
    assert hash(spec.with_()) == hash(spec)


@given(edited_specs(), st.randoms(use_true_random=False))
def test_the_order_of_settings_does_not_matter(spec: Spec, random: Any) -> None:
    pairs = [(key, str(value)) for key, value in spec.settings]
    random.shuffle(pairs)
    again = Spec.make(spec.architecture, module=spec.module, layers=[*map(str, spec.layers)], settings=pairs)
    assert again == spec
    assert again.to_json() == spec.to_json()


@given(edited_specs())
def test_what_is_edited_is_counted_and_taken_back(spec: Spec) -> None:
    assert spec.edits == len(spec.settings) + len(spec.layers)
    assert {*spec.settings} - {*spec.values} == {pair for pair in spec.settings if pair[0] in spec.base.settings}
    assert spec.unedited == Spec.make(spec.architecture, module=spec.module)
    assert spec.unedited.edits == 0


@pytest.mark.parametrize("id", ARCHITECTURES)
def test_values_set_back_to_what_they_are_vanish(id: str) -> None:
    for module in ("", *modules(id)[:2]):
        base = base_of(id, module)
        classifier = {"fc.out_features", "output.out_features"}
        usual = {
            f"{node.name}.{name}": value
            for node in base.graph(base.input_shape, base.classes).nodes
            for name, value in fields(node.op).items()
            if name != "out_features"
        }
        assert not classifier & usual.keys()
        assert Spec.make(id, module=module, settings=usual) == Spec.make(id, module=module)
        assert Spec.make(id, module=module, settings={k: str(v) for k, v in usual.items()}).edits == 0


def test_a_value_beside_a_setting_is_held_against_that_setting() -> None:
    # The setting changes the width; the value says the old one again.
    moved = Spec.make("inception10", settings={"init_ch": 8})
    key = "block_1.unit_1.branch1x1.conv.out_channels"
    width = build(moved).by_name[key.rpartition(".")[0]].op.out_channels
    assert moved.with_setting(key, width) == moved
    kept = moved.with_setting(key, 2 * width)
    assert dict(kept.settings) == {"init_ch": 8, key: 2 * width}
    assert build(kept).by_name[key.rpartition(".")[0]].op.out_channels == 2 * width


def test_a_width_by_its_layer_is_the_setting_and_has_its_bounds() -> None:
    layer = "inception_4b.branch5x5.conv.out_channels"
    assert Spec.make("googlenet", settings={layer: 96}) == Spec.make("googlenet", settings={WIDTH: 96})
    assert Spec.make("googlenet", settings=[(WIDTH, 32), (layer, 64)]) == Spec.make("googlenet")
    assert complaint(lambda: Spec.make("googlenet", settings={layer: 2_000})) == f"{WIDTH} is 2000: {WIDTH_RULE}"
    # Within a module there are no settings.
    cut = Spec.make("googlenet", module="inception_4b", settings={"branch5x5.conv.out_channels": 2_000})
    assert cut.values == (("branch5x5.conv.out_channels", 2_000),)


def test_the_order_of_layers_matters() -> None:
    one, two = "new:conv1x1:4@branch1x1.conv", "-branch1x1.conv"
    kept = [Spec.make("inception_block", layers=layers) for layers in ([one, two], [two, one])]
    assert kept[0] != kept[1]
    assert "new" in build(kept[0]).by_name
    assert complaint(lambda: build(kept[1])).startswith("there is no layer 'branch1x1.conv'")


def test_modules_layers_and_values_in_json_and_in_a_link() -> None:
    spec = Spec.make(
        "googlenet",
        module="inception_3a",
        settings={"branch5x5.conv.kernel_size": "7x7", "concat.kind": "add"},
        layers=["-branch_pool", "branch3x3.second:conv1x7:64@branch3x3.conv"],
        rewrites=["batch_norm"],
    )
    assert json.loads(spec.to_json()) == {
        "architecture": "googlenet",
        "settings": {"branch5x5.conv.kernel_size": 7, "concat.kind": "add"},
        "rewrites": ["batch_norm"],
        "module": "inception_3a",
        "layers": ["-branch_pool", "branch3x3.second:conv1x7:64@branch3x3.conv"],
    }
    assert spec.to_query() == {
        "network": "googlenet",
        "module": "inception_3a",
        "branch5x5.conv.kernel_size": "7",
        "concat.kind": "add",
        "layers": "-branch_pool,branch3x3.second:conv1x7:64@branch3x3.conv",
        "rewrite": "batch_norm",
    }


@pytest.mark.parametrize("module", [3, None, ["inception_3a"], {"a": 1}, "Inception_3a", "inception_3a.", "٣"])
def test_a_bad_module_is_named(module: object) -> None:
    message = complaint(lambda: Spec.make("googlenet", module=module))
    assert message.startswith(f"there is no module of googlenet called {str(module)!r}")


FIELDS = ["architecture", "input", "classes", "settings", "rewrites", "cls", "self"]
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), inner, max_size=4),
    max_leaves=8,
)
near_misses = st.fixed_dictionaries(
    {"architecture": st.sampled_from(list(ARCHITECTURES)) | junk},
    optional={
        "input": junk | st.lists(st.integers(-1, 2000), min_size=3, max_size=3),
        "classes": junk,
        "settings": junk
        | st.dictionaries(st.sampled_from([WIDTH, "init_ch", "width_pool", "concat.kind", "fc.stride"]), junk),
        "rewrites": junk | st.lists(st.sampled_from(["batch_norm", "separable@", "@", "x@y"]) | junk),
        "cls": junk,
        "module": junk | st.sampled_from(["", "inception_3a", "block_1"]),
        "layers": junk
        | st.lists(st.sampled_from(["-branch1x1", "a:conv3x3:8@b", "-fc", "x:maxpool3x3>concat"]) | junk),
    },
)


def accepted_or_explained(make: Any) -> None:
    """Either a spec, or one sentence; a spec that is accepted can be built or says why not."""
    try:
        analyse(make())
    except ExplorerError as error:
        assert str(error)
        assert "\n" not in str(error)


@given(st.text() | near_misses.map(json.dumps) | junk.map(json.dumps))
def test_any_text_is_a_spec_or_an_explanation(text: str) -> None:
    accepted_or_explained(lambda: Spec.from_json(text))


@given(near_misses)
def test_any_values_are_a_spec_or_an_explanation(fields: dict[str, Any]) -> None:
    architecture = str(fields.pop("architecture"))
    accepted_or_explained(lambda: Spec.make(architecture, **fields))


@given(
    st.dictionaries(
        st.sampled_from(["network", "input", "classes", "rewrite", WIDTH, "init_ch", "module", "layers", "concat.kind"])
        | st.text(),
        st.lists(st.sampled_from([*ARCHITECTURES, "batch_norm,separable", "3x32x32", "8"]) | st.text(), max_size=3),
        max_size=5,
    )
)
def test_any_link_is_a_spec_or_an_explanation(query: dict[str, list[str]]) -> None:
    accepted_or_explained(lambda: Spec.from_query(query))


@given(specs())
def test_any_valid_spec_is_analysed_up_to_its_first_fault(spec: Spec) -> None:
    trace, error = analyse(spec)
    nodes = build(spec).nodes
    assert [row.name for row in trace.rows] == [node.name for node in nodes[: len(trace.rows)]]
    if error is None:
        assert len(trace.rows) == len(nodes)
    else:
        assert error.node == nodes[len(trace.rows)].name


def test_what_was_put_in_and_taken_out_leaves_no_trace() -> None:
    base_of = Spec.make("googlenet", module="inception_3a")
    new = Change("branch_new1.layer", "conv1x1", 32, join="concat")
    behind = Change("branch_new1.layer_2", "conv3x3", 32, after="branch_new1.layer")
    both = base_of.with_change(new).with_change(behind).with_setting("branch_new1.layer_2.out_channels", 48)
    assert both.with_change(Change("branch_new1.layer_2")) == base_of.with_change(new)
    assert both.with_change(Change("branch_new1")) == base_of
    # What others stand behind is taken out by a change of its own.
    assert len(both.with_change(Change("branch_new1.layer")).layers) == 3


def test_what_is_taken_out_takes_its_values_along() -> None:
    base_of = Spec.make("googlenet", module="inception_3a", settings={"branch_pool.conv.out_channels": 40})
    gone = base_of.with_change(Change("branch_pool"))
    assert gone.settings == ()
    assert not any(node.name.startswith("branch_pool.") for node in build(gone).nodes)


def test_the_value_that_a_layer_was_put_in_with_is_no_edit() -> None:
    layers = ["branch3x3.more:conv3x3:64@branch3x3.conv"]
    spec = Spec.make("googlenet", module="inception_3a", layers=layers)
    assert spec.with_setting("branch3x3.more.out_channels", 64) == spec
    assert spec.with_setting("branch3x3.more.out_channels", 65) != spec
