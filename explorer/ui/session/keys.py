"""The values of a page beside its network: how each stands in a link, and what it may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.lookup import unknown_name

T = TypeVar("T")


@dataclass(frozen=True)
class Key(Generic[T]):
    """One value of a page, beside its network.

    Args:
        name: its key in the URL, where it stands whenever it differs from the default.
        default: its value where the link names none.
        parse: text to value; raises ExplorerError with what is allowed.
        write: value to text; `parse` of it is the value.
    """

    name: str
    default: T
    parse: Callable[[str], T]
    write: Callable[[T], str] = str


def whole(name: str, default: int, minimum: int, maximum: int) -> Key[int]:
    """A whole number between bounds."""
    return Key(name, default, lambda text: limits.whole_number(name, text, minimum, maximum))


def word(name: str, words: Iterable[str], default: str | None = None) -> Key[str]:
    """One of a few words, the first where no default is named, which may be none of them."""
    allowed = tuple(words)

    def parse(text: str) -> str:
        if text not in allowed and text != default:
            raise unknown_name(name, text, allowed)
        return text

    return Key(name, allowed[0] if default is None else default, parse)


def word_list(name: str, words: Iterable[str]) -> Key[tuple[str, ...]]:
    """Some of a few words, in their order; none at first."""
    allowed = tuple(words)

    def parse(text: str) -> tuple[str, ...]:
        chosen = text.split(",") if text else []
        for choice in chosen:
            if choice not in allowed:
                raise unknown_name(name, choice, allowed)
        return tuple(choice for choice in allowed if choice in chosen)

    return Key(name, (), parse, ",".join)


def switch(name: str) -> Key[bool]:
    """On or off, off at first."""

    def parse(text: str) -> bool:
        if text not in ("0", "1"):
            raise ExplorerError(f"{name} is {quoted(text)}: it must be 1 for on or 0 for off")
        return text == "1"

    return Key(name, False, parse, lambda on: str(int(on)))


def text(name: str, longest: int = 80) -> Key[str]:
    """Any short text, empty at first. It comes from anywhere: show it through `text.plain` only."""

    def parse(text: str) -> str:
        if len(text) > longest or not text.isprintable():
            raise ExplorerError(f"{name} is {quoted(text)}: it must be at most {longest} printable characters")
        return text

    return Key(name, "", parse)


LARGE = switch("large")
"""Whether everything is set larger, for a projector."""
PRESENT = switch("present")
"""Whether the page stands alone, without links and tools, its numbers larger still."""
