import os
import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain, islice, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.data import Split, load
from explorer.backend.torch_module import GraphModule
from explorer.backend.train import checkpoint, loop
from explorer.backend.train.initialise import initialise
from explorer.backend.train.learner import Learner
from explorer.backend.train.loop import epoch_order, train
from explorer.backend.train.meter import Clock
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs.config import MODES, OPTIMIZERS, TrainConfig, training_spec
from explorer.runs.events import Finished, Progress, Validation
from explorer.runs.paths import CHECKPOINT
from explorer.runs.schedule import SCHEDULES
from explorer.spec.build import build
from explorer.spec.spec import Spec
from explorer.zoo import architecture
from tests.helpers.networks import OVERFLOWING, OVERFLOWS, TINY
from tests.helpers.torch_tools import count

pytestmark = pytest.mark.usefixtures("one_thread")
SHORT = TrainConfig.make(epochs=2, batch=128, device="cpu")
STEPS = 2 * (1_438 // 128)
SMALL = {key: 8 for key in architecture("googlenet").settings}


def curve(spec: Spec, config: TrainConfig, *how: object) -> list[tuple[float | None, float | None]]:
    """What a run measures that does not depend on the machine."""
    return [(r.loss, r.accuracy) for r in train(spec, config, *how)]  # type: ignore[union-attr, arg-type]


@cache
def whole_curve(spec: Spec, config: TrainConfig) -> list[tuple[float | None, float | None]]:
    """That of a run from its start to its end, trained once for all tests."""
    return curve(spec, config)


def test_the_same_seed_gives_the_same_curve_bit_for_bit_and_another_seed_another() -> None:
    first = whole_curve(TINY, SHORT)
    torch.rand(7)
    assert curve(TINY, SHORT) == first
    other = curve(TINY, SHORT.model_copy(update={"seed": 1}))
    assert len(other) == len(first)
    assert all(a != b for a, b in zip(first, other, strict=True))


def plain_losses(spec: Spec, config: TrainConfig, steps: int, jolt: int = 0) -> Iterator[float]:
    """The same training as anybody would write it: no channels-last, no fused optimiser.

    With a jolt, which is a seed, each first weight is moved up or down by as much as it can be rounded.
    """
    digits = load("digits", torch.device("cpu"))
    graph = build(training_spec(spec, "digits"))
    model = GraphModule(graph).train(config.mode != "always_eval")
    initialise(model, config.seed)
    if jolt:
        random = torch.Generator().manual_seed(jolt)
        for weight in model.parameters():
            signs = torch.randint(2, weight.shape, generator=random) * 2 - 1
            weight.data.mul_(1 + signs * torch.finfo(weight.dtype).eps)
    decayed = [p for name, p in model.named_parameters() if name.endswith("weight") and "_bn" not in name]
    free = [p for name, p in model.named_parameters() if name.endswith("bias") or "_bn" in name]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free, "weight_decay": 0}]
    optimiser = {
        "adamw": lambda: torch.optim.AdamW(groups, lr=1, foreach=False),
        "adam": lambda: torch.optim.Adam(groups, lr=1, foreach=False),
        "sgd": lambda: torch.optim.SGD(groups, lr=1, momentum=0.9, nesterov=True, foreach=False),
    }[config.optimizer]()
    order = epoch_order(1_438, config.seed, 1)
    pixels = digits.train.images.to(torch.get_default_dtype())
    for step in range(steps):
        chosen = order[step * config.batch : (step + 1) * config.batch]
        x = (pixels[chosen] - pixels.mean()) / pixels.std()
        x = F.interpolate(x, size=graph.input_shape[1:], mode="bilinear").repeat(1, graph.input_shape[0], 1, 1)
        for group in optimiser.param_groups:
            share = (step + 1) / (config.epochs * (1_438 // config.batch) + 1)
            group["lr"] = config.lr * SCHEDULES[config.schedule].rate(share)
        loss = nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)(model(x), digits.train.labels[chosen])
        model.zero_grad()
        loss.backward()
        optimiser.step()
        yield loss.item()


@pytest.fixture
def double() -> Iterator[None]:
    """Everything in 64 bits: Adam makes steps out of rounding where a gradient should be zero."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize(("input", "mode"), [("1x8x8", "usual"), ("3x16x12", "usual"), ("1x8x8", "always_eval")])
def test_the_losses_are_those_of_a_plain_loop(input: str, mode: str) -> None:
    spec, config = Spec.make("inception10", input=input, settings={"init_ch": 4}), SHORT.with_(mode=mode)
    ours = [record.loss for record in islice(train(spec, config), 8)]
    assert ours == pytest.approx(list(plain_losses(spec, config, 8)), abs=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_losses_in_32_bits_are_those_of_a_plain_loop(optimizer: str) -> None:
    config = TrainConfig.make(
        epochs=2, batch=64, lr=0.01, optimizer=optimizer, schedule="cosine", label_smoothing=0.1, device="cpu"
    )
    ours = [record.loss for record in islice(train(TINY, config), 20)]
    plain = list(plain_losses(TINY, config, 20))
    # Adam makes whole steps out of rounding: losses are as near as those of the plain loop are to each other
    # where each of its first weights is rounded otherwise.
    jolted = [list(plain_losses(TINY, config, 20, jolt=seed)) for seed in range(1, 9)]
    rounding = max(abs(a - b) for losses in jolted for a, b in zip(losses, plain, strict=True))
    assert rounding < 0.01
    assert ours == pytest.approx(plain, abs=max(1e-5, 4 * rounding))


def test_records_count_steps_images_and_seconds_upwards() -> None:
    *found, done = train(TINY, SHORT)
    progress = [record for record in found if isinstance(record, Progress)]
    assert [record.step for record in progress] == list(range(1, STEPS + 1))
    assert [record.share for record in progress] == [step / STEPS for step in range(1, STEPS + 1)]
    assert [record.epoch for record in progress] == [1] * (STEPS // 2) + [2] * (STEPS // 2)
    assert [(r.epoch, r.step) for r in found if isinstance(r, Validation)] == [(1, STEPS // 2), (2, STEPS)]
    assert all(a.seconds <= b.seconds for a, b in pairwise([*found, done]))
    assert all(record.images_per_second > 0 for record in [*progress, done])
    assert all((record.accuracy * 128).is_integer() for record in progress)
    assert all(record.memory > 0 for record in progress)
    assert isinstance(done, Finished)
    assert done.params == count(GraphModule(build(training_spec(TINY, "digits"))))
    assert (done.stopped, done.device, done.precision) == (False, "cpu", "float32")
    assert (done.loss, done.accuracy) == (found[-1].loss, found[-1].accuracy)


@pytest.mark.parametrize("points", [400, 2])
def test_images_a_second_are_those_of_the_steps(points: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a test nor a checkpoint nor the pause of a run that was stopped is time of its steps."""
    now = 0.0

    def passes(seconds: float, what: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*args: object) -> object:
            nonlocal now
            now += seconds
            return what(*args)

        return slow

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    monkeypatch.setattr(limits, "MAX_POINTS", points)
    monkeypatch.setattr(Learner, "step", passes(0.5, Learner.step))
    monkeypatch.setattr(Learner, "validate", passes(100, Learner.validate))
    monkeypatch.setattr(checkpoint, "save", passes(100, checkpoint.save))
    found = list(train(TINY, SHORT, after(18), tmp_path))
    now += 100
    found += train(TINY, SHORT, folder=tmp_path)
    rates = [record.images_per_second for record in found if isinstance(record, Progress | Finished)]
    assert len(rates) > 3
    assert rates == [pytest.approx(128 / 0.5)] * len(rates)


def test_few_records_hold_the_means_of_the_steps_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [record for record in train(TINY, SHORT) if isinstance(record, Progress)]
    monkeypatch.setattr(limits, "MAX_POINTS", 5)
    few = [record for record in train(TINY, SHORT) if isinstance(record, Progress)]
    assert [record.step for record in few] == [5, 10, 15, 20, 22]
    before = 0
    for record in few:
        steps, before = every[before : record.step], record.step
        assert record.loss == pytest.approx(sum(step.loss for step in steps) / len(steps))
        assert record.accuracy == pytest.approx(sum(step.accuracy for step in steps) / len(steps))


def after(calls: int) -> Callable[[], bool]:
    """Says no so many times, then yes."""
    left = iter([False] * calls)
    return lambda: next(left, True)


NOISY = SHORT.with_(augmentation="shift", label_smoothing=0.1, optimizer="sgd", lr=0.05)


@pytest.fixture(params=[400, 3])
def points(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many records a run may have."""
    monkeypatch.setattr(limits, "MAX_POINTS", request.param)
    return int(request.param)


@cache
def whole_records(points: int) -> list[tuple[object, ...]]:
    """Those of a noisy run from its start to its end, trained once for all tests.

    Args:
        points: how many it may have, which is the limit in force.
    """
    assert points == limits.MAX_POINTS
    return [record[:3] for record in train(TINY, NOISY) if not isinstance(record, Finished)]


@pytest.mark.parametrize("calls", [0, 1, 3, 11, 12, 14, 20])
def test_a_run_that_is_stopped_anywhere_goes_on_bit_for_bit(calls: int, points: int, tmp_path: Path) -> None:
    """Between two steps, between two records, and in the middle of a validation; with noise in all that draws."""
    whole = whole_records(points)
    *first, stopped = train(TINY, NOISY, after(calls), tmp_path)
    assert isinstance(stopped, Finished)
    assert stopped.stopped
    assert stopped.accuracy is stopped.loss is None
    torch.rand(3)
    *second, done = train(TINY, NOISY, folder=tmp_path)
    assert [*(r[:3] for r in first), *(r[:3] for r in second)] == whole
    assert isinstance(done, Finished)
    assert not done.stopped


@pytest.mark.parametrize("mode", MODES)
def test_dropout_goes_on_where_it_was(mode: str, tmp_path: Path) -> None:
    """Stopped after five steps, and in the middle of a test, in which dropout may draw as well."""
    stages = [f"-stage{number}.{layer}" for number in (3, 4, 5) for layer in ("conv1", "conv2", "conv3", "pool")]
    narrow = dict.fromkeys(architecture("vgg16").settings, 4)
    spec = Spec.make("vgg16", input="1x8x8", settings=narrow, layers=stages)  # its two dropouts, and little else
    config = SHORT.with_(dropout=0.5, mode=mode)
    whole = whole_curve(spec, config)[:-1]
    parts = [curve(spec, config, after(calls), tmp_path)[:-1] for calls in (5, 8, 1_000)]
    assert [*chain(*parts)] == whole
    assert [len(part) for part in parts[:2]] == [5, 6]
    without = whole_curve(spec, config.with_(dropout=0))[:-1]
    assert (without == whole) == (mode == "always_eval")


def test_a_checkpoint_that_cannot_be_read_costs_time_and_is_said(tmp_path: Path) -> None:
    whole = whole_curve(TINY, SHORT)
    list(train(TINY, SHORT, after(7), tmp_path))
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:-100])
    note, *records = train(TINY, SHORT, folder=tmp_path)
    assert re.fullmatch(r"its checkpoint cannot be read \(\w+\), and the run began anew", note.words)
    assert [(r.loss, r.accuracy) for r in records] == whole


@pytest.mark.parametrize("spoil", [
    lambda state: state.pop("meter"),
    lambda state: state["learner"].pop("random"),
    lambda state: state["learner"]["model"].popitem(),
    lambda state: state.update(validated=(1,)),
])  # fmt: skip
def test_a_checkpoint_of_another_version_costs_time_and_is_said(
    spoil: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    whole = whole_curve(TINY, SHORT)
    list(train(TINY, SHORT, after(7), tmp_path))
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    spoil(state)
    torch.save(state, tmp_path / CHECKPOINT)
    note, *records = train(TINY, SHORT, folder=tmp_path)
    assert re.fullmatch(r"its checkpoint is of no use \(\w+\), and the run began anew", note.words)
    assert [(r.loss, r.accuracy) for r in records] == whole


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return os.system, (f"touch {tmp_path / 'touched'}",)

    torch.save({"meter": Hostile()}, tmp_path / CHECKPOINT)
    note, *_ = train(TINY, SHORT, after(1), tmp_path)
    assert "UnpicklingError" in note.words
    assert not (tmp_path / "touched").exists()


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond a few bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_a_full_disk_costs_checkpoint_and_weights_and_not_the_run(tmp_path: Path) -> None:
    with full_disk():
        *_, note, stopped = train(TINY, SHORT, after(2), tmp_path)
        assert note.words.startswith("no checkpoint was kept: checkpoint.pt could not be written: ")
        assert stopped.stopped
        *_, note, second, done = train(TINY, SHORT, folder=tmp_path)
        assert note.words.startswith("the weights were not kept: weights.safetensors could not be written: ")
        assert second.words.startswith("the report was not kept: ")
        assert done.accuracy > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tick", [1.5, 0.4, 0.06])
@pytest.mark.parametrize("points", [400, 5])
@pytest.mark.parametrize("calls", [1, 9, 1_000])
def test_a_time_budget_ends_a_run_with_all_its_steps_read_and_validated(
    calls: int, points: int, tick: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was that took the last of the time, and wherever the run was stopped before."""

    class Ticking(Clock):
        def tick(self) -> None:
            self.seconds += tick

    monkeypatch.setattr(loop, "Clock", Ticking)
    monkeypatch.setattr(limits, "MAX_POINTS", points)
    config = SHORT.with_(seconds=1)
    *found, done = train(TINY, config, after(calls), tmp_path)
    assert isinstance(done, Finished)
    if done.stopped:
        *more, done = train(TINY, config, folder=tmp_path)
        found += more
    progress, validated = ([r for r in found if isinstance(r, kind)] for kind in (Progress, Validation))
    assert isinstance(done, Finished)
    assert not done.stopped
    assert done.accuracy == validated[-1].accuracy
    assert done.seconds >= 1
    assert progress[-1].step == validated[-1].step
    assert {record.epochs for record in progress} == {0}
    for before, record in pairwise(progress):
        assert (before.share, before.step) < (record.share, record.step)


def test_weight_decay_dropout_and_precision_are_what_was_asked_for() -> None:
    spec = training_spec(Spec.make("googlenet", input="1x16x16", settings={"avg_pool.kernel_size": 1}), "digits")
    learner = Learner(spec, SHORT.with_(dropout=0.25, weight_decay=0.3, precision="bfloat16"))
    assert {module.p for module in learner.model.modules() if isinstance(module, nn.Dropout)} == {0.25}
    assert {group["weight_decay"] for group in learner.optimizer.param_groups} == {0.3, 0}
    seen = []
    layer = next(module for module in learner.model.modules() if isinstance(module, nn.Conv2d))
    layer.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    loss, _ = learner.step(torch.arange(8), 0.1, 1)
    assert (seen, loss.dtype, learner.precision) == ([torch.bfloat16], torch.float32, "bfloat16")


def test_a_batch_beyond_the_data_is_the_data() -> None:
    progress, validated, done = train(TINY, SHORT.with_(batch=2_048, epochs=1))
    assert progress.accuracy * 1_438 == pytest.approx(round(progress.accuracy * 1_438))
    assert (progress.step, progress.share) == (1, 1)
    assert validated.accuracy == done.accuracy


def test_validation_changes_nothing_and_uses_the_running_statistics() -> None:
    learner = Learner(training_spec(TINY, "digits"), SHORT.with_(batch=50, label_smoothing=0.2, augmentation="shift"))
    for number, chosen in enumerate(epoch_order(1_438, 0, 1).split(50)[:28], start=1):
        learner.step(chosen, 0.01, number)
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    measured = learner.validate(lambda: False)
    assert measured is not None
    after = learner.model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    with torch.no_grad():
        scores = learner.model.eval()(learner.data.inputs(learner.data.held_out.images, (1, 8, 8)))
    labels = learner.data.held_out.labels
    assert measured[0] == pytest.approx(F.cross_entropy(scores, labels).item(), abs=1e-5)
    assert measured[1] == pytest.approx((scores.argmax(1) == labels).float().mean().item(), abs=1e-6)
    assert torch.allclose(learner.scores(learner.data.held_out), scores, atol=1e-5)


@pytest.mark.parametrize("spec", [
    Spec.make("googlenet", input="1x16x16", settings={**SMALL, "avg_pool.kernel_size": 1}, rewrites=["batch_norm"]),
    Spec.make("mnist_mlp", settings={"batch_norm": 1}),
], ids=lambda spec: spec.architecture)  # fmt: skip
def test_a_network_in_training_mode_is_tested_as_it_trains(spec: Spec) -> None:
    """A test image is then normalised by its batch mates, one alone left over joins the batch before it, and no
    statistic and no later draw is another for it.
    """
    learner = Learner(training_spec(spec, "digits"), SHORT.with_(mode="always_train", batch=40, dropout=0.5))
    images, labels = (values[:81] for values in learner.data.held_out)
    learner.data = learner.data._replace(held_out=Split(images, labels))
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = (learner.validate(lambda: False) for _ in range(2))
    scores = learner.scores(learner.data.held_out)
    assert torch.equal(torch.rand(3), expected)
    assert first == second
    assert all(torch.equal(value, before[name]) for name, value in learner.model.state_dict().items())
    assert first == pytest.approx(
        (F.cross_entropy(scores, labels).item(), (scores.argmax(1) == labels).float().mean().item()), abs=1e-5
    )
    torch.manual_seed(learner.config.seed)
    with torch.no_grad():
        theirs = [learner.model.train()(learner.data.inputs(part, learner.shape)) for part in images.split([40, 41])]
    assert torch.allclose(scores, torch.cat(theirs), atol=1e-5)


def test_a_step_after_a_validation_trains_again() -> None:
    learner = Learner(training_spec(TINY, "digits"), SHORT)
    learner.validate(lambda: False)
    before = learner.model.get_buffer("stem.conv_bn.running_mean").clone()
    learner.step(torch.arange(64), 0.01, 1)
    assert not torch.equal(before, learner.model.get_buffer("stem.conv_bn.running_mean"))


def test_each_epoch_takes_every_image_once_in_an_order_of_its_own() -> None:
    orders = [epoch_order(57, 0, epoch).tolist() for epoch in (1, 2, 3)]
    assert all(sorted(order) == list(range(57)) for order in orders)
    assert orders[0] != orders[1] != orders[2]
    assert epoch_order(57, 1, 1).tolist() != orders[0]


def test_networks_that_share_a_part_start_from_the_same_weights_there() -> None:
    first = GraphModule(build(Spec.make("googlenet")))
    second = GraphModule(build(Spec.make("googlenet", rewrites=["stack_5x5", "batch_norm@inception_3a"])))
    for model in (first, second):
        initialise(model, 4)
    theirs = dict(second.named_parameters())
    same = {name for name, values in first.named_parameters() if name in theirs and values.shape == theirs[name].shape}
    assert {"inception_3a.branch3x3.conv.weight", "fc.weight", "fc.bias", "conv1.conv.weight"} <= same
    assert all(torch.equal(values, theirs[name]) for name, values in first.named_parameters() if name in same)
    initialise(second, 5)
    assert not torch.equal(first.get_parameter("fc.weight"), second.get_parameter("fc.weight"))


def test_first_weights_have_the_spread_that_they_should() -> None:
    model = GraphModule(build(Spec.make("googlenet")))
    initialise(model, 0)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.numel() > 20_000:
            fan_in = module.weight[0].numel()
            gain = 2 if isinstance(module, nn.Conv2d) else 1 / 3
            assert float(module.weight.detach().var()) == pytest.approx(gain / fan_in, rel=0.05)
            assert abs(float(module.weight.detach().mean())) < 0.05 / fan_in**0.5


def test_biases_and_batch_norm_do_not_decay() -> None:
    learner = Learner(training_spec(TINY, "digits"), SHORT)
    decay = {id(p): group["weight_decay"] for group in learner.optimizer.param_groups for p in group["params"]}
    for module in learner.model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_weight = name == "weight" and isinstance(module, nn.Conv2d | nn.Linear)
            assert (decay.pop(id(parameter)) > 0) == is_weight
    assert not decay


def test_the_first_signal_neither_dies_nor_explodes_in_a_deep_network() -> None:
    """Through GoogLeNet's 22 layers, without normalisation."""
    torch.manual_seed(0)
    model = GraphModule(build(Spec.make("googlenet", input="1x64x64", settings={"avg_pool.kernel_size": 2})))
    image = torch.randn(4, 1, 64, 64)
    died = model.run(image)["inception_5b.concat"].std(dim=(0, 2, 3)).mean()
    initialise(model, 0)
    kept = model.run(image)["inception_5b.concat"].std(dim=(0, 2, 3)).mean()
    assert died < 0.01
    assert 0.1 < kept < 10


def test_a_loss_that_is_not_finite_ends_the_run_with_a_sentence() -> None:
    records = train(OVERFLOWS, TrainConfig.make(**OVERFLOWING))
    assert isinstance(next(records), Progress)
    with pytest.raises(ExplorerError) as error:
        list(records)
    assert str(error.value) == (
        "the loss became NaN at step 2 with a learning rate of 10: a lower one, such as 1, usually helps"
    )


def test_the_step_is_named_also_where_it_lies_between_two_records(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Learner.step
    steps = iter(range(1, 100))

    def broken(self: Learner, chosen: Tensor, lr: float, number: int) -> tuple[Tensor, Tensor]:
        loss, right = step(self, chosen, lr, number)
        return (loss * float("inf") if next(steps) == 14 else loss), right

    monkeypatch.setattr(Learner, "step", broken)
    monkeypatch.setattr(limits, "MAX_POINTS", 2)
    seen = []
    with pytest.raises(ExplorerError, match=r"became infinite at step 14 with a learning rate of 0\.002: .* 0\.0002"):
        seen.extend(train(TINY, SHORT))
    assert [record.step for record in seen] == [11, 11]


def test_a_loss_that_is_not_finite_on_the_held_out_images_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "validate", lambda self, should_stop: (float("nan"), 0.1))
    with pytest.raises(ExplorerError, match="the loss became NaN on the held-out images"):
        list(train(TINY, SHORT))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried ..."),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_running_out_of_memory_is_said_in_plain_words(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise error

    monkeypatch.setattr(Learner, "step", full)
    with pytest.raises(ExplorerError, match=r"^memory ran out with a batch of 128: choose a smaller batch, input or"):
        list(train(TINY, SHORT))


def test_an_error_of_ours_is_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*args: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(Learner, "step", wrong)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        list(train(TINY, SHORT))


def test_nothing_is_allocated_before_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "Learner", lambda *args: pytest.fail("it allocates"))
    with pytest.raises(ExplorerError, match="avg_pool"):
        next(train(Spec.make("googlenet", input="3x64x64"), SHORT))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10**6))
    with pytest.raises(ExplorerError, match="needs about"):
        next(train(TINY, SHORT))


def test_cuda_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ExplorerError, match="no GPU that CUDA can use: choose the device auto or cpu"):
        next(train(TINY, TrainConfig.make(device="cuda")))


def test_a_deep_network_without_normalisation_learns() -> None:
    """GoogLeNet's 22 layers, at a fourth of their widths."""
    quarter = {key: setting.default // 4 for key, setting in architecture("googlenet").settings.items()}
    spec = Spec.make("googlenet", input="1x32x32", settings={**quarter, "avg_pool.kernel_size": 1})
    *_, done = train(spec, TrainConfig.make(epochs=2, device="cpu"))
    assert done.accuracy > 0.4


def test_inception10_reaches_97_percent_with_the_default_training() -> None:
    *_, done = train(Spec.make("inception10", input="1x16x16"), TrainConfig())
    assert done.accuracy >= 0.97
