"""The one error type of the core."""

from __future__ import annotations

DIVERGED = "diverged"
"""The kind of an error of a training whose loss stopped being a finite number."""


class ExplorerError(ValueError):
    """An input that cannot be used: one sentence that says what is wrong and what is allowed.

    Args:
        message: the sentence, ready to show to a person.
        node: the dotted name of the graph node it happened at, where there is one.
        kind: what a program must know of it, where it must, such as `DIVERGED`.
    """

    def __init__(self, message: str, *, node: str | None = None, kind: str = "") -> None:
        super().__init__(message)
        self.node, self.kind = node, kind


def quoted(value: object, most: int = 40) -> str:
    """A value as a message may quote it: on one line and short, whatever it is."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python does not write out numbers of thousands of digits
        return "too large to show"
    return text if len(text) <= most else text[:most] + "..."
