"""The receptive field page."""

from explorer.ui.frame import frame, site
from explorer.ui.pages.field import page

frame.show(site.FIELD, page.show, page.sidebar)
