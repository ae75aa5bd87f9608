"""Answers as JSON: one function makes each, the command line prints it and `explorer.api` serves it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from explorer.analysis import tables
from explorer.analysis.candidates import Candidate
from explorer.analysis.compare import SAME, Difference, ModulePair, align
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.memory import remembered
from explorer.edits.rewrites import REWRITES
from explorer.graph.ops import Shape
from explorer.graph.source import source
from explorer.graph.trace import Stretch, Trace
from explorer.lessons.inception_to_xception import BLOCK, Cost, continuum, cost, steps
from explorer.spec.build import analyse, build, changing, valid
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES, Architecture, Setting


def architectures() -> str:
    """Every architecture with its cost at its defaults and the bounds of its settings."""
    return _json([_entry(entry, valid(Spec.make(id))) for id, entry in ARCHITECTURES.items()])


def _entry(entry: Architecture, cost: Trace) -> tables.Record:
    return {
        "id": entry.id,
        "title": entry.title,
        "family": entry.family,
        "year": entry.year,
        "input": list(entry.input_shape),
        "classes": entry.classes,
        "source": entry.source,
        **cost.totals._asdict(),
        "receptive_field": list(cost.field or ()),
        "settings": {key: _bounds(setting) for key, setting in entry.settings.items()},
    }


def _bounds(setting: Setting) -> tables.Record:
    return {name: getattr(setting, name) for name in ("default", "minimum", "maximum", "help")}


def trace(spec: Spec) -> str:
    """Every row of a network with its totals.

    Raises:
        ExplorerError: the network is not valid.
    """
    result = valid(spec)
    document = {**_network(spec), "rows": [], "totals": result.totals._asdict()}
    # The rows are written a part at a time, for most of them have been written before.
    rows = ",\n".join(filter(None, [_rows(stretch) for stretch in result.stretches]))
    return _json(document).replace('"rows": []', f'"rows": [\n{rows}\n  ]', 1)


@remembered(len)
def _rows(stretch: Stretch) -> str:
    """Rows as `trace` indents them."""
    text = _json([tables.record(row) for row in stretch.rows])
    return "\n".join([f"  {line}" for line in text.split("\n")[1:-1]])


def code(spec: Spec) -> str:
    """A network with its source.

    Raises:
        ExplorerError: the network is not valid.
    """
    valid(spec)
    return _json({**_network(spec), "source": source(build(spec), title=spec.title)})


def rewrites(spec: Spec) -> str:
    """What each rewrite would make of a network.

    Raises:
        ExplorerError: the network is not valid.
    """
    before = valid(spec).totals._asdict()
    useful = changing(spec)
    return _json([_rewrite(spec, before, id) for id in REWRITES if id in useful])


def _rewrite(spec: Spec, before: tables.Record, id: str) -> tables.Record:
    rewrite, rewritten = REWRITES[id], spec.with_(rewrites=[*spec.rewrites, id])
    after, error = analyse(rewritten)
    return {
        "rewrite": id,
        "title": rewrite.title,
        "summary": rewrite.summary,
        "pattern": rewrite.pattern,
        "inverse": rewrite.inverse or None,
        "error": None if error is None else str(error),
        "before": before,
        "after": after.totals._asdict(),
        "query": rewritten.to_query(),
    }


def compare(candidates: Sequence[Candidate]) -> str:
    """Networks side by side, and node by node how each differs from the first.

    Raises:
        ExplorerError: they are too few or too many, or one of them is not valid.
    """
    require_comparable(candidates)
    (first, *others) = candidates
    networks = [
        {
            "name": candidate.label,
            **_network(candidate.spec),
            **valid(candidate.spec).totals._asdict(),
            "receptive_field": list(valid(candidate.spec).field or ()),
            "query": candidate.spec.to_query(),
        }
        for candidate in candidates
    ]
    return _json({"networks": networks, "differences": [_difference(first.spec, other.spec) for other in others]})


def require_comparable(candidates: Sequence[Candidate]) -> None:
    """Raises ExplorerError unless they are as many as are set side by side."""
    if not 2 <= len(candidates) <= limits.MAX_COMPARED:
        raise ExplorerError(
            f"the number of networks to compare is {len(candidates)}: it must be 2 to {limits.MAX_COMPARED}"
        )


def _difference(before: Spec, after: Spec) -> tables.Record:
    alignment = align(before, after)
    return {
        "aligned_by_name": alignment.by_name,
        "shared": alignment.shared,
        "modules": [_module(pair) for pair in alignment.modules if pair.differs],
    }


def _module(pair: ModulePair) -> tables.Record:
    old, new = pair.sums
    return {
        "before": pair.before or None,
        "after": pair.after or None,
        "totals_before": old._asdict(),
        "totals_after": new._asdict(),
        "nodes": [_node(node) for node in pair.nodes if node.kind != SAME],
    }


def _node(node: Difference) -> tables.Record:
    ops = [None if row is None else row.op.describe() for row in (node.before, node.after)]
    return {
        "name": node.name,
        "kind": node.kind,
        "fields": list(node.fields),
        "before": ops[0],
        "after": ops[1],
        "params": node.params,
        "macs": node.macs,
    }


def inception_to_xception(input_shape: Shape | None) -> str:
    """The steps from Inception to Xception, with their cost.

    Args:
        input_shape: of what the module reads; its own where None.
    """
    spec = Spec.make(BLOCK, input=input_shape)
    entries = [
        {"step": number, "title": stop.title, "added": list(map(str, stop.added)), **_stop(stop.spec, cost(stop.spec))}
        for number, stop in enumerate(steps(spec))
    ]
    return _json({"steps": entries, "continuum": [_stop(point, cost(point)) for point in continuum(spec)]})


def _stop(spec: Spec, cost: Cost) -> tables.Record:
    return {
        "rewrites": list(map(str, spec.rewrites)),
        **cost.totals._asdict(),
        "receptive_field": None if cost.field is None else list(cost.field),
        "groups": cost.groups,
        "query": spec.to_query(),
    }


def _network(spec: Spec) -> tables.Record:
    return {
        "architecture": spec.architecture,
        "input": list(spec.build_config.input_shape),
        "rewrites": [str(rewrite) for rewrite in spec.rewrites],
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2)
