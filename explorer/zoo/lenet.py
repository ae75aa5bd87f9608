"""LeNet-5 as it is usually built today: 61,706 parameters with 10 classes.

The network of LeCun et al. 1998 (section II.B) has 60,000: each map of its C3 sees only some of S2's
(1,516 parameters in place of 2,416), its subsampling has a trainable factor and bias a map (44), and
its output compares with fixed patterns by distance (RBF, nothing to train in place of 850). Its
tanh is scaled, 1.7159 tanh(2x/3).
"""

from __future__ import annotations

from explorer.common import limits
from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import AvgPool2d, Conv2d, Flatten, Linear, Op, Tanh, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting

_WIDTHS = {
    "c1.width": Setting(6, 1, limits.MAX_WIDTH, "channels of the first 5x5 convolution", "c1.conv.out_channels"),
    "c3.width": Setting(16, 1, limits.MAX_WIDTH, "channels of the second 5x5 convolution", "c3.conv.out_channels"),
    "c5.width": Setting(
        120,
        1,
        limits.MAX_WIDTH,
        "channels of the third 5x5 convolution, which covers its whole map",
        "c5.conv.out_channels",
    ),
    "f6.width": Setting(84, 1, limits.MAX_WIDTH, "features of the hidden linear layer", "f6.linear.out_features"),
}


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    c1, c3, c5, f6 = (choice.settings[key] for key in _WIDTHS)
    halve = AvgPool2d(pair(2), stride=pair(2))
    _tanh(b, "c1.conv", Conv2d(c1, pair(5)))
    b.add("s2", halve)
    _tanh(b, "c3.conv", Conv2d(c3, pair(5)))
    b.add("s4", halve)
    _tanh(b, "c5.conv", Conv2d(c5, pair(5)))
    b.add("flatten", Flatten())
    _tanh(b, "f6.linear", Linear(f6))
    if choice.classes is not None:
        b.add("output", Linear(choice.classes))
    return b.graph()


def _tanh(b: Builder, name: str, op: Op) -> None:
    b.add(name, op)
    b.add(f"{name}_tanh", Tanh())


LENET = Architecture(
    id="lenet",
    title="LeNet-5",
    family="Classic",
    year=1998,
    introduced="Convolution and subsampling in turn.",
    source="LeCun et al. 1998, section II.B and figure 2, in the modern form: every map of C3 sees all of S2's, "
    "plain average pooling, a linear output (61,706 parameters; the paper's own has 60,000)",
    summary="Convolution and subsampling in turn, then fully connected layers: the plan of most networks since. "
    "Layers are called as in the paper.",
    input_shape=(1, 32, 32),
    classes=10,
    settings=_WIDTHS,
    build=_build,
)
