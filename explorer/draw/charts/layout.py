"""What all charts share."""

from __future__ import annotations

from typing import Any

TIGHT: dict[str, Any] = {"l": 8, "r": 8, "t": 28, "b": 8}
"""Margins in pixels: a title above, next to nothing elsewhere."""
BAR = 22
"""Height of one bar with its gap, in pixels."""
STATIC: dict[str, Any] = {"displayModeBar": False}
"""How the page is told to show a figure: without plotly's own buttons."""
