"""What can be asked by GET: each question's address, its keys, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from explorer.analysis.candidates import candidate
from explorer.cli import answers
from explorer.common import limits
from explorer.common.errors import ExplorerError
from explorer.common.lookup import unknown_name
from explorer.spec.parse import parse_input
from explorer.spec.spec import Spec

Query = Mapping[str, list[str]]
"""The keys of a URL with their values, in order."""


class Question(NamedTuple):
    """A question.

    Args:
        summary: what is answered.
        answer: its query in, JSON out; raises ExplorerError for what cannot be used.
        keys: of its query, each with what it is.
        settings: whether any setting of the network is a key as well.
    """

    summary: str
    answer: Callable[[Query], str]
    keys: Mapping[str, str]
    settings: bool = False


def parsed(query: str) -> Query:
    """A URL's query, each key with its values.

    Raises:
        ExplorerError: it is too long.
    """
    if len(query) > limits.MAX_TEXT:
        raise ExplorerError(f"the query is too long: at most {limits.MAX_TEXT:,} characters are allowed")
    return parse_qs(query, keep_blank_values=True, max_num_fields=limits.MAX_TEXT)


_NETWORK = {
    "network": "an architecture, such as googlenet",
    "module": "only this module of it, such as inception_3a",
    "input": "channels, height and width of the image, such as 3x224x224",
    "classes": "classes that it tells apart",
    "rewrite": "rewrites, apart by commas, such as batch_norm,stack_5x5@inception_3a",
    "layers": "layers put in and taken out, apart by commas, such as -inception_3a.branch_pool",
}
SIDES = {"a": "network=googlenet", "b": "network=bn_inception", "c": "", "d": ""}
"""Where a link to the comparison names no network."""


def _only(query: Query, keys: Iterable[str]) -> None:
    for key in query:
        if key not in keys:
            raise unknown_name("value of this question called", key, keys)


def _list(query: Query) -> str:
    _only(query, ())
    return answers.architectures()


def _steps(query: Query) -> str:
    _only(query, ("input",))
    shape = query["input"][-1] if "input" in query else None
    return answers.inception_to_xception(None if shape is None else parse_input(shape))


def _compare(query: Query) -> str:
    _only(query, SIDES)
    texts = [query[key][-1] if key in query else text for key, text in SIDES.items()]
    return answers.compare([candidate(text) for text in texts if text])


def _of_network(summary: str, answer: Callable[[Spec], str]) -> Question:
    return Question(summary, lambda query: answer(Spec.from_query(query)), _NETWORK, settings=True)


QUESTIONS = {
    "list": Question("Every architecture, with its cost at its defaults and its settings.", _list, {}),
    "trace": _of_network(
        "A network node by node: shapes, parameters, MACs, receptive fields, and how each number was made.",
        answers.trace,
    ),
    "rewrites": _of_network("What each rewrite would make of a network.", answers.rewrites),
    "compare": Question(
        "Two to four networks side by side, and node by node how each differs from the first.",
        _compare,
        {key: "a network, as the query of its own page" for key in SIDES},
    ),
    "code": _of_network("A network as Python source that needs PyTorch and nothing else.", answers.code),
    "steps": Question(
        "The six steps from Inception to Xception, each with its cost.",
        _steps,
        {"input": "channels, height and width of what the module reads, such as 192x28x28"},
    ),
}
