"""One Inception module by itself, at the widths and the place of GoogLeNet's 3a."""

from __future__ import annotations

from explorer.graph.graph import Builder, Graph
from explorer.zoo.architecture import Architecture, BuildConfig
from explorer.zoo.heads import classifier
from explorer.zoo.inception import Widths, chosen_widths, inception_module, width_settings


def _build(choice: BuildConfig) -> Graph:
    b = Builder(choice.input_shape)
    inception_module(b, "input", chosen_widths(choice.settings))
    classifier(b, choice.classes)
    return b.graph()


INCEPTION_BLOCK = Architecture(
    id="inception_block",
    title="Inception module",
    family="Inception",
    year=2014,
    introduced="1x1 convolutions that make a wide module cheap.",
    source="Szegedy et al. 2015, figure 2b; widths of module 3a",
    summary="Four branches look at the same map through windows of 1x1, 3x3, 5x5 and a pool, and are "
    "concatenated. It has no classifier unless a number of classes is asked for.",
    input_shape=(192, 28, 28),
    classes=None,
    settings=width_settings(Widths(64, 96, 128, 16, 32, 32)),
    build=_build,
)
