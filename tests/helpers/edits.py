"""Random edits of a network, one after the other, as a hand makes them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

from explorer.common.errors import ExplorerError
from explorer.edits.layers import fields
from explorer.edits.rewrites import REWRITES, AppliedRewrite
from explorer.spec.build import edited
from explorer.spec.spec import Spec


def session(start: Spec, draw: random.Random, length: int) -> Iterator[Spec]:
    """What is shown after each of some edits; undone ones come back, and some are done again."""
    shown, place = [start], 0
    for _ in range(length):
        kind = draw.randrange(10)
        if kind == 0 and place:
            place -= 1
        elif kind == 1 and place + 1 < len(shown):
            place += 1
        else:
            with suppress(ExplorerError):  # an edit that is refused leaves things as they are
                after = _edit(shown[place], draw)
                edited(after)
                shown, place = [*shown[: place + 1], after], place + 1
        yield shown[place]


def _edit(spec: Spec, draw: random.Random) -> Spec:
    kind = draw.randrange(8)
    if kind < 4:
        return _with_value(spec, draw)
    if kind < 7:
        return _with_switch(spec, draw)
    return _with_layer(spec, draw)


def _with_value(spec: Spec, draw: random.Random) -> Spec:
    settings = spec.base.settings
    if settings and draw.random() < 0.5:
        key = draw.choice([*settings])
        return spec.with_setting(key, draw.randint(settings[key].minimum, min(settings[key].maximum, 300)))
    node = draw.choice(edited(spec).nodes)
    values = fields(node.op)
    if not values:
        return spec
    field = draw.choice([*values])
    value = draw.choice(["max", "avg", "concat", "add"] if field == "kind" else [1, 2, 3, 5, 8, 48, "1x3"])
    return spec.with_setting(f"{node.name}.{field}", value)


def _with_switch(spec: Spec, draw: random.Random) -> Spec:
    if spec.rewrites and draw.random() < 0.4:
        return spec.with_(rewrites=[rewrite for rewrite in spec.rewrites if rewrite != draw.choice(spec.rewrites)])
    names = draw.choice(edited(spec).nodes).name.split(".")
    prefix = ".".join(names[: draw.randint(1, len(names))]) if draw.random() < 0.4 else ""
    return spec.with_(rewrites=[*spec.rewrites, AppliedRewrite(draw.choice([*REWRITES]), prefix)])


def _with_layer(spec: Spec, draw: random.Random) -> Spec:
    node = draw.choice(edited(spec).nodes)
    number = draw.randrange(10)
    change = draw.choice(
        [
            f"-{node.name}",
            f"-{node.name.rpartition('.')[0] or node.name}",
            f"more{number}.conv:conv3x3:16@{node.name}",
            f"more{number}.pool:maxpool3x3@{node.name}",
            f"branch_more{number}.conv:conv1x1:16>{node.name}",
        ]
    )
    return spec.with_(layers=[*spec.layers, change])
