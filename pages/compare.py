"""The compare page."""

from explorer.ui import compare_view, frame, pages

frame.show(pages.COMPARE, compare_view.show)
