"""The compare page."""

from explorer.ui import frame, pages

frame.begin(pages.COMPARE)
