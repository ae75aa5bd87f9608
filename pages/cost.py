"""The cost math page."""

from explorer.ui import frame, pages

frame.begin(pages.COST)
