"""The home page: what there is, and links into it."""

from explorer.ui.frame import frame, site
from explorer.ui.pages import home

frame.show(site.HOME, home.show)
