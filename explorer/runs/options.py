"""What a training option is, declared once: the command line, the form and the validation follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from explorer.common import limits
from explorer.common.lookup import unknown_name


@dataclass(frozen=True)
class Option:
    """A value of a training configuration that a person may choose. It stands with the type of its field, where
    it holds what comes in against what is allowed.

    Args:
        title: its label in a form.
        help: what it is, in a few words.
        check: a raw value in, a sound one out, or an error that says what is allowed.
        metavar: what stands for its value in a usage.
        choices: what may be chosen, and what people call each; empty where that is no list.
    """

    title: str
    help: str
    check: Callable[[object], object]
    metavar: str
    choices: Mapping[str, str] = field(default_factory=dict)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))


def choice(title: str, help: str, what: str, choices: Mapping[str, str]) -> Option:
    """One of several names; `what` they are names of stands in an error."""

    def check(value: object) -> object:
        if not isinstance(value, str) or value not in choices:
            raise unknown_name(what, str(value), choices)
        return value

    return Option(title, help, check, "NAME", choices)


def whole(title: str, help: str, what: str, minimum: int, maximum: int) -> Option:
    """A whole number between bounds; `what` it is stands in an error."""
    return Option(title, help, lambda value: limits.whole_number(what, value, minimum, maximum), "N")


def number(title: str, help: str, what: str, maximum: float, *, above: bool = False) -> Option:
    """A number from 0, or strictly above it, to its maximum."""
    return Option(title, help, lambda value: limits.number(what, value, 0, maximum, above=above), "X")


def optional(option: Option) -> Option:
    """The same where None and an empty text mean that nothing was asked for."""

    def check(value: object) -> object:
        return None if value is None or value == "" else option.check(value)

    return replace(option, check=check)
