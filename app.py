"""The home page: what there is, and links into it."""

from explorer.ui import frame, home_view, pages

frame.show(pages.HOME, home_view.show)
