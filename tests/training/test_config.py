import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import limits
from explorer.errors import ExplorerError
from explorer.network import analyse
from explorer.spec import Spec
from explorer.training.config import (
    DATA,
    DEVICES,
    Done,
    Failed,
    Progress,
    TrainConfig,
    from_line,
    to_line,
    training_spec,
)
from explorer.zoo import ARCHITECTURES

finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(0, 10**9)
configs = st.builds(
    TrainConfig.make,
    data=st.sampled_from(list(DATA)),
    epochs=st.integers(1, limits.MAX_EPOCHS),
    batch=st.integers(2, limits.MAX_BATCH),
    lr=st.floats(0, limits.MAX_LEARNING_RATE, exclude_min=True),
    seed=st.integers(0, limits.MAX_SEED),
    device=st.sampled_from(DEVICES),
)
records = st.one_of(
    st.builds(Progress, whole, whole, whole, whole, finite, finite, finite, finite),
    st.builds(
        Done, st.none() | finite, st.none() | finite, finite, whole, finite, st.sampled_from(DEVICES), st.booleans()
    ),
    st.builds(Failed, st.text()),
)


@given(configs)
def test_a_configuration_survives_json(config: TrainConfig) -> None:
    assert TrainConfig.from_json(config.to_json()) == config


@given(configs)
def test_text_from_a_command_line_means_the_same(config: TrainConfig) -> None:
    assert TrainConfig.make(**{name: str(value) for name, value in config.model_dump().items()}) == config


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("epochs", 0, "the number of epochs is 0: it must be a whole number from 1 to 200"),
        ("epochs", 201, "the number of epochs is 201: it must be a whole number from 1 to 200"),
        ("epochs", 1.5, "the number of epochs is 1.5: it must be a whole number from 1 to 200"),
        ("batch", 1, "the batch size is 1: it must be a whole number from 2 to 2,048"),
        ("batch", "x", "the batch size is 'x': it must be a whole number from 2 to 2,048"),
        ("batch", 10**9, "the batch size is 1000000000: it must be a whole number from 2 to 2,048"),
        ("seed", -1, "the seed is -1: it must be a whole number from 0 to 2,147,483,647"),
        ("seed", True, "the seed is True: it must be a whole number from 0 to 2,147,483,647"),
        ("lr", 0, "the learning rate is 0: it must be a number above 0 and at most 10"),
        ("lr", "-1e-3", "the learning rate is -1e-3: it must be a number above 0 and at most 10"),
        ("lr", 10.1, "the learning rate is 10.1: it must be a number above 0 and at most 10"),
        ("lr", "nan", "the learning rate is nan: it must be a number above 0 and at most 10"),
        ("lr", "inf", "the learning rate is inf: it must be a number above 0 and at most 10"),
        ("lr", None, "the learning rate is None: it must be a number above 0 and at most 10"),
        ("lr", True, "the learning rate is True: it must be a number above 0 and at most 10"),
        ("lr", 10**400, f"the learning rate is {str(10**400)[:40]}: it must be a number above 0 and at most 10"),
        ("data", "cifar", "there is no data set 'cifar' (did you mean cifar10?); "
                          "there is: digits, fashion_mnist, cifar10"),
        ("data", ["digits"], "there is no data set \"['digits']\" (did you mean digits?); "
                             "there is: digits, fashion_mnist, cifar10"),
        ("device", "gpu", "there is no device 'gpu' (did you mean cpu?); there is: auto, cpu, cuda"),
        ("epoch", 3, "there is no training option 'epoch' (did you mean epochs?); "
                     "there is: data, epochs, batch, lr, seed, device"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_is_allowed(field: str, value: object, sentence: str) -> None:
    with pytest.raises(ExplorerError) as error:
        TrainConfig.make(**{field: value})
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "the training configuration is not valid JSON"),
        ("[" * 100_000, "the training configuration is not valid JSON"),
        ("[1]", "the training configuration must be a JSON object"),
        ('{"lr": NaN}', "the learning rate is nan"),
    ],
)
def test_a_broken_configuration_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ExplorerError, match=words):
        TrainConfig.from_json(text)


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TrainConfig().epochs = 3  # type: ignore[misc]


@given(records)
def test_a_record_survives_its_line(record: Progress | Done | Failed) -> None:
    line = to_line(record)
    assert "\n" not in line
    assert from_line(line) == record


def test_the_last_line_is_marked_and_no_other() -> None:
    assert json.loads(to_line(Done(0.5, 1.0, 2.0, 3, 4.0, "cpu")))["done"] is True
    assert json.loads(to_line(Failed("why")))["failed"] is True
    progress = json.loads(to_line(Progress(1, 2, 3, 4, 0.5, 0.5, 100.0, 1.0)))
    assert {"epoch", "step", "loss", "accuracy", "images_per_second"} <= set(progress)
    assert not {"done", "failed"} & set(progress)


@given(records, st.data())
def test_a_torn_line_is_no_record(record: Progress | Done | Failed, data: st.DataObject) -> None:
    line = to_line(record)
    with pytest.raises(ValueError):
        from_line(line[: data.draw(st.integers(0, len(line) - 1))])


@pytest.mark.parametrize(
    "line", ["5", "null", "[]", "{}", '{"done": true}', '{"failed": true, "why": 1}', '{"epoch": 1}']
)
def test_other_json_is_no_record(line: str) -> None:
    with pytest.raises(ValueError, match="not a record"):
        from_line(line)


@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("data", DATA)
def test_every_network_is_trained_with_the_classes_of_the_data(id: str, data: str) -> None:
    trace, error = analyse(training_spec(Spec.make(id), data))
    assert error is None
    assert trace.rows[-1].out_shape == (DATA[data].classes,)


def test_more_classes_stay_and_fewer_are_refused() -> None:
    assert training_spec(Spec.make("inception10", classes=12), "digits").classes == 12
    with pytest.raises(ExplorerError, match=r"the network has 9 classes and .* has 10: choose at least 10"):
        training_spec(Spec.make("inception10", classes=9), "digits")
