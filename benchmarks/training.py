"""How fast does a run train, and how soon does it show something?

    python benchmarks/training.py [ARCHITECTURE]

Two parts, in one run. First this project's loop against the plain loop of the source articles: a DataLoader
with per-sample transforms, float32, the default order of memory, and `.item()` after every step, with the
same network, batch, augmentation and images. Rounds alternate, so that a change of the machine's speed meets
both; medians and the ratio of each round are reported, with the share of what the device reaches in a matrix
product of the same precision. Then the time from asking for a run to the first point of its curve, in a
process that is started for it, and in one that waited with torch loaded.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.transforms.functional import to_pil_image

from explorer.backend.torch_module import GraphModule
from explorer.backend.train.initialise import initialise
from explorer.backend.train.learner import Learner
from explorer.backend.train.loop import epoch_order
from explorer.runs import client
from explorer.runs.config import PASSES, TrainConfig, training_spec
from explorer.runs.executor import processes, warm
from explorer.spec.build import analyse, build
from explorer.spec.spec import Spec

CONFIG = TrainConfig.make(data="patterns", batch=128, optimizer="sgd", lr=0.01, augmentation="shift_flip")
ROUNDS, STEPS = 7, 6
STARTS = 5


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images one by one, each through PIL, as the articles load CIFAR-10."""

    def __init__(self, learner: Learner) -> None:
        images, labels = (values.cpu() for values in learner.data.train)
        self.pictures, self.labels = [to_pil_image(image) for image in images], labels.tolist()
        side = images.shape[-1]
        mean, std = (values.flatten().cpu() / 255 for values in (learner.data.mean, learner.data.std))
        self.prepare = transforms.Compose(
            [
                transforms.RandomCrop(side, padding=side // 8),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        return self.prepare(self.pictures[place]), self.labels[place]


def plain(spec: Spec, learner: Learner) -> Iterator[float]:
    """The loss of each step of the plain loop."""
    model = GraphModule(build(spec))
    initialise(model, CONFIG.seed)
    model.to(learner.device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=CONFIG.lr, momentum=0.9, nesterov=True)
    loader = DataLoader(Pictures(learner), batch_size=CONFIG.batch, shuffle=True, drop_last=True)
    while True:
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images.to(learner.device)), labels.to(learner.device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss.item()


def ours(learner: Learner) -> Iterator[Tensor]:
    """The loss of each step of this project's loop, left on the device."""
    count, number = len(learner.data.train.labels), 0
    while True:
        for chosen in epoch_order(count, CONFIG.seed, number).to(learner.device).split(CONFIG.batch)[:-1]:
            number += 1
            yield learner.step(chosen, CONFIG.lr, number)[0]


def rate(steps: Iterator[object], device: torch.device) -> float:
    """Images a second over a few steps, until the device has done them."""
    began = time.perf_counter()
    for _ in range(STEPS):
        next(steps)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return STEPS * CONFIG.batch / (time.perf_counter() - began)


def peak(device: torch.device, dtype: torch.dtype) -> float:
    """Multiply-adds a second in the product of two large matrices."""
    side = 8_192 if device.type == "cuda" else 1_024
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))

    def once() -> float:
        began = time.perf_counter()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - began

    return side**3 / min(once() for _ in range(10))


def throughput(spec: Spec, precision: str) -> None:
    """Prints the rates of both loops."""
    learner = Learner(spec, CONFIG.with_(precision=precision))
    torch.set_num_threads(os.cpu_count() or 1)  # both loops have the whole machine here
    device, loops = learner.device, (plain(spec, learner), ours(learner))
    for loop in loops:
        rate(loop, device)
    rounds = [tuple(rate(loop, device) for loop in loops) for _ in range(ROUNDS)]
    theirs, own = (median(column) for column in zip(*rounds, strict=True))
    ratios = [mine / other for other, mine in rounds]
    macs = PASSES * analyse(spec).trace.totals.macs * own
    dtype = torch.bfloat16 if learner.precision == "bfloat16" else torch.float32
    print(f"{spec.title}, batch {CONFIG.batch}, {device.type}, {torch.get_num_threads()} threads, {learner.precision}")
    print(f"  plain loop, float32   {theirs:10,.0f} images/s (median of {ROUNDS} rounds of {STEPS} steps)")
    print(f"  this loop             {own:10,.0f} images/s")
    print(f"  ratio                 {median(ratios):10.2f} x (rounds {min(ratios):.2f} to {max(ratios):.2f})")
    print(f"  of a matrix product's {macs / peak(device, dtype):10.1%} multiply-adds a second")


def first_point(prepare: Callable[[], None]) -> float:
    """Seconds from asking for a run to the first point of its curve."""
    prepare()
    began = time.perf_counter()
    id = client.submit(Spec.make("inception10"), TrainConfig(), "benchmark")
    while not client.curve(id).progress:
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    client.cancel(id)
    while client.status(id).under_way:
        time.sleep(0.05)
    return seconds


def warmed() -> None:
    """Waits until a process waits with all that it loads: it says nothing, so its work is watched."""
    warm.prewarm()
    while not warm.is_ready():
        time.sleep(0.05)


def main(id: str) -> None:
    spec = training_spec(Spec.make(id, input="3x32x32"), CONFIG.data)
    throughput(spec, "float32")
    if torch.cuda.is_available() or torch.backends.mkldnn.is_available():
        throughput(spec, "bfloat16")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXPLORER_RUNS"] = folder
        for name, prepare in (("a new process", lambda: None), ("a process that waited", warmed)):
            found = [first_point(prepare) for _ in range(STARTS)]
            print(f"first point with {name:22} {median(found):5.2f} s (median of {STARTS}, worst {max(found):.2f})")
        for name in warm.waiting():
            processes.end(name)
            while processes.alive(name):
                time.sleep(0.1)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["inception10"]))
