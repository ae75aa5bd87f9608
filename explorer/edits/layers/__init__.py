"""Edits of single layers: values changed, layers and branches put in and taken out."""

from __future__ import annotations

from explorer.edits.layers.structure import Change, one_more, parse_change, with_changes
from explorer.edits.layers.values import FIELDS, Value, fields, kinds, parse_value, with_values

__all__ = [
    "FIELDS",
    "Change",
    "Value",
    "fields",
    "kinds",
    "one_more",
    "parse_change",
    "parse_value",
    "with_changes",
    "with_values",
]
