"""InceptionNet, source 002's network for CIFAR-10: GoogLeNet's first stage and two of its modules.

No normalisation and biased convolutions, as the source writes it; both modules have the widths of
GoogLeNet's 3a.
"""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import Conv2d, MaxPool2d, pair
from explorer.zoo.architecture import Architecture, BuildConfig
from explorer.zoo.heads import classifier
from explorer.zoo.inception import Widths, chosen_widths, inception_module, width_settings
from explorer.zoo.units import conv_relu

_WIDTHS = {
    "inception1": Widths(64, 96, 128, 16, 32, 32),
    "inception2": Widths(64, 96, 128, 16, 32, 32),
}


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    conv_relu(b, "conv1.conv", Conv2d(64, pair(7), stride=pair(2), padding=pair(3)), b.last)
    b.add("conv1.pool", MaxPool2d(pair(3), stride=pair(2), padding=pair(1)))
    for module in _WIDTHS:
        inception_module(b, b.last, chosen_widths(choice.settings, module), prefix=module)
    classifier(b, choice.classes)
    return b.graph()


INCEPTIONNET = Architecture(
    id="inceptionnet",
    title="InceptionNet",
    family="Inception",
    year=2025,
    introduced="Two modules, to add residuals and attention to.",
    source="source 002, section 2.3",
    summary="Two Inception modules behind a stem that quarters the map, for images of 32x32: small enough to "
    "train again and again with one thing changed.",
    input_shape=(3, 32, 32),
    classes=10,
    settings={
        key: setting for module, widths in _WIDTHS.items() for key, setting in width_settings(widths, module).items()
    },
    build=_build,
)
