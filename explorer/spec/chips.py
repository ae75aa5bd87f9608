"""What was edited, one by one: in a few words, and the network without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from explorer.edits.layers import Change
from explorer.edits.rewrites import REWRITES, AppliedRewrite
from explorer.graph.graph import under
from explorer.spec import words
from explorer.spec.base import value_before
from explorer.spec.spec import Spec


class Chip(NamedTuple):
    """An edit of a network.

    Args:
        title: what it is, in a few words.
        spec: the network.
        fields: those of the network without it.
    """

    title: str
    spec: Spec
    fields: Mapping[str, object]

    @property
    def without(self) -> Spec:
        """The network without it.

        Raises:
            ExplorerError: another edit needs it.
        """
        return self.spec.with_(**self.fields)


def chips(spec: Spec) -> tuple[Chip, ...]:
    """Every edit of a network: its rewrites, then its structure, then its values."""
    return (*_rewrites(spec), *_layers(spec), *_settings(spec))


@lru_cache(maxsize=1024)
def named(spec: Spec, longest: int = 60) -> str:
    """What a network is called where a line is all there is: with its edits, as many of them as fit.

    Args:
        spec: the network.
        longest: characters from which on edits are only counted; the first is always told.
    """
    titles = [chip.title for chip in chips(spec)]
    told = 1
    while told < len(titles) and len(", ".join([spec.title, *titles[: told + 1]])) <= longest:
        told += 1
    more = len(titles) - told
    return ", ".join([spec.title, *titles[:told]]) + (f" and {more} more" if more > 0 else "")


def _rewrites(spec: Spec) -> Iterator[Chip]:
    for rewrite in spec.rewrites:
        others = [other for other in spec.rewrites if other != rewrite]
        yield Chip(_of_rewrite(rewrite), spec, {"rewrites": others})


def _of_rewrite(rewrite: AppliedRewrite) -> str:
    value = "" if rewrite.value is None else f": {rewrite.value}"
    where = f" in {rewrite.prefix}" if rewrite.prefix else ""
    return f"{_TITLES.get(rewrite.id, REWRITES[rewrite.id].title)}{value}{where}"


_TITLES = {
    "no_reduction": "no 1×1 reductions",
    "stack_5x5": "5×5 as two 3×3",
    "batch_norm": "batch norm",
    "no_batch_norm": "no batch norm",
    "separable": "separable",
    "residual": "residual",
}
"""Shorter than what the list of rewrites calls them, and as the switches do."""


def _layers(spec: Spec) -> Iterator[Chip]:
    for change in spec.layers:
        # What was built on it goes with it.
        others = [other for other in spec.layers if not _needs(other, change)]
        names = [name for other in spec.layers if other not in others for name in (other.name,) if other.layer]
        kept = {
            key: value for key, value in spec.settings if not any(under(name, key.rpartition(".")[0]) for name in names)
        }
        yield Chip(_of_change(change), spec, {"layers": others, "settings": kept})


def _needs(other: Change, change: Change) -> bool:
    if other == change:
        return True
    return bool(change.layer) and any(
        name and (under(change.name, name) or name.startswith(f"{change.name}_")) for name in (other.name, other.after)
    )


def _of_change(change: Change) -> str:
    if not change.layer:
        return f"{change.name} taken out"
    width = "" if change.width is None else f", {change.width}"
    where = f"behind {change.after}" if change.after else f"into {change.join}"
    return f"{change.layer}{width} {where}"


def _settings(spec: Spec) -> Iterator[Chip]:
    defaults = spec.base.defaults.settings
    for key, value in spec.settings:
        others = {other: kept for other, kept in spec.settings if other != key}
        values = {other: kept for other, kept in others.items() if other in spec.base.settings}
        classes = spec.build_config.classes
        old = defaults[key] if key in defaults else value_before(spec.base, classes, spec.layers, values, key)
        before = "" if old is None else f"{old} → "
        yield Chip(f"{words.value(spec, key)}: {before}{value}", spec, {"settings": others})
