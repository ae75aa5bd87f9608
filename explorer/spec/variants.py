"""The networks that stand for all: what `verify --all` and its tests compare."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from explorer.edits.rewrites import REWRITES, AppliedRewrite
from explorer.spec.build import analyse, build, changing
from explorer.spec.spec import Spec

_SMALL = 45
"""Nodes of a network whose pairs of rewrites are tried too: there are up to a hundred and fifty."""


def sweep(spec: Spec, *, pairs: bool = True) -> Iterator[Spec]:
    """A network as it is, under each rewrite that changes it and, where it is small, under each pair of
    those; what a cap forbids is left out.
    """
    yield spec
    effective = changing(spec)
    alone = [rewrite for rewrite in REWRITES if rewrite in effective]
    for size in (1, 2) if pairs and len(build(spec).nodes) <= _SMALL else (1,):
        for rewrites in combinations(alone, size):
            rewritten = spec.with_(rewrites=[AppliedRewrite(rewrite) for rewrite in rewrites])
            if analyse(rewritten).error is None:
                yield rewritten
