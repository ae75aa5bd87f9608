"""The parts of a specification as people write them, turned into values."""

from __future__ import annotations

from explorer.common import limits
from explorer.common.errors import ExplorerError, quoted
from explorer.common.lookup import lookup
from explorer.edits.rewrites import REWRITES, AppliedRewrite

InputShape = tuple[int, int, int]


def parse_input(value: object) -> InputShape:
    """`3x224x224`, or a list of three numbers, as (channels, height, width).

    Raises:
        ExplorerError: it is neither, or a number is out of bounds.
    """
    parts = value.lower().split("x") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 3:
        raise ExplorerError(f"the input is {quoted(value)}: it must be channels x height x width, such as 3x224x224")
    channels = limits.whole_number("the number of input channels", parts[0], 1, limits.MAX_LAYER_WIDTH)
    height = limits.whole_number("the input height", parts[1], 1, limits.MAX_SIDE)
    width = limits.whole_number("the input width", parts[2], 1, limits.MAX_SIDE)
    return channels, height, width


def parse_classes(value: object) -> int:
    """A number of classes.

    Raises:
        ExplorerError: it is out of bounds.
    """
    return limits.whole_number("the number of classes", value, 1, limits.MAX_CLASSES)


def parse_rewrite(value: object) -> AppliedRewrite:
    """`verb`, `verb@prefix`, and for a verb that can be told something `verb:value@prefix`.

    Raises:
        ExplorerError: there is no such verb, or it does not take the value. Whether the prefix exists is
            known with the network.
    """
    argument: object = None
    if isinstance(value, str):
        head, _, prefix = value.partition("@")
        verb, colon, argument = head.partition(":")
        argument = argument if colon else None
    elif isinstance(value, list | tuple) and len(value) in (2, 3) and all(isinstance(p, str) for p in value[:2]):
        verb, prefix, argument = (*value, None)[:3]
    else:
        raise ExplorerError(f"the rewrite is {quoted(value)}: it must be VERB, VERB@PREFIX or VERB:VALUE@PREFIX")
    option = lookup("rewrite", verb, REWRITES, most=len(REWRITES)).option
    if argument is None:
        return AppliedRewrite(verb, prefix)
    if option is None:
        raise ExplorerError(f"the rewrite {verb} takes no value, and {quoted(argument)} was given")
    parsed = option.parse(argument)
    return AppliedRewrite(verb, prefix, None if parsed == option.default else parsed)


def parse_setting(text: str) -> tuple[str, str]:
    """`key=value` as its two halves.

    Raises:
        ExplorerError: there is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ExplorerError(f"the setting is {text[:80]!r}: it must be KEY=VALUE, such as inception_4b.width_5x5=64")
    return key.strip(), value.strip()
