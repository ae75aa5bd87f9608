"""Edits of single layers: values changed, layers and branches put in and taken out."""

from __future__ import annotations

from explorer.edits.layers.structure import Change, append_change, parse_change, with_changes
from explorer.edits.layers.values import FIELDS, WIDTHS, Value, fields, kinds, parse_value, with_values

__all__ = [
    "FIELDS",
    "WIDTHS",
    "Change",
    "Value",
    "append_change",
    "fields",
    "kinds",
    "parse_change",
    "parse_value",
    "with_changes",
    "with_values",
]
