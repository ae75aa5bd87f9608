"""The experiments page."""

from explorer.ui import experiments_view, frame, pages

frame.show(pages.EXPERIMENTS_PAGE, experiments_view.show)
