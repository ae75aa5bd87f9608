"""Every cap in one place. A value from a browser or a command line is held against these."""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.common.errors import ExplorerError, quoted

MAX_NODES = 4_000
MAX_WIDTH = 1_024
"""Channels that one setting may ask for."""
MAX_LAYER_WIDTH = 8_192
"""Filters or features that one layer may be given."""
MAX_WINDOW = 64
"""Side of a window, its stride or its dilation, of one layer."""
MAX_CHANGES = 64
"""Layers and branches put in or taken out of one network."""
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
MAX_DRAWN = 400
"""Nodes that are drawn as boxes and ribbons: a module has some tens."""
MAX_PICTURE = 4_000
"""Pixels of a side of a picture that is asked for."""
MAX_NESTING = 32
"""Brackets within each other in a specification given as JSON."""
MAX_COMPARED = 4
"""Networks side by side."""
MAX_REMEMBERED = 256 * 2**20
"""Bytes of networks and their parts that the server remembers, for all sessions together."""
MAX_ONNX_VALUES = 32_000_000
"""Weights and statistics in an ONNX file, which the server hands out of its memory."""

MAX_EPOCHS = 200
MAX_BATCH = 2_048
MAX_LEARNING_RATE = 10.0
MAX_RUN_SECONDS = 3_600
MAX_WEIGHT_DECAY = 1.0
MAX_LABEL_SMOOTHING = 0.9
MAX_DROPOUT = 0.95
MAX_SEED = 2**31 - 1
MAX_OWN_NAME = 40
"""Characters of the name of a set of own images."""
MAX_OWN_CLASSES = 1_000
MAX_OWN_CLASS_NAME = 60
"""Characters of the name of a class."""
MAX_OWN_IMAGES = 100_000
MIN_OWN_SIDE, MAX_OWN_SIDE = 8, 256
"""Of own images as they are kept, in pixels; they are squares."""
MAX_OWN_BYTES = 2**30
"""Of all own images of a set as they are kept, which are as many on the device."""
MAX_OWN_FILE = 100 * 2**20
"""Bytes of a picture that own images are made of."""
MAX_OWN_HEADER = 2**20
"""Bytes of the part of a file of own images that says what is in it."""
MAX_RUNS_AT_ONCE = 2
"""On the CPU; a GPU has one at a time."""
MAX_QUEUED = 500
MAX_LISTED_RUNS = 200
MAX_OVERLAID = 6
"""Runs whose curves stand in one chart."""
MAX_SEEDS = 5
"""Runs of each arm of an experiment."""
MAX_TASKS_AT_ONCE = 2
MAX_TASKS_KEPT = 200
"""Answers on disk; the oldest go first."""
MAX_TASK_SECONDS = 600
MAX_LISTED_PATHS = 32
"""Ways through a module that are written out one by one."""
PICTURE_ENDINGS = ("png", "jpg", "jpeg", "webp")
"""Of the files that are read as pictures."""
MAX_UPLOAD = 5 * 2**20
"""Bytes of a visitor's picture."""
MAX_PIXELS = 40_000_000
"""Of a visitor's picture before it is made smaller."""
MAX_KEPT_PARAMS = 40_000_000
"""Parameters of a trained network whose weights are kept on disk."""
MAX_WEIGHTS_KEPT = 20
"""Runs whose weights are kept; those of the oldest go first."""
MAX_FIELD_IMAGES = 64
"""Random images that an effective field is the mean of."""
MAX_POINTS = 400
"""Progress records of one run, which are the points of its curves."""

# int() and float() also take "1_0" and "١٢", which surprises everybody else.
_SIGN = "[-−]?"
_WHOLE = re.compile(rf"{_SIGN}[0-9]{{1,40}}")
_REAL = re.compile(rf"{_SIGN}([0-9]{{1,40}}(\.[0-9]{{0,40}})?|\.[0-9]{{1,40}})([eE][-+−]?[0-9]{{1,3}})?")
_MINUS = str.maketrans("−", "-")


def _read(value: object, kind: Callable[[str], float], spelling: re.Pattern[str]) -> object:
    """A text that spells a number as that number; all else as it is."""
    # int() and float() strip less of a text in ASCII than of any other: "\x1f" is one that they leave.
    text = value.strip() if isinstance(value, str) else ""
    return kind(text.translate(_MINUS)) if spelling.fullmatch(text) else value


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
    parsed = _read(value, int, _WHOLE)
    if isinstance(parsed, bool) or not isinstance(parsed, int) or not minimum <= parsed <= maximum:
        raise ExplorerError(f"{name} is {quoted(parsed)}: it must be a whole number from {minimum:,} to {maximum:,}")
    return int(parsed)


_SWITCH = {"yes": 1, "true": 1, "on": 1, "1": 1, "no": 0, "false": 0, "off": 0, "0": 0}


def switch(name: str, value: object) -> int:
    """Returns `value` as 1 for yes or 0 for no, or says in one sentence that it is neither.

    Args:
        name: what the value is for, as the person knows it.
        value: a bool, 0 or 1, or a word for one of them in any case.

    Raises:
        ExplorerError: when it is none of them.
    """
    word = value.strip().lower() if isinstance(value, str) else ""
    parsed = _read(value, int, _WHOLE)
    if isinstance(parsed, int) and parsed in (0, 1):
        word = str(int(parsed))
    if word not in _SWITCH:
        raise ExplorerError(f"{name} is {quoted(value)}: it must be one of {', '.join(_SWITCH)}")
    return _SWITCH[word]


def number(name: str, value: object, minimum: float, maximum: float, *, above: bool = False) -> float:
    """Returns `value` as a float, or says in one sentence why it is not one between the bounds.

    Args:
        name: what the value is for, as the person knows it.
        value: a number, or text that spells one.
        minimum: smallest allowed value, which is itself not allowed where `above`.
        maximum: largest allowed value.
        above: whether the value has to be larger than `minimum`.

    Raises:
        ExplorerError: when it is no number between the bounds.
    """
    parsed = _read(value, float, _REAL)
    within = isinstance(parsed, int | float) and minimum <= parsed <= maximum and not (above and parsed == minimum)
    if isinstance(parsed, bool) or not isinstance(parsed, int | float) or not within:
        allowed = f"above {minimum:g} and at most {maximum:g}" if above else f"from {minimum:g} to {maximum:g}"
        raise ExplorerError(f"{name} is {quoted(parsed).removesuffix('.0')}: it must be a number {allowed}")
    return float(parsed)
