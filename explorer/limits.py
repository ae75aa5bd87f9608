"""Every cap in one place. A value from a browser or a command line is held against these."""

from __future__ import annotations

import re

from explorer.errors import ExplorerError, shown

MAX_NODES = 4_000
MAX_WIDTH = 1_024
"""Channels that one setting may ask for."""
MAX_CHANNELS = 262_144
"""Channels or features of any one tensor (Xception's last map, flattened, has 204,800)."""
MAX_SIDE = 1_024
"""Height or width of the input, in pixels."""
MAX_CLASSES = 22_000
"""ImageNet-22k has 21,841."""
MAX_PARAMS = 1_000_000_000
MAX_MACS = 10_000_000_000_000
MAX_ACTIVATIONS = 10_000_000_000
MAX_REWRITES = 64
MAX_TEXT = 16_384
"""Characters of a specification given as JSON or as a URL."""

MAX_EPOCHS = 200
MAX_BATCH = 2_048
MAX_LEARNING_RATE = 10.0
MAX_SEED = 2**31 - 1
MAX_RUNS_AT_ONCE = 2
MAX_POINTS = 400
"""Progress records of one run, which are the points of its curves."""

# int() also takes "1_0" and "١٢", which surprises everybody else.
_SPELLED = re.compile(r"\s*-?[0-9]{1,40}\s*")


def whole_number(name: str, value: object, minimum: int, maximum: int) -> int:
    """Returns `value` as an int, or says in one sentence why it is not one between the bounds.

    Args:
        name: what the value is for, as the person knows it.
        value: an int, or text that spells one.
        minimum: smallest allowed value.
        maximum: largest allowed value.

    Raises:
        ExplorerError: when it is not a whole number from `minimum` to `maximum`.
    """
    allowed = f"it must be a whole number from {minimum:,} to {maximum:,}"
    spelled = isinstance(value, str) and _SPELLED.fullmatch(value)
    if isinstance(value, bool) or not (isinstance(value, int) or spelled):
        raise ExplorerError(f"{name} is {shown(value)}: {allowed}")
    number = int(value)  # type: ignore[call-overload]
    if not minimum <= number <= maximum:
        raise ExplorerError(f"{name} is {shown(number)}: {allowed}")
    return int(number)
