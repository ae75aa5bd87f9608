import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs.config import AUGMENTATIONS, DEVICES, MODES, OPTIMIZERS, PRECISIONS, TrainConfig, training_spec
from explorer.runs.datasets import SETS
from explorer.runs.schedule import SCHEDULES
from explorer.spec.build import analyse
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES

configs = st.builds(
    TrainConfig.make,
    data=st.sampled_from(list(SETS)),
    epochs=st.integers(1, limits.MAX_EPOCHS),
    seconds=st.none() | st.integers(1, limits.MAX_RUN_SECONDS),
    batch=st.integers(2, limits.MAX_BATCH),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    lr=st.floats(0, limits.MAX_LEARNING_RATE, exclude_min=True),
    schedule=st.sampled_from(list(SCHEDULES)),
    weight_decay=st.floats(0, limits.MAX_WEIGHT_DECAY),
    label_smoothing=st.floats(0, limits.MAX_LABEL_SMOOTHING),
    dropout=st.none() | st.floats(0, limits.MAX_DROPOUT),
    augmentation=st.sampled_from(list(AUGMENTATIONS)),
    mode=st.sampled_from(list(MODES)),
    precision=st.sampled_from(list(PRECISIONS)),
    seed=st.integers(0, limits.MAX_SEED),
    device=st.sampled_from(list(DEVICES)),
)


@given(configs)
def test_a_configuration_survives_json(config: TrainConfig) -> None:
    assert TrainConfig.from_json(config.to_json()) == config


@given(configs)
def test_text_from_a_command_line_means_the_same(config: TrainConfig) -> None:
    assert (
        TrainConfig.make(**{name: "" if value is None else str(value) for name, value in config.model_dump().items()})
        == config
    )


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
        ("lr", "-1e-3", "the learning rate is -0.001: it must be a number above 0 and at most 10"),
        ("lr", 10.1, "the learning rate is 10.1: it must be a number above 0 and at most 10"),
        ("lr", "nan", "the learning rate is 'nan': it must be a number above 0 and at most 10"),
        ("lr", "inf", "the learning rate is 'inf': it must be a number above 0 and at most 10"),
        ("lr", None, "the learning rate is None: it must be a number above 0 and at most 10"),
        ("lr", True, "the learning rate is True: it must be a number above 0 and at most 10"),
        ("lr", 10**400, f"the learning rate is 1{'0' * 39}...: it must be a number above 0 and at most 10"),
        ("weight_decay", -0.1, "the weight decay is -0.1: it must be a number from 0 to 1"),
        ("label_smoothing", 1, "the label smoothing is 1: it must be a number from 0 to 0.9"),
        ("dropout", "half", "the dropout is 'half': it must be a number from 0 to 0.95"),
        ("seconds", 0, "the time budget in seconds is 0: it must be a whole number from 1 to 3,600"),
        ("optimizer", "sdg", "there is no optimizer 'sdg' (did you mean sgd?); there is: adamw, adam, sgd"),
        ("schedule", "cosin", "there is no schedule 'cosin' (did you mean cosine?); "
                              "there is: one_cycle, cosine, step, constant"),
        ("precision", "fp16", "there is no precision 'fp16'; there is: auto, float32, bfloat16"),
        ("data", "cifar", "there is no data set 'cifar' (did you mean cifar10?); "
                          f"there is: {', '.join(SETS)}"),
        ("data", ["digits"], "there is no data set \"['digits']\" (did you mean digits?); "
                             f"there is: {', '.join(SETS)}"),
        ("device", "gpu", "there is no device 'gpu' (did you mean cpu?); there is: auto, cpu, cuda"),
        ("epoch", 3, "there is no training option 'epoch' (did you mean epochs?); "
                     f"there is: {', '.join([*TrainConfig.model_fields][:12])} and 3 more"),
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


@pytest.mark.parametrize("id", ARCHITECTURES)
@pytest.mark.parametrize("data", SETS)
def test_every_network_is_trained_with_the_classes_of_the_data(id: str, data: str) -> None:
    trace, error = analyse(training_spec(Spec.make(id), data))
    assert error is None
    assert trace.rows[-1].out_shape == (SETS[data].info.classes,)


def test_more_classes_stay_and_fewer_are_refused() -> None:
    assert training_spec(Spec.make("inception10", classes=12), "digits").classes == 12
    with pytest.raises(ExplorerError, match=r"the network has 9 classes and .* has 10: choose at least 10"):
        training_spec(Spec.make("inception10", classes=9), "digits")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "AdamW, learning rate 0.002 (one-cycle), 8 epochs in batches of 32, weight decay 0.01, seed 0"),
        (
            {"optimizer": "sgd", "lr": 0.1, "schedule": "constant", "seconds": 60, "weight_decay": 0, "seed": 3,
             "dropout": 0, "augmentation": "shift", "mode": "always_train", "precision": "bfloat16"},
            "SGD, learning rate 0.1 (constant), 60 s in batches of 32, weight decay 0, "
            "seed 3, dropout 0, shift by up to an eighth, train() all the time, bfloat16",
        ),
    ],
)  # fmt: skip
def test_a_line_says_how_it_trains(fields: dict[str, object], words: str) -> None:
    assert TrainConfig.make(**fields).words == words


@given(configs, configs)
def test_two_trainings_that_read_alike_train_alike(one: TrainConfig, other: TrainConfig) -> None:
    """But for the images, the device, and digits beyond those that are written."""
    for name in ("mode", "augmentation", "optimizer", "schedule", "seed", "batch", "precision"):
        changed = one.with_(**{name: getattr(other, name)})
        assert (changed.words == one.words) == (changed == one)
