"""A network on a device with its data and optimiser: one step, one validation."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import psutil
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.backend.data import Split, load
from explorer.backend.torch_module import GraphModule
from explorer.backend.train.augment import augment
from explorer.backend.train.capture import Fastest, Work
from explorer.backend.train.initialise import initialise, mixed
from explorer.backend.train.memory_order import channels_last
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.runs.config import TrainConfig
from explorer.runs.preflight import check_memory
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec

AUXILIARY_WEIGHT = 0.3
"""Of the loss of each auxiliary head, while training (Szegedy et al. 2015, section 5)."""
_MOMENTUM = 0.9


class Learner:
    """What is trained and what with.

    Args:
        spec: a network that `preflight.ready` has passed.
        config: the run.

    Raises:
        ExplorerError: no such device, no such data here, or not enough memory on the GPU.
    """

    def __init__(self, spec: Spec, config: TrainConfig) -> None:
        torch.set_num_threads(threads())
        self.config = config
        self.device = choose_device(config.device)
        self.data = load(config.data, self.device)
        self.batch = min(config.batch, len(self.data.train.labels))
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True
            check_memory(analyse(spec).trace.totals, self.batch, torch.cuda.mem_get_info(self.device)[0])
        torch.manual_seed(config.seed)  # of the dropout
        graph = build(spec)
        self.shape = graph.input_shape
        self.model = GraphModule(graph)
        initialise(self.model, config.seed)
        _set_dropout(self.model, config.dropout)
        channels_last(self.model, self.device)
        self.optimizer = make_optimizer(self.model, config, capturable=self.device.type == "cuda")
        self._augmenting = torch.Generator(self.device)
        self._learn: Work = self._work
        if self.device.type == "cuda":
            self.hold_rate()
            # Adam is told that it may be captured, and speaks of every step that is not.
            warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
            self._learn = Fastest(self._work)

    @property
    def precision(self) -> str:
        """Of the multiplications, as it was chosen or follows from the device."""
        if self.config.precision == "auto":
            return "bfloat16" if self.device.type == "cuda" else "float32"
        return self.config.precision

    def step(self, chosen: Tensor, lr: float, number: int) -> tuple[Tensor, Tensor]:
        """One step on the chosen training images: their mean loss and how many were right before it, left
        on the device.

        Args:
            chosen: indices of images (batch,), on the device.
            lr: the learning rate.
            number: of the step, which the augmentation follows from.
        """
        self.model.train(self.config.mode != "always_eval")
        self._set_rate(lr)
        images, labels = (values[chosen] for values in self.data.train)
        self._augmenting.manual_seed(mixed(self.config.seed, number))
        return self._learn(augment(images, self.config.augmentation, self._augmenting), labels)

    def _work(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """What a step does on the device, once its images are there."""
        loss, right = loss_and_right(self._outputs(images), labels, self.config.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach(), right

    def _set_rate(self, lr: float) -> None:
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(lr)
            else:
                group["lr"] = lr

    def hold_rate(self) -> None:
        """Makes the learning rate a value on the device, which a captured step reads anew each time."""
        for group in self.optimizer.param_groups:
            group["lr"] = torch.tensor(self.config.lr, device=self.device)

    @torch.no_grad()
    def validate(self, should_stop: Callable[[], bool]) -> tuple[float, float] | None:
        """(mean loss, accuracy) on all held-out images, without augmentation, smoothed labels or auxiliary
        heads, and with BN's running statistics and no dropout unless `mode` has it otherwise; None where it
        was stopped.
        """
        loss_sum, right_sum = torch.zeros(2, device=self.device)
        with self._test_mode():
            for images, labels in _batches(self.data.held_out, self.batch):
                if should_stop():
                    return None
                loss, right = loss_and_right(self._outputs(images)[:1], labels)
                loss_sum += loss * len(labels)
                right_sum += right
        count = len(self.data.held_out.labels)
        return float(loss_sum) / count, float(right_sum) / count

    @torch.no_grad()
    def scores(self, split: Split) -> Tensor:
        """Class scores (count, classes) of the images of a split, on the CPU, as `validate` sees them."""
        with self._test_mode():
            return torch.cat([self._outputs(images)[0].cpu() for images, _ in _batches(split, self.batch)])

    @contextmanager
    def _test_mode(self) -> Iterator[None]:
        """BN and dropout as a test has them, which leaves no trace in running statistics or in what is drawn
        after it, and is the same each time.
        """
        if self.config.mode != "always_train":
            self.model.eval()
            yield
            return
        self.model.train()
        norms: list[Any] = [module for module in self.model.modules() if getattr(module, "track_running_stats", False)]
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(self.config.seed)
            for norm in norms:
                norm.track_running_stats = False
            try:
                yield
            finally:
                for norm in norms:
                    norm.track_running_stats = True

    def state(self) -> dict[str, Any]:
        """All that steps have changed."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Goes back to what `state` was."""
        self.model.load_state_dict(state["model"])
        rates = [group["lr"] for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate  # what is loaded lies on the CPU, where a captured step would read it once and for all
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"], self.device)

    @property
    def memory(self) -> int:
        """Bytes, the most so far: of the device's memory on a GPU, of this process on a CPU."""
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.device))
        return int(psutil.Process().memory_info().rss)

    def _outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        bf16 = self.precision == "bfloat16"
        # Its cache of cast weights would outlive the capture of a step.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16, cache_enabled=False):
            output = self.model(self.data.inputs(images, self.shape))
        outputs = output if isinstance(output, tuple) else (output,)
        return tuple(scores.to(self.data.mean.dtype) for scores in outputs)


def loss_and_right(outputs: tuple[Tensor, ...], labels: Tensor, smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
    """The mean loss of a batch, and how many of its images are right.

    Args:
        outputs: class scores (batch, classes); those of auxiliary heads behind the first, the loss of each of
            which counts with `AUXILIARY_WEIGHT`.
        labels: the right classes (batch,).
        smoothing: share of the target that is spread over all classes.
    """
    losses = [F.cross_entropy(scores, labels, label_smoothing=smoothing) for scores in outputs]
    loss = losses[0] + AUXILIARY_WEIGHT * sum(losses[1:]) if losses[1:] else losses[0]
    return loss, (outputs[0].argmax(1) == labels).sum()


def _batches(split: Split, batch: int) -> Iterator[Split]:
    """The images of a split in order, a batch at a time. A last one alone joins the batch before it: by itself
    it has no variance that BN could normalise by.
    """
    count = len(split.labels)
    ends = [*range(batch, count - 1, batch), count]
    for first, end in pairwise([0, *ends]):
        yield Split(*(values[first:end] for values in split))


def make_optimizer(model: nn.Module, config: TrainConfig, capturable: bool = False) -> torch.optim.Optimizer:
    """The optimiser of a configuration: weights of convolutions and linear layers decay, biases and BN do
    not. Adam's decay is part of its gradient, AdamW's is not; SGD has Nesterov's momentum of 0.9.
    """
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=_MOMENTUM, nesterov=True, fused=True)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, lr=config.lr, fused=True, capturable=capturable)


def threads() -> int:
    """Threads of a run: its share of the cores, so that as many runs as may be never wait for each other.

    OpenMP's threads spin while they wait. On two cores, two threads beside one busy process took 18
    times as long for a step as without it, one thread took no longer; alone it is 1.6 times slower.
    """
    cores = psutil.cpu_count(logical=False) or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    return max(1, cores // limits.MAX_RUNS_AT_ONCE)


def choose_device(name: str) -> torch.device:
    """The device of a configuration.

    Raises:
        ExplorerError: CUDA was asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ExplorerError("this machine has no GPU that CUDA can use: choose the device auto or cpu")
    if name != "cpu" and torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("cpu")


def _set_dropout(model: nn.Module, share: float | None) -> None:
    for module in model.modules():
        if share is not None and isinstance(module, nn.Dropout):
            module.p = share
