"""What a training step takes on this machine, against what the estimate has it.

    python benchmarks/estimate.py

A table of networks and batches: what was told, what was measured on one thread, and the ratio. Below it stand the
costs that would fit best here, in the same order as `explorer.runs.estimate.Costs`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import nnls

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from explorer.analysis import tables
from explorer.backend.train.learner import Learner
from explorer.runs.config import PASSES, TrainConfig, training_spec
from explorer.runs.estimate import Work, work
from explorer.spec.spec import Spec
from explorer.studies.networks import googlenet, inceptionnet, narrowed

SECONDS, BATCHES = 1.0, (8, 32, 128)
NETWORKS = {
    "MNIST MLP": Spec.make("mnist_mlp"),
    "LeNet-5": Spec.make("lenet"),
    "dilated CNN": Spec.make("dilated_cnn"),
    "InceptionNet": Spec.make("inceptionnet"),
    "InceptionNet, narrow": inceptionnet(28),
    "Inception10": Spec.make("inception10"),
    "Inception10, one block": Spec.make("inception10", input="1x8x8", settings={"init_ch": 8, "num_blocks": 1}),
    "GoogLeNet at 64x64": Spec.make("googlenet", input="1x64x64", settings={"avg_pool.kernel_size": 2}),
    "GoogLeNet, narrow": googlenet("googlenet"),
    "ResNet-18 at 64x64": Spec.make("resnet18", input="3x64x64"),
    "MobileNet at 64x64": Spec.make("mobilenet_v1", input="3x64x64"),
    "AlexNet at 64x64": Spec.make("alexnet", input="3x64x64"),
    "Inception v3, narrow": narrowed(Spec.make("inception_v3", input="3x96x96"), 1 / 4),
    "Xception, narrow": narrowed(Spec.make("xception", input="1x48x48"), 1 / 16),
}


def step_seconds(spec: Spec, batch: int) -> float:
    """The mean over steps of a second or more."""
    learner = Learner(spec, TrainConfig.make(batch=batch, device="cpu"))
    chosen = torch.arange(batch)
    for number in (1, 2):
        learner.step(chosen, 1e-3, number)
    steps, began = 0, time.perf_counter()
    while steps < 2 or time.perf_counter() - began < SECONDS:
        steps += 1
        learner.step(chosen, 1e-3, 2 + steps)
    return (time.perf_counter() - began) / steps


def asked(work: Work, batch: int) -> tuple[float, ...]:
    """What the four costs are multiplied by."""
    totals = work.totals
    return work.nodes, totals.params, batch * PASSES * totals.macs, batch * totals.activations


def main() -> None:
    """Measures, and prints the table and the fit."""
    torch.set_num_threads(1)
    rows, factors, measured = [("network", "batch", "told", "measured", "ratio")], [], []
    for name, spec in NETWORKS.items():
        trained = training_spec(spec, "digits")
        found = work(trained)
        assert found is not None, name
        for batch in BATCHES:
            told, took = found.seconds(batch, "cpu"), step_seconds(trained, batch)
            rows.append((name, str(batch), f"{1e3 * told:.1f} ms", f"{1e3 * took:.1f} ms", f"{told / took:.2f}"))
            factors.append(asked(found, batch))
            measured.append(took)
    print(tables.grid(rows))
    relative = np.array(factors) / np.array(measured)[:, None]
    print("the best fit here:", ", ".join(f"{cost:.2g} s" for cost in nnls(relative, np.ones(len(measured)))[0]))


if __name__ == "__main__":
    main()
