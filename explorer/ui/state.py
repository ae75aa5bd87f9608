"""The network of a session: it comes with the link, goes from page to page, and stands in the URL."""

from __future__ import annotations

from collections.abc import Callable, Container

import streamlit as st

from explorer.errors import ExplorerError
from explorer.network import build
from explorer.spec import DEFAULT, Spec

_SPEC, _WRITTEN, _PROBLEM = "network spec", "network query", "network problem"


def current(others: Container[str] = ()) -> Spec:
    """The network that this session works on.

    The link decides on the first run and whenever it is not the one that `publish` wrote; a bad
    link leaves the network as it was and its sentence in `problem`.

    Args:
        others: keys of the URL that are not the network's.
    """
    query = {key: values for key, values in _query().items() if key not in others}
    if _SPEC not in st.session_state:
        st.session_state[_SPEC] = Spec.make(DEFAULT)
    if query and _first(query) != st.session_state.get(_WRITTEN):
        st.session_state[_WRITTEN] = _first(query)
        edit(lambda spec: Spec.from_query(query))
    spec: Spec = st.session_state[_SPEC]
    return spec


def edit(change: Callable[[Spec], Spec]) -> None:
    """Changes the network, or keeps the sentence of why it cannot be changed so.

    The change starts from the network as it is now: a second change may come in before the page
    has been drawn with the first.
    """
    try:
        spec = change(st.session_state[_SPEC])
        build(spec)
        st.session_state[_SPEC] = spec
        st.session_state[_PROBLEM] = None
    except ExplorerError as error:
        st.session_state[_PROBLEM] = str(error)


def problem() -> str | None:
    """What was wrong with the last choice, if anything."""
    found: str | None = st.session_state.get(_PROBLEM)
    return found


def publish(spec: Spec, others: Container[str] = ()) -> None:
    """Writes the network into the URL, so that the address bar is always a link to what is shown.

    Args:
        spec: the network.
        others: keys of the URL that are not the network's, and stay.
    """
    query, now = spec.to_query(), _first(_query())
    kept = {key: value for key, value in now.items() if key in others}
    if now != {**query, **kept}:
        st.query_params.from_dict({**query, **kept})
    st.session_state[_WRITTEN] = query


def _query() -> dict[str, list[str]]:
    return {key: st.query_params.get_all(key) for key in st.query_params}


def _first(query: dict[str, list[str]]) -> dict[str, str]:
    return {key: values[-1] for key, values in query.items()}
