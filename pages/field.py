"""The receptive field page."""

from explorer.ui import frame, pages

frame.begin(pages.FIELD)
