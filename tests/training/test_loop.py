from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from types import SimpleNamespace

import psutil
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer import limits
from explorer.errors import ExplorerError
from explorer.network import build
from explorer.spec import Spec
from explorer.torch_module import GraphModule
from explorer.training import loop
from explorer.training.config import Done, Progress, TrainConfig, training_spec
from explorer.training.data import load
from explorer.training.learner import Learner, initialise
from explorer.training.loop import batches, one_cycle, train
from tests.torch_tools import count
from tests.training.networks import OVERFLOWING, OVERFLOWS, TINY

pytestmark = pytest.mark.usefixtures("one_thread")
SHORT = TrainConfig.make(epochs=2, batch=128, device="cpu")
STEPS = 2 * (1_438 // 128)


def curve(spec: Spec, config: TrainConfig) -> list[tuple[float, float]]:
    return [
        (r.loss, r.accuracy) if isinstance(r, Progress) else (r.test_loss, r.test_accuracy) for r in train(spec, config)
    ]


def test_the_same_seed_gives_the_same_curve_bit_for_bit_and_another_seed_another() -> None:
    first = curve(TINY, SHORT)
    torch.rand(7)
    assert curve(TINY, SHORT) == first
    other = curve(TINY, SHORT.model_copy(update={"seed": 1}))
    assert len(other) == len(first)
    assert all(a != b for a, b in zip(first, other, strict=True))


def plain_losses(spec: Spec, config: TrainConfig, steps: int) -> Iterator[float]:
    """The same training as anybody would write it: no channels-last, no fused optimiser."""
    digits = load("digits", torch.device("cpu"))
    torch.manual_seed(config.seed)
    graph = build(training_spec(spec, "digits"))
    model = GraphModule(graph)
    initialise(model)
    decayed = [p for name, p in model.named_parameters() if name.endswith("weight") and "_bn" not in name]
    free = [p for name, p in model.named_parameters() if name.endswith("bias") or "_bn" in name]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": free, "weight_decay": 0}]
    optimiser = torch.optim.AdamW(groups, lr=1, foreach=False)
    order = torch.randperm(1_438, generator=torch.Generator().manual_seed(config.seed))
    pixels = digits.train.images.double()
    for step in range(steps):
        chosen = order[step * config.batch : (step + 1) * config.batch]
        x = (pixels[chosen] - pixels.mean()) / pixels.std()
        x = F.interpolate(x, size=graph.input_shape[1:], mode="bilinear").repeat(1, graph.input_shape[0], 1, 1)
        for group in optimiser.param_groups:
            group["lr"] = config.lr * one_cycle((step + 1) / (config.epochs * (1_438 // config.batch) + 1))
        loss = nn.CrossEntropyLoss()(model(x), digits.train.labels[chosen])
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
@pytest.mark.parametrize("input", ["1x8x8", "3x16x12"])
def test_the_losses_are_those_of_a_plain_loop(input: str) -> None:
    spec = Spec.make("inception10", input=input, settings={"init_ch": 4})
    ours = [record.loss for record in islice(train(spec, SHORT), 8)]
    assert ours == pytest.approx(list(plain_losses(spec, SHORT, 8)), abs=1e-9)


def test_records_count_steps_images_and_seconds_upwards() -> None:
    *progress, done = train(TINY, SHORT)
    assert [record.step for record in progress] == list(range(1, STEPS + 1))
    assert {record.steps for record in progress} == {STEPS}
    assert [record.epoch for record in progress] == [1] * (STEPS // 2) + [2] * (STEPS // 2)
    assert all(a.seconds < b.seconds for a, b in pairwise([*progress, done]))
    assert all(record.images_per_second > 0 for record in [*progress, done])
    assert all((record.accuracy * 128).is_integer() for record in progress)
    assert done.params == count(GraphModule(build(training_spec(TINY, "digits"))))
    assert (done.stopped, done.device) == (False, "cpu")


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


@pytest.mark.parametrize("steps", [0, 1, 3, STEPS])
def test_a_run_that_is_stopped_keeps_what_it_measured(steps: int) -> None:
    whole = [record for record in train(TINY, SHORT) if isinstance(record, Progress)]
    *progress, done = train(TINY, SHORT, after(steps))
    assert [record.loss for record in progress] == [record.loss for record in whole[:steps]]
    assert isinstance(done, Done)
    assert done.stopped
    assert done.test_accuracy is done.test_loss is None


def test_stopping_between_two_records_yields_the_steps_since(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_POINTS", 2)
    assert [record.step for record in train(TINY, SHORT, after(14)) if isinstance(record, Progress)] == [11, 14]


def test_a_batch_beyond_the_data_is_the_data() -> None:
    progress, done = train(TINY, SHORT.model_copy(update={"batch": 2_048, "epochs": 1}))
    assert progress.accuracy * 1_438 == pytest.approx(round(progress.accuracy * 1_438))
    assert progress.steps == 1
    assert done.test_accuracy is not None


def test_testing_changes_nothing_and_uses_the_running_statistics() -> None:
    config = SHORT.model_copy(update={"batch": 50})
    learner = Learner(training_spec(TINY, "digits"), config)
    for _, chosen in islice(batches(1_438, 50, config), 30):
        learner.step(chosen, 0.01)
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    tested = learner.test(lambda: False)
    assert tested is not None
    after = learner.model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    with torch.no_grad():
        scores = learner.model.eval()(learner.data.inputs(learner.data.test.images, (1, 8, 8)))
    labels = learner.data.test.labels
    assert tested[0] == pytest.approx((scores.argmax(1) == labels).float().mean().item(), abs=1e-6)
    assert tested[1] == pytest.approx(F.cross_entropy(scores, labels).item(), abs=1e-5)


def test_a_step_after_a_test_trains_again() -> None:
    learner = Learner(training_spec(TINY, "digits"), SHORT)
    learner.test(lambda: False)
    before = learner.model.get_buffer("stem.conv_bn.running_mean").clone()
    learner.step(torch.arange(64), 0.01)
    assert not torch.equal(before, learner.model.get_buffer("stem.conv_bn.running_mean"))


def test_each_epoch_takes_every_image_once_in_an_order_of_its_own() -> None:
    config = TrainConfig.make(epochs=3, batch=10)
    orders = [torch.cat([c for e, c in batches(57, 10, config) if e == epoch]).tolist() for epoch in (1, 2, 3)]
    assert all(len(set(order)) == len(order) == 50 for order in orders)
    assert orders[0] != orders[1] != orders[2]


def test_the_learning_rate_rises_falls_and_ends_at_nothing() -> None:
    shares = [one_cycle(i / 1_000) for i in range(1_001)]
    assert shares[0] == 0
    assert shares.index(1.0) == 250
    assert abs(shares[-1]) < 1e-12
    assert all(a < b for a, b in pairwise(shares[:251]))
    assert all(a > b for a, b in pairwise(shares[250:]))


def test_biases_and_batch_norm_do_not_decay() -> None:
    learner = Learner(training_spec(TINY, "digits"), SHORT)
    decay = {id(p): group["weight_decay"] for group in learner.optimiser.param_groups for p in group["params"]}
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
    initialise(model)
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

    def broken(self: Learner, chosen: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        loss, right = step(self, chosen, lr)
        return (loss * float("inf") if next(steps) == 14 else loss), right

    monkeypatch.setattr(Learner, "step", broken)
    monkeypatch.setattr(limits, "MAX_POINTS", 2)
    seen = []
    with pytest.raises(ExplorerError, match=r"became infinite at step 14 with a learning rate of 0\.002: .* 0\.0002"):
        seen.extend(train(TINY, SHORT))
    assert [record.step for record in seen] == [11]


def test_a_loss_that_is_not_finite_on_the_test_images_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "test", lambda self, should_stop: (0.1, float("nan")))
    with pytest.raises(ExplorerError, match="the loss became NaN on the test images"):
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


@pytest.mark.parametrize(
    ("id", "fields", "rate"),
    [
        ("inception_block", {"input": "3x16x16"}, 0.01),
        ("googlenet", {"input": "1x32x32", "settings": {"avg_pool.kernel_size": 1}}, 0.001),
    ],
)
def test_every_kind_of_network_learns(id: str, fields: dict[str, object], rate: float) -> None:
    *_, done = train(Spec.make(id, **fields), TrainConfig.make(epochs=2, lr=rate, device="cpu"))
    assert done.test_accuracy > 0.4


def test_inception10_reaches_97_percent_at_its_defaults() -> None:
    *_, done = train(Spec.make("inception10"), TrainConfig())
    assert done.test_accuracy >= 0.97
