"""A network on a device with its data and optimiser: one step, one test."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer import limits
from explorer.errors import ExplorerError
from explorer.network import analyse, build
from explorer.spec import Spec
from explorer.torch_module import GraphModule
from explorer.training.checks import check_memory
from explorer.training.config import TrainConfig
from explorer.training.data import Split, load

_WEIGHT_DECAY = 0.01
AUXILIARY_WEIGHT = 0.3
"""Of the loss of each auxiliary head, while training (Szegedy et al. 2015, section 5)."""


class Learner:
    """What is trained and what with. Adam with decoupled weight decay (Loshchilov and Hutter 2019)
    on the weights of convolutions and linear layers, none on biases and BN.

    Args:
        spec: a network that `checks.ready` has passed.
        config: the run.

    Raises:
        ExplorerError: no such device, no such data here, or not enough memory on the GPU.
    """

    def __init__(self, spec: Spec, config: TrainConfig) -> None:
        torch.set_num_threads(threads())
        self.device = choose_device(config.device)
        self.data = load(config.data, self.device)
        self.batch = min(config.batch, len(self.data.train.labels))
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True
            check_memory(analyse(spec).trace.totals, self.batch, torch.cuda.mem_get_info(self.device)[0])
        torch.manual_seed(config.seed)
        graph = build(spec)
        self.shape = graph.input_shape
        self.model = GraphModule(graph)
        initialise(self.model)
        # Max pooling takes a third of a step in the default order of memory.
        self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = _optimiser(self.model)

    def step(self, chosen: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        """One step on the chosen training images: their mean loss and how many were right before
        it, left on the device.
        """
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        loss, right = self._measure(self.data.train, chosen.to(self.device))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return loss.detach(), right

    @torch.no_grad()
    def test(self, should_stop: Callable[[], bool]) -> tuple[float, float] | None:
        """(accuracy, mean loss) on all test images with BN's running statistics and no dropout;
        None where it was stopped.
        """
        count = len(self.data.test.labels)
        self.model.eval()
        loss_sum, right_sum = torch.zeros(2, device=self.device)
        for chosen in torch.split(torch.arange(count, device=self.device), self.batch):
            if should_stop():
                return None
            loss, right = self._measure(self.data.test, chosen)
            loss_sum += loss * len(chosen)
            right_sum += right
        return float(right_sum) / count, float(loss_sum) / count

    def _measure(self, split: Split, chosen: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = self.data.inputs(split.images[chosen], self.shape), split.labels[chosen]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return loss_and_right(self.model(images), labels, self.model.training)


def loss_and_right(output: Tensor | tuple[Tensor, ...], labels: Tensor, training: bool) -> tuple[Tensor, Tensor]:
    """The mean loss of a batch, and how many of its images are right.

    Args:
        output: class scores (batch, classes); a tuple with those of auxiliary heads behind the first.
        labels: the right classes (batch,).
        training: whether the auxiliary heads count, each with `AUXILIARY_WEIGHT`.
    """
    scores, *auxiliary = output if isinstance(output, tuple) else (output,)
    loss = F.cross_entropy(scores, labels)
    if training:
        for further in auxiliary:
            loss = loss + AUXILIARY_WEIGHT * F.cross_entropy(further, labels)
    return loss, (scores.argmax(1) == labels).sum()


def threads() -> int:
    """Threads of a run: its share of the cores, so that as many runs as may be never wait for each other.

    OpenMP's threads spin while they wait. On two cores, two threads beside one busy process took 18
    times as long for a step as without it, one thread took no longer; alone it is 1.6 times slower.
    """
    return max(1, (psutil.cpu_count(logical=False) or 1) // limits.MAX_RUNS_AT_ONCE)


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


def initialise(model: nn.Module) -> None:
    """Gives every convolution weights of variance 2 / fan_in and no bias (He et al. 2015).

    torch's default has a sixth of that variance, and the signal of a deep network without
    normalisation dies out: GoogLeNet on the digits at 64x64 reaches 18 % in 8 epochs with it and
    99 % with this.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _optimiser(model: nn.Module) -> torch.optim.Optimizer:
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": _WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, fused=True)
