"""What an entry of the zoo is: its facts, its settings, and the function that makes its graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from explorer.graph.graph import Graph
from explorer.graph.ops import Shape


class Setting(NamedTuple):
    """A whole number that a person may change.

    Args:
        default: its value where nobody chose.
        minimum: smallest value.
        maximum: largest value.
        help: what it is.
        layer: the value of a layer, as `NODE.FIELD`, that the setting is; empty where it is more than that of one.
    """

    default: int
    minimum: int
    maximum: int
    help: str
    layer: str = ""

    @property
    def is_switch(self) -> bool:
        """Whether it is on, 1, or off, 0: it is also given as yes, no, true, false, on, off."""
        return (self.minimum, self.maximum) == (0, 1)


class BuildConfig(NamedTuple):
    """What a graph is built from: every setting present, every value within its bounds."""

    input_shape: Shape
    classes: int | None
    settings: Mapping[str, int]


class Architecture(NamedTuple):
    """A network that can be picked.

    Args:
        id: how a command line and a URL call it.
        title: how people call it.
        family: its line in the gallery.
        year: of publication.
        introduced: what it brought, in a few words.
        source: where its numbers come from.
        summary: what it is, in a sentence or two.
        input_shape: the default `(channels, height, width)`.
        classes: the default number of classes; None for a network that has no classifier unless
            one is asked for.
        settings: what may be changed, under dotted names; the part before the last dot is the
            module that a setting belongs to.
        build: makes the graph.
    """

    id: str
    title: str
    family: str
    year: int
    introduced: str
    source: str
    summary: str
    input_shape: Shape
    classes: int | None
    settings: Mapping[str, Setting]
    build: Callable[[BuildConfig], Graph]
