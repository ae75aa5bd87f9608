"""The sentence for a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from explorer.common.errors import ExplorerError

T = TypeVar("T")


def unknown_name(what: str, name: str, allowed: Iterable[str], *, most: int = 12) -> ExplorerError:
    """An error that names what is wrong, what comes closest and what is allowed.

    Args:
        what: the kind of thing, such as "architecture".
        name: what was asked for.
        allowed: what there is.
        most: how many of them to list.
    """
    names = list(allowed)
    close = get_close_matches(name, names, n=3)
    listed = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    guess = f" (did you mean {' or '.join(close)}?)" if close else ""
    return ExplorerError(f"there is no {what} {name[:80]!r}{guess}; there is: {listed or 'none'}")


def lookup(what: str, name: str, among: Mapping[str, T], *, most: int = 12) -> T:
    """The one of this name.

    Args:
        what: the kind of thing.
        name: what was asked for.
        among: what there is, by its name.
        most: how many of them to list.

    Raises:
        ExplorerError: there is none; the sentence is that of `unknown_name`.
    """
    if name not in among:
        raise unknown_name(what, name, among, most=most)
    return among[name]
