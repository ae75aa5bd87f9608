"""The sentence for a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from explorer.errors import ExplorerError


def unknown(what: str, name: str, allowed: Iterable[str], *, most: int = 12) -> ExplorerError:
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
