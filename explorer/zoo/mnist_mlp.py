"""The network that Ioffe and Szegedy 2015 watch the distribution of activations in (section 4.1):
MNIST, three fully connected layers of 100 sigmoids, with and without batch normalisation.
"""

from __future__ import annotations

from explorer.common import limits
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import BatchNorm1d, Flatten, Linear, Sigmoid
from explorer.zoo.architecture import Architecture, BuildConfig, Setting

_LAYERS = ("fc1", "fc2", "fc3")


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    normalised = bool(choice.settings["batch_norm"])
    b.add("flatten", Flatten())
    for name in _LAYERS:
        # BN's shift does the work of the bias (section 3.2).
        b.add(f"{name}.linear", Linear(choice.settings["width"], bias=not normalised))
        if normalised:
            b.add(f"{name}.bn", BatchNorm1d())
        b.add(f"{name}.sigmoid", Sigmoid())
    if choice.classes is not None:
        b.add("fc4", Linear(choice.classes))
    return b.graph()


MNIST_MLP = Architecture(
    id="mnist_mlp",
    title="MNIST net of the BN paper",
    family="Classic",
    year=2015,
    introduced="The test bed of batch normalisation.",
    source="source 003; Ioffe and Szegedy 2015, section 4.1, without BN (setting batch_norm)",
    summary="Three fully connected layers of 100 sigmoids: deep and saturating enough to show what batch "
    "normalisation does to the activations in training.",
    input_shape=(1, 28, 28),
    classes=10,
    settings={
        "batch_norm": Setting(
            0, 0, 1, "batch normalisation before each sigmoid, in place of the bias: 1 with, 0 without"
        ),
        "width": Setting(100, 1, limits.MAX_WIDTH, "sigmoids in each of the three layers"),
    },
    build=_build,
)
