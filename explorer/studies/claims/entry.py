"""What an entry of the ledger is: what a source says, what is compared, and who judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, TypeAdapter

from explorer.graph.graph import Graph, under
from explorer.graph.trace import NodeTrace, Trace, total, trace
from explorer.spec.build import build, valid
from explorer.spec.spec import Spec

Values = Mapping[str, Any]
"""What a run measured, as plain JSON values."""


class Verdict(NamedTuple):
    """What is judged of a claim.

    Args:
        holds: whether it does.
        condition: on which; empty where there is none.
    """

    holds: bool
    condition: str = ""

    @classmethod
    def parse(cls, text: str) -> Verdict:
        """The verdict that was written as this text.

        Raises:
            ValueError: it is none.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(f"no verdict: {text[:40]!r}")
        return cls(match["holds"] is not None, match["condition"] or "")

    def __str__(self) -> str:
        condition = f" if {self.condition}" if self.condition else ""
        return f"holds{condition}" if self.holds else "does not hold"

    @property
    def summary(self) -> str:
        """Without the condition, but for the word that there is one."""
        return str(self._replace(condition="..." if self.condition else ""))


_WRITTEN = re.compile(r"(?P<holds>holds)(?: if (?P<condition>.+))?|does not hold")
HOLDS, FAILS = Verdict(True), Verdict(False)


def holds_if(condition: str) -> Verdict:
    """The verdict on a claim that needs a condition."""
    return Verdict(True, condition)


def verdict(true: bool) -> Verdict:
    """The verdict on a claim that holds or does not."""
    return HOLDS if true else FAILS


class Network(NamedTuple):
    """A network that a claim compares, or the part of it that the claim speaks of.

    Args:
        label: what it is here.
        spec: opens it.
        part: dotted name of the part; the whole where empty.
        edit: what no rewrite does and the claim needs.
    """

    label: str
    spec: Spec
    part: str = ""
    edit: Callable[[Graph], Graph] | None = None

    @property
    def graph(self) -> Graph:
        """The whole network, edited."""
        graph = build(self.spec)
        return self.edit(graph) if self.edit else graph

    def trace(self) -> Trace:
        """The rows of the part with their sums."""
        whole = trace(self.graph) if self.edit else valid(self.spec)
        rows = tuple(row for row in whole.rows if under(self.part, row.name))
        return Trace(rows, total(rows))


class Evidence(NamedTuple):
    """What a judge sees: the traces of the claim's networks, in order, and what a run measured."""

    traces: tuple[Trace, ...]
    values: Values = MappingProxyType({})


class Finding(NamedTuple):
    """What came out.

    Args:
        stated: the source's number.
        computed: ours.
        verdict: written as `holds`, `holds if ...` or `does not hold`.
        why: one sentence.
    """

    stated: str
    computed: str
    verdict: Verdict
    why: str


class Claim(NamedTuple):
    """A sentence of a source that can be put to the test, or what a source's code takes for granted.

    Args:
        id: how a command line and a URL call it.
        source: number of the source.
        title: the claim in a few words.
        text: what is claimed.
        networks: what is compared.
        judge: decides from the evidence, and from nothing else.
        needs_run: whether the evidence holds measured values.
        is_mistake: whether it is about a source's code.
    """

    id: str
    source: str
    title: str
    text: str
    networks: tuple[Network, ...]
    judge: Callable[[Evidence], Finding]
    needs_run: bool = False
    is_mistake: bool = False

    @property
    def link(self) -> str:
        """Opens the claim with its evidence in the app."""
        return f"/claims?claim={self.id}"

    def find(self, values: Values | None = None) -> Finding:
        """The finding on the claim's own networks, and on what a run measured where it needs one."""
        return self.judge(Evidence(tuple(network.trace() for network in self.networks), values or {}))


class Entry(NamedTuple):
    """A line of the ledger as it is given away."""

    id: str
    source: str
    claim: str
    stated: str
    computed: str
    verdict: Annotated[Verdict, BeforeValidator(Verdict.parse)]
    why: str
    link: str

    @property
    def fields(self) -> dict[str, str]:
        """All as text, by name."""
        return {name: str(value) for name, value in self._asdict().items()}


ENTRIES = TypeAdapter(tuple[Entry, ...])
"""Reads lines of the ledger out of the JSON of their fields."""


def entry(claim: Claim, finding: Finding) -> Entry:
    """The line of a claim and its finding."""
    return Entry(claim.id, claim.source, claim.text, *finding, claim.link)


def rows_of(trace: Trace, *kinds: type) -> tuple[NodeTrace, ...]:
    """The rows with an op of these kinds."""
    return tuple(row for row in trace.rows if isinstance(row.op, kinds))


def row(trace: Trace, name: str) -> NodeTrace:
    """The row of this name."""
    return next(row for row in trace.rows if row.name == name)


def params(rows: Iterable[NodeTrace]) -> int:
    """Parameters of some rows."""
    return sum(row.params for row in rows)
