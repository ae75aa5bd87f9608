"""The block lab page."""

from explorer.ui import frame, pages

frame.begin(pages.LAB)
