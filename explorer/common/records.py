"""Records, which are named tuples, as JSON objects: each field under its name, at any depth."""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from explorer.common.errors import ExplorerError

T = TypeVar("T")


def fields(value: Any) -> Any:
    """A record as dicts and lists of plain values."""
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {name: fields(part) for name, part in value._asdict().items()}
        return [fields(part) for part in value]
    return value


def to_json(record: Any) -> str:
    """A record as one JSON object."""
    return json.dumps(fields(record))


def from_json(kind: type[T], text: str | bytes, otherwise: str) -> T:
    """The record that `to_json` wrote.

    Args:
        kind: of the record.
        text: JSON.
        otherwise: what to say of anything else.

    Raises:
        ExplorerError: it is something else.
    """
    try:
        record: T = _reader(cast(Hashable, kind)).validate_json(text)
    except ValidationError:
        raise ExplorerError(otherwise) from None
    return record


@lru_cache(maxsize=64)
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
