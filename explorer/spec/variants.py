"""The networks that stand for all: what `verify --all` and its tests compare."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from explorer.edits.rewrites import VERBS, Rewrite
from explorer.spec.build import analyse, build, changing
from explorer.spec.spec import Spec

_SMALL = 45
"""Nodes of a network whose pairs of rewrites are tried too: there are up to a hundred and fifty."""


def sweep(spec: Spec, *, pairs: bool = True) -> Iterator[Spec]:
    """A network as it is, under each verb that changes it and, where it is small, under each pair of
    those; what a cap forbids is left out.
    """
    yield spec
    found = changing(spec)
    alone = [verb for verb in VERBS if verb in found]
    for size in (1, 2) if pairs and len(build(spec).nodes) <= _SMALL else (1,):
        for verbs in combinations(alone, size):
            rewritten = spec.with_(rewrites=[Rewrite(verb) for verb in verbs])
            if analyse(rewritten).error is None:
                yield rewritten
