"""GoogLeNet as source 001 writes it in PyTorch: no normalisation, biased convolutions, one head.

The widths are those of Szegedy et al. 2015, table 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from explorer.graph.graph import Builder, Graph
from explorer.graph.ops import AvgPool2d, Conv2d, Dropout, MaxPool2d, pair
from explorer.zoo.architecture import Architecture, BuildConfig, Setting
from explorer.zoo.heads import scores
from explorer.zoo.inception import Widths, chosen_widths, inception_module, width_settings
from explorer.zoo.units import conv_relu

WIDTHS = {
    "inception_3a": Widths(64, 96, 128, 16, 32, 32),
    "inception_3b": Widths(128, 128, 192, 32, 96, 64),
    "inception_4a": Widths(192, 96, 208, 16, 48, 64),
    "inception_4b": Widths(160, 112, 224, 24, 64, 64),
    "inception_4c": Widths(128, 128, 256, 24, 64, 64),
    "inception_4d": Widths(112, 144, 288, 32, 64, 64),
    "inception_4e": Widths(256, 160, 320, 32, 128, 128),
    "inception_5a": Widths(256, 160, 320, 32, 128, 128),
    "inception_5b": Widths(384, 192, 384, 48, 128, 128),
}
_POOL_AFTER = {"inception_3b": "max_pool3", "inception_4e": "max_pool4"}
_HALVE = MaxPool2d(pair(3), stride=pair(2), padding=pair(1))


def inception_modules(b: Builder, x: str, settings: Mapping[str, int], halve: MaxPool2d) -> str:
    """Adds the nine modules, with a pool after 3b and 4e. Returns the name of the last map."""
    for module in WIDTHS:
        x = inception_module(b, x, chosen_widths(settings, module), prefix=module)
        if module in _POOL_AFTER:
            x = b.add(_POOL_AFTER[module], halve, x)
    return x


def head(b: Builder, choice: BuildConfig) -> None:
    """Adds the classifier to the newest map: an average pool, 40 % dropout and one linear layer."""
    b.add("avg_pool", AvgPool2d(pair(choice.settings["avg_pool.kernel_size"])))
    b.add("dropout", Dropout(0.4))
    scores(b, choice.classes)


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    conv_relu(b, "conv1.conv", Conv2d(64, pair(7), stride=pair(2), padding=pair(3)), b.last)
    b.add("conv1.pool", _HALVE)
    conv_relu(b, "conv2.reduce", Conv2d(64, pair(1)), b.last)
    conv_relu(b, "conv2.conv", Conv2d(192, pair(3), padding=pair(1)), b.last)
    b.add("conv2.pool", _HALVE)
    inception_modules(b, b.last, choice.settings, _HALVE)
    head(b, choice)
    return b.graph()


SETTINGS: Mapping[str, Setting] = {
    **{key: setting for module, widths in WIDTHS.items() for key, setting in width_settings(widths, module).items()},
    "avg_pool.kernel_size": Setting(
        7,
        1,
        32,
        "window of the average pool before the classifier; at most the size of the last map",
        "avg_pool.kernel_size",
    ),
}

GOOGLENET = Architecture(
    id="googlenet",
    title="GoogLeNet",
    family="Inception",
    year=2014,
    introduced="The Inception module: windows of several sizes side by side.",
    source="source 001; Szegedy et al. 2015, table 1, without LRN and auxiliary heads",
    summary="Nine Inception modules behind a small stem, and an average pool in place of fully connected "
    "layers. At 224x224 the last map is 7x7, the window of that pool.",
    input_shape=(3, 224, 224),
    classes=1000,
    settings=SETTINGS,
    build=_build,
)
