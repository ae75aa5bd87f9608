"""The cost math page."""

from explorer.ui import cost_view, frame, pages

frame.show(pages.COST, cost_view.show)
