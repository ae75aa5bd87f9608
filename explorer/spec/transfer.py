"""What goes out of the explorer and comes back in: names of files, their limits, and answers read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from explorer.common import formats, limits
from explorer.common.errors import ExplorerError
from explorer.graph.trace import Totals
from explorer.spec.spec import Spec

_BYTES = 4
"""Of a value in a file."""


def stem(spec: Spec) -> str:
    """What a file of a network is called, without its ending: `googlenet`, `googlenet_inception_3a_batch_norm`,
    `googlenet_stack_5x5_and_3_more`.
    """
    others = len(spec.settings) + len(spec.layers) + sum(bool(rewrite.prefix) for rewrite in spec.rewrites)
    others += (spec.input is not None) + (spec.classes is not None)
    ids = [rewrite.id for rewrite in spec.rewrites if not rewrite.prefix]
    told, more = ids[:_TOLD], len(ids[_TOLD:]) + others
    counted = f"{'and_' if told else ''}{more}_{'more' if told else 'edits' if more > 1 else 'edit'}" if more else ""
    return "_".join(filter(None, (spec.architecture, spec.module.replace(".", "_"), *told, counted)))


_TOLD = 3
"""Rewrites that a file's name tells; it counts the others."""


def from_file(data: bytes) -> Spec:
    """The network in a JSON file that a person chose.

    Raises:
        ExplorerError: it is too long, not text, or not a network.
    """
    # A character has at most four bytes.
    if len(data) > 4 * limits.MAX_TEXT:
        raise ExplorerError(f"the file has {len(data):,} bytes: at most {limits.MAX_TEXT:,} characters are allowed")
    try:
        return Spec.from_json(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ExplorerError("the file is not text in UTF-8: it must be a specification as JSON") from None


def check_onnx(totals: Totals) -> None:
    """Holds a network against the largest ONNX file that is made.

    Raises:
        ExplorerError: it has too many values; the sentence says how many are allowed.
    """
    values, most = totals.params + totals.statistics, limits.MAX_ONNX_VALUES
    if values > most:
        raise ExplorerError(
            f"the network has {formats.number(values)} weights and statistics: an ONNX file is made for at most "
            f"{formats.number(most)}, which take {formats.memory(most)}"
        )


class Verified(NamedTuple):
    """What `verify --json --nodes` found of one network.

    Args:
        comparisons: how many were made.
        differences: how many of them differ.
        rows: for each node and the total, its values under `out_shape`, `out_shape by torchinfo` and the like.
    """

    comparisons: int
    differences: int
    rows: tuple[Mapping[str, object], ...]


def verified(answer: bytes) -> Verified:
    """The answer of `verify --json --nodes` for one network."""
    (entry,) = json.loads(answer)
    rows: dict[str, dict[str, object]] = {}
    for check in entry["compared"]:
        row = rows.setdefault(check["name"], {"name": check["name"], "agrees": True})
        row[check["what"]] = _shown(check["ours"])
        row[f"{check['what']} by {check['by']}"] = _shown(check["theirs"])
        row["agrees"] = row["agrees"] and check["ours"] == check["theirs"]
    return Verified(entry["comparisons"], len(entry["differences"]), tuple(rows.values()))


def _shown(value: object) -> object:
    return formats.size(tuple(value)) if isinstance(value, list) else value
