"""The one error type of the core."""

from __future__ import annotations


class ExplorerError(ValueError):
    """An input that cannot be used: one sentence that says what is wrong and what is allowed.

    Args:
        message: the sentence, ready to show to a person.
        node: the dotted name of the graph node it happened at, where there is one.
    """

    def __init__(self, message: str, *, node: str | None = None) -> None:
        super().__init__(message)
        self.node = node
