"""The home page: what there is, and links into it."""

from explorer.ui import frame, home_view

home_view.show(frame.begin(frame.HOME))
