"""Random choices of networks, as a person could make them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from explorer.common import limits
from explorer.edits.rewrites import REWRITES, AppliedRewrite, Option
from explorer.graph.graph import Graph
from explorer.spec.build import build
from explorer.spec.parse import parse_rewrite
from explorer.spec.spec import Spec
from explorer.zoo import ARCHITECTURES, Architecture

verbs = st.sampled_from(list(REWRITES))
small_inputs = st.tuples(st.integers(1, 8), st.integers(1, 40), st.integers(1, 40))
any_inputs = st.tuples(
    st.integers(1, limits.MAX_WIDTH), st.integers(1, limits.MAX_SIDE), st.integers(1, limits.MAX_SIDE)
)


def node_prefixes(graph: Graph) -> list[str]:
    """Every prefix that is in some node's name, the empty one included."""
    names = [node.name.split(".") for node in graph.nodes]
    return sorted({".".join(parts[:length]) for parts in names for length in range(len(parts) + 1)})


@st.composite
def rewritten(draw: st.DrawFn, prefixes: Sequence[str]) -> AppliedRewrite:
    """A verb kept to one of the prefixes, told something where it can be."""
    verb, prefix = draw(verbs), draw(st.sampled_from(prefixes))
    option = REWRITES[verb].option
    values = st.none() if option is None else st.none() | _values(option)
    return parse_rewrite((verb, prefix, draw(values)))


def _values(option: Option) -> st.SearchStrategy[int | str]:
    return st.sampled_from(option.words) if option.words else st.integers(option.minimum, option.maximum)


def rewrites(graph: Graph) -> st.SearchStrategy[list[AppliedRewrite]]:
    """A few verbs, each kept to some part of the network and told to it once."""
    return st.lists(rewritten(node_prefixes(graph)), max_size=4, unique_by=lambda rewrite: rewrite[:2])


@st.composite
def settings_of(draw: st.DrawFn, entry: Architecture, most: int = limits.MAX_WIDTH) -> dict[str, int]:
    """Some settings, each within its bounds and at most `most`."""
    keys = draw(st.lists(st.sampled_from(list(entry.settings)), unique=True, max_size=5)) if entry.settings else []
    return {key: draw(st.integers(entry.settings[key].minimum, min(most, entry.settings[key].maximum))) for key in keys}


@st.composite
def specs(draw: st.DrawFn, inputs: st.SearchStrategy[tuple[int, int, int]] = any_inputs) -> Spec:
    """Any valid specification; its network need not fit its input."""
    entry = draw(st.sampled_from(list(ARCHITECTURES.values())))
    spec = Spec.make(
        entry.id,
        input=draw(st.none() | inputs),
        classes=draw(st.none() | st.integers(1, limits.MAX_CLASSES)),
        settings=draw(settings_of(entry)),
    )
    return spec.with_(rewrites=draw(rewrites(build(spec))))
